/** GET /multi-session/list-device-sessions, POST /multi-session/set-active, /multi-session/revoke */

/** Signs another person up in the same browser. */
async function joined(t, browser, name) {
	const person = t.person(name);
	const { token, user } = await t.must(browser.ask("POST /sign-up/email", { json: person }));
	t.names.add(token, `<${name}'s token>`);
	t.names.add(token.toLowerCase(), `<${name}'s token in lower case>`);
	t.names.add(user.id, `<${name}'s id>`);
	return { person, token, id: user.id };
}

const byAge = (sessions) =>
	Array.isArray(sessions) ? sessions.toSorted((a, b) => new Date(a.session.createdAt) - new Date(b.session.createdAt)) : sessions;
const held = async (browser) => byAge((await browser.ask("GET /multi-session/list-device-sessions")).json);
const who = async (browser) => (await browser.ask("GET /get-session")).json?.user.id;

export const listDeviceSessions = {
	"multi-session/lists the sessions that the browser holds": async (t) => {
		const ada = await t.member();
		await joined(t, ada.browser, "bob");
		await t.again(ada, "another browser");
		await ada.browser.send("list", "GET /multi-session/list-device-sessions", { arrange: byAge });
		await t.visitor().send("another browser's", "GET /multi-session/list-device-sessions");
		await t.visitor().send("made-up cookies", "GET /multi-session/list-device-sessions", {
			cookie: "better-auth.session_token_multi-a=a.b; better-auth.session_token=made.up",
		});
		await t.visitor({ origin: null }).send("a bearer", "GET /multi-session/list-device-sessions", { headers: { authorization: `Bearer ${ada.token}` } });
	},

	"multi-session/lists one session for each user": async (t) => {
		const ada = await t.member();
		const { email, password } = ada.person;
		const { token } = await t.must(ada.browser.ask("POST /sign-in/email", { json: { email, password } }));
		t.names.add(token, "<ada's second token>");
		t.names.add(token.toLowerCase(), "<ada's second token in lower case>");
		await ada.browser.send("list", "GET /multi-session/list-device-sessions");
	},

	"multi-session/leaves out ended sessions": async (t) => {
		const ada = await t.member();
		const bob = await joined(t, ada.browser, "bob");
		await ada.browser.ask("POST /revoke-sessions", { json: {} });
		await ada.browser.send("list", "GET /multi-session/list-device-sessions");
		t.fact("the other user is not the ended one", bob.id !== ada.id);
	},

	"multi-session/works by the client": async (t) => {
		const ada = await t.member();
		await joined(t, ada.browser, "bob");
		const [first] = await held(ada.browser);
		await ada.browser.call("set active", "multiSession.setActive", (client) => client.multiSession.setActive({ sessionToken: first.session.token }));
		t.fact("the browser is the first user again", (await who(ada.browser)) === ada.id);
		await ada.browser.call("revoke", "multiSession.revoke", (client) => client.multiSession.revoke({ sessionToken: first.session.token }));
		await ada.browser.call("list", "multiSession.listDeviceSessions", (client) => client.multiSession.listDeviceSessions());
	},

	"multi-session/holds five sessions": async (t) => {
		const ada = await t.member();
		for (const name of ["bob", "cleo", "dora", "emil", "fay"]) await joined(t, ada.browser, name);
		t.fact("there are five", (await held(ada.browser)).length === 5);
		const { setCookies } = await ada.browser.ask("POST /sign-out", { json: {} }); // in an order that is chance
		t.fact("signing out takes five cookies back", setCookies.filter((cookie) => /_multi-[^=]+=; Max-Age=0/.test(cookie)).length === 5);
		await ada.browser.send("list afterwards", "GET /multi-session/list-device-sessions");
	},
};

export const setActive = {
	"multi-session/goes on with another session": async (t) => {
		const ada = await t.member();
		await joined(t, ada.browser, "bob");
		const [first] = await held(ada.browser);
		await ada.browser.send("set active", "POST /multi-session/set-active", { json: { sessionToken: first.session.token } });
		await ada.browser.send("session", "GET /get-session");
	},

	"multi-session/goes on with held sessions only": async (t) => {
		const ada = await t.member();
		const eve = await t.member("eve");
		const [victim] = await held(ada.browser);
		await eve.browser.send("somebody else's", "POST /multi-session/set-active", { json: { sessionToken: victim.session.token } });
		await eve.browser.send("made up", "POST /multi-session/set-active", { json: { sessionToken: "made-up" } });
		await t.visitor().send("by nobody", "POST /multi-session/set-active", { json: { sessionToken: victim.session.token } });
		await eve.browser.send("none", "POST /multi-session/set-active", { json: {} });
		await eve.browser.send("a number", "POST /multi-session/set-active", { json: { sessionToken: 1 } });
		t.fact("the session stays what it was", (await who(eve.browser)) === eve.id);
	},

	"multi-session/takes an ended session's cookie back": async (t) => {
		const ada = await t.member();
		await joined(t, ada.browser, "bob");
		const [first] = await held(ada.browser);
		await t.visitor({ origin: null }).ask("POST /revoke-sessions", { json: {}, headers: { authorization: `Bearer ${ada.token}` } });
		await ada.browser.send("set active", "POST /multi-session/set-active", { json: { sessionToken: first.session.token } });
	},
};

export const revoke = {
	"multi-session/ends another session of the browser": async (t) => {
		const ada = await t.member();
		await joined(t, ada.browser, "bob");
		const [first] = await held(ada.browser);
		await ada.browser.send("revoke", "POST /multi-session/revoke", { json: { sessionToken: first.session.token } });
		await ada.browser.send("list", "GET /multi-session/list-device-sessions");
		await t.visitor({ origin: null }).send("the ended one", "GET /get-session", { headers: { authorization: `Bearer ${ada.token}` } });
	},

	"multi-session/goes on with another when the active one ends": async (t) => {
		const ada = await t.member();
		await joined(t, ada.browser, "bob");
		const [first, second] = await held(ada.browser);
		await ada.browser.send("revoke", "POST /multi-session/revoke", { json: { sessionToken: second.session.token } });
		await ada.browser.send("session", "GET /get-session");
		await ada.browser.send("revoke the last", "POST /multi-session/revoke", { json: { sessionToken: first.session.token } });
		await ada.browser.send("no session", "GET /get-session");
	},

	"multi-session/ends held sessions only": async (t) => {
		const ada = await t.member();
		const eve = await t.member("eve");
		const [victim] = await held(ada.browser);
		await eve.browser.send("somebody else's", "POST /multi-session/revoke", { json: { sessionToken: victim.session.token } });
		await t.visitor().send("by nobody", "POST /multi-session/revoke", { json: { sessionToken: victim.session.token } });
		await eve.browser.send("none", "POST /multi-session/revoke", { json: {} });
		t.fact("the victim is signed in", (await who(ada.browser)) === ada.id);
	},
};

/** GET /one-time-token/generate, POST /one-time-token/verify */

const issued = async (t, browser) => {
	const { token } = await t.must(browser.ask("GET /one-time-token/generate"));
	return token;
};

export const generate = {
	"one-time-token/is 32 characters long": async (t) => {
		const { browser } = await t.member();
		const { json } = await browser.send("generate", "GET /one-time-token/generate");
		t.fact("it is 32 characters of its alphabet", /^[A-Za-z0-9_-]{32}$/.test(json.token));
		t.fact("another is different", (await issued(t, browser)) !== json.token);
	},

	"one-time-token/needs a session": async (t) => {
		await t.visitor().send("no cookie", "GET /one-time-token/generate");
		await t.visitor().call("by the client", "oneTimeToken.generate", (client) => client.oneTimeToken.generate());
		await t.visitor().send("POST", "POST /one-time-token/generate", { json: {} });
	},
};

export const verify = {
	"one-time-token/hands the session over, once": async (t) => {
		const ada = await t.member();
		const token = await issued(t, ada.browser);
		const other = t.visitor();
		await other.send("verify", "POST /one-time-token/verify", { json: { token } });
		await other.send("session", "GET /get-session");
		await t.visitor().send("verify again", "POST /one-time-token/verify", { json: { token } });
		await ada.browser.send("one session in all", "GET /list-sessions");
	},

	"one-time-token/works by the client": async (t) => {
		const ada = await t.member();
		const { data } = await ada.browser.client.oneTimeToken.generate();
		await t.visitor().call("verify", "oneTimeToken.verify", (client) => client.oneTimeToken.verify({ token: data.token }));
	},

	"one-time-token/joins the sessions of the browser": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		await bob.browser.send("verify", "POST /one-time-token/verify", { json: { token: await issued(t, ada.browser) } });
		const { json } = await bob.browser.ask("GET /multi-session/list-device-sessions");
		t.fact("the browser holds both", json.length === 2);
	},

	"one-time-token/is worth nothing when the session is over": async (t) => {
		const ada = await t.member();
		const token = await issued(t, ada.browser);
		await ada.browser.ask("POST /sign-out", { json: {} });
		const after = t.visitor();
		const { status, setCookies } = await after.ask("POST /one-time-token/verify", { json: { token } });
		t.fact("it is refused", status === 400);
		t.fact("nobody is signed in", setCookies.length === 0);
	},

	"one-time-token/refuses what is none": async (t) => {
		const { token } = await t.member();
		const visitor = t.visitor();
		await visitor.send("made up", "POST /one-time-token/verify", { json: { token: "x".repeat(32) } });
		await visitor.send("a session token", "POST /one-time-token/verify", { json: { token } });
		await visitor.send("empty", "POST /one-time-token/verify", { json: { token: "" } });
		await visitor.send("none", "POST /one-time-token/verify", { json: {} });
		await visitor.send("a number", "POST /one-time-token/verify", { json: { token: 7 } });
		await visitor.send("no body", "POST /one-time-token/verify");
	},
};

import { isDeepStrictEqual } from "node:util";

/** GET /list-sessions, POST /revoke-session, /revoke-sessions, /revoke-other-sessions */
const oldestFirst = (sessions) =>
	Array.isArray(sessions) ? sessions.toSorted((a, b) => new Date(a.createdAt) - new Date(b.createdAt)) : sessions;
const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });

export const listSessions = {
	"list-sessions/lists the sessions of the user and of nobody else": async (t) => {
		const ada = await t.member();
		await t.member("bob");
		const { json } = await ada.browser.send("one", "GET /list-sessions");
		const current = (await ada.browser.ask("GET /get-session")).json;
		t.fact("the session is listed as get-session shows it", isDeepStrictEqual(json[0], current.session));
		await t.again(ada, "the second browser");
		await t.again(ada, "the third browser", { rememberMe: false });
		await ada.browser.send("three", "GET /list-sessions", { arrange: oldestFirst });
	},

	"list-sessions/works by the client": async (t) => {
		const { browser } = await t.member();
		await browser.call("list", "listSessions", (client) => client.listSessions());
		await t.visitor().call("without a session", "listSessions", (client) => client.listSessions());
	},

	"list-sessions/needs a session": async (t) => {
		await t.visitor().send("no cookie", "GET /list-sessions");
		await t.visitor().send("made-up cookie", "GET /list-sessions", { cookie: "better-auth.session_token=made.up" });
		await t.visitor().send("made-up bearer", "GET /list-sessions", bearer("x".repeat(32)));
	},

	"list-sessions/takes a bearer": async (t) => {
		const { token } = await t.member();
		await t.visitor({ origin: null }).send("list", "GET /list-sessions", bearer(token));
	},

	"list-sessions/leaves out ended sessions": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		await other.browser.ask("POST /sign-out", { json: {} });
		await ada.browser.send("list", "GET /list-sessions");
		await other.browser.send("list of the other", "GET /list-sessions");
	},
};

export const revokeSession = {
	"revoke-session/ends another session that the list named": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		const [, { token }] = oldestFirst((await ada.browser.ask("GET /list-sessions")).json);
		await ada.browser.send("revoke", "POST /revoke-session", { json: { token } });
		await other.browser.send("session of the other", "GET /get-session");
		await t.visitor().send("bearer of the other", "GET /get-session", bearer(other.token));
		await ada.browser.send("list", "GET /list-sessions");
	},

	"revoke-session/works by the client": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		const { data } = await ada.browser.client.listSessions();
		const [, { token }] = oldestFirst(data);
		const revoked = await ada.browser.client.revokeSession({ token });
		t.fact("the client sees success", revoked.error === null && revoked.data?.status === true);
		await other.browser.send("session of the other", "GET /get-session");
		await ada.browser.call("unknown token", "revokeSession", (client) => client.revokeSession({ token: "unknown" }));
	},

	"revoke-session/takes the token of get-session": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		const { json } = await other.browser.ask("GET /get-session");
		await ada.browser.send("revoke", "POST /revoke-session", { json: { token: json.session.token } });
		await other.browser.send("session of the other", "GET /get-session");
	},

	"revoke-session/takes the token of the sign-in": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		await ada.browser.send("revoke", "POST /revoke-session", { json: { token: other.token } });
		await other.browser.send("session of the other", "GET /get-session");
	},

	"revoke-session/of the current session clears the cookies": async (t) => {
		const { browser } = await t.member();
		const thief = browser.copy();
		const { json } = await browser.ask("GET /get-session");
		await browser.send("revoke", "POST /revoke-session", { json: { token: json.session.token } });
		await browser.send("session", "GET /get-session");
		await thief.send("session by the old cookies", "GET /get-session");
	},

	"revoke-session/says success for what it does not end": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		const [{ token }] = (await bob.browser.ask("GET /list-sessions")).json;
		await ada.browser.send("another user's token", "POST /revoke-session", { json: { token } });
		await bob.browser.send("session of the other user", "GET /get-session");
		await ada.browser.send("unknown token", "POST /revoke-session", { json: { token: "unknown" } });
		await ada.browser.send("empty token", "POST /revoke-session", { json: { token: "" } });
		await ada.browser.send("own session", "GET /get-session");
	},

	"revoke-session/checks the body before the session": async (t) => {
		const { browser } = await t.member();
		for (const [who, visitor] of [["member", browser], ["nobody", t.visitor()]]) {
			await visitor.send(`${who}: nothing in it`, "POST /revoke-session", { json: {} });
			await visitor.send(`${who}: a number`, "POST /revoke-session", { json: { token: 1 } });
			await visitor.send(`${who}: no body`, "POST /revoke-session");
			await visitor.send(`${who}: malformed`, "POST /revoke-session", { body: "{", type: "application/json" });
			await visitor.send(`${who}: a form`, "POST /revoke-session", { form: { token: "x" } });
		}
		await t.visitor().send("nobody: a good body", "POST /revoke-session", { json: { token: "x" } });
	},
};

export const revokeSessions = {
	"revoke-sessions/ends all sessions": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		const other = await t.again(ada, "the other browser");
		const thief = ada.browser.copy();
		await ada.browser.send("revoke", "POST /revoke-sessions", { json: {} });
		await thief.send("session by the old cookies", "GET /get-session");
		await other.browser.send("session of the other browser", "GET /get-session");
		await bob.browser.send("session of the other user", "GET /get-session");
	},

	"revoke-sessions/works by the client": async (t) => {
		const { browser } = await t.member();
		await browser.call("revoke", "revokeSessions", (client) => client.revokeSessions());
		await browser.call("session", "getSession", (client) => client.getSession());
		await browser.call("again", "revokeSessions", (client) => client.revokeSessions());
	},

	"revoke-sessions/needs a session": async (t) => {
		await t.visitor().send("an object", "POST /revoke-sessions", { json: {} });
		await t.visitor().send("no body", "POST /revoke-sessions");
		await t.visitor().send("a form", "POST /revoke-sessions", { form: {} });
	},
};

export const revokeOtherSessions = {
	"revoke-other-sessions/ends all but the current one": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		const other = await t.again(ada, "the other browser");
		await ada.browser.send("revoke", "POST /revoke-other-sessions", { json: {} });
		await ada.browser.send("session", "GET /get-session");
		await other.browser.send("session of the other browser", "GET /get-session");
		await bob.browser.send("session of the other user", "GET /get-session");
		await ada.browser.send("list", "GET /list-sessions");
		await ada.browser.send("revoke when there is no other", "POST /revoke-other-sessions", { json: {} });
	},

	"revoke-other-sessions/works by the client and for a bearer": async (t) => {
		const ada = await t.member();
		await t.again(ada, "the other browser");
		await ada.browser.call("revoke", "revokeOtherSessions", (client) => client.revokeOtherSessions());
		const program = t.visitor({ origin: null });
		await program.send("by bearer", "POST /revoke-other-sessions", { json: {}, ...bearer(ada.token) });
		await program.send("session", "GET /get-session", bearer(ada.token));
	},

	"revoke-other-sessions/needs a session": async (t) => {
		await t.visitor().send("an object", "POST /revoke-other-sessions", { json: {} });
		await t.visitor().call("by the client", "revokeOtherSessions", (client) => client.revokeOtherSessions());
	},
};

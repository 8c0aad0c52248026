/** POST /sign-out */
const PATH = "POST /sign-out";

export const signOut = {
	"sign-out/ends the session": async (t) => {
		const { browser, token } = await t.member();
		const thief = browser.copy();
		await browser.send("sign out", PATH, { json: {} });
		t.fact("the browser has no session cookie", browser.jar.get("better-auth.session_token") === undefined);
		await browser.send("session of the browser", "GET /get-session");
		await thief.send("session by the old cookies", "GET /get-session");
		await t.visitor().send("session by the old token", "GET /get-session", { headers: { authorization: `Bearer ${token}` } });
	},

	"sign-out/works by the client": async (t) => {
		const { browser } = await t.member();
		await browser.call("sign out", "signOut", (client) => client.signOut());
		await browser.call("session", "getSession", (client) => client.getSession());
		await browser.call("again", "signOut", (client) => client.signOut());
	},

	"sign-out/leaves the other sessions": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		await ada.browser.send("sign out", PATH, { json: {} });
		await other.browser.send("session of the other", "GET /get-session");
	},

	"sign-out/succeeds without a session": async (t) => {
		await t.visitor().send("no cookies", PATH, { json: {} });
		await t.visitor().send("no body", PATH);
		await t.visitor().send("made-up cookie", PATH, { json: {}, cookie: "better-auth.session_token=made.up" });
	},

	"sign-out/takes an empty body and refuses a wrong one": async (t) => {
		const { browser } = await t.member();
		await browser.send("form", PATH, { form: {} });
		await browser.send("array", PATH, { json: [] });
		await browser.send("malformed", PATH, { body: "{", type: "application/json" });
		await browser.send("no body", PATH);
	},

	"sign-out/ends a session that is not remembered": async (t) => {
		const ada = await t.member();
		const { browser } = await t.again(ada, "the forgetful browser", { rememberMe: false });
		await browser.send("sign out", PATH, { json: {} });
	},

	"sign-out/ends the session of a bearer": async (t) => {
		const { token } = await t.member();
		const headers = { authorization: `Bearer ${token}` };
		await t.visitor({ origin: null }).send("sign out", PATH, { json: {}, headers });
		await t.visitor({ origin: null }).send("session", "GET /get-session", { headers });
	},

	"sign-out/is a POST": async (t) => {
		const { browser } = await t.member();
		await browser.send("GET", "GET /sign-out");
		await browser.send("session", "GET /get-session");
	},
};

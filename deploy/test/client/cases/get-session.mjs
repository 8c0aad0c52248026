import { isDeepStrictEqual } from "node:util";

/** GET /get-session */
const PATH = "GET /get-session";
const COOKIE = "better-auth.session_token";
const QUERIES = [
	"disableCookieCache=true",
	"disableCookieCache=false",
	"disableCookieCache=",
	"disableCookieCache=true&disableCookieCache=true",
	"disableRefresh=true",
	"unknown=1",
];
const bearer = (value, scheme = "Bearer") => ({ headers: { authorization: `${scheme} ${value}` } });

/** Another signature of the same length. */
const forge = (wire) => wire.replace(/\.(.)/, (_, first) => `.${first === "A" ? "B" : "A"}`);

export const getSession = {
	"get-session/answers session and user": async (t) => {
		const { browser, user } = await t.member();
		const { json } = await browser.send("session", PATH);
		t.fact("the user is the one of the sign-up", isDeepStrictEqual(json.user, user));
		t.fact("the session is the user's", json.session?.userId === user.id);
		const again = await browser.ask(PATH);
		t.fact("the second answer is the same", isDeepStrictEqual(again.json, json));
	},

	"get-session/works by the client and dates are Dates": async (t) => {
		const { browser } = await t.member();
		const { data } = await browser.call("session", "getSession", (client) => client.getSession());
		t.fact("expiresAt is a Date", data?.session.expiresAt instanceof Date);
		await browser.call("with a query", "getSession", (client) => client.getSession({ query: { disableCookieCache: true } }));
	},

	"get-session/answers null without a session": async (t) => {
		await t.visitor().send("no cookie", PATH);
		await t.visitor({ origin: null }).send("no origin either", PATH);
		await t.visitor().call("by the client", "getSession", (client) => client.getSession());
	},

	"get-session/takes the token as bearer": async (t) => {
		const { token, browser } = await t.member();
		const wire = browser.jar.get(COOKIE);
		const program = t.visitor({ origin: null });
		await program.send("plain", PATH, bearer(token));
		await program.send("scheme in lower case", PATH, bearer(token, "bearer"));
		await program.send("signed", PATH, bearer(decodeURIComponent(wire)));
		await program.send("signed and encoded", PATH, bearer(wire));
	},

	"get-session/ignores a bearer that is none": async (t) => {
		const { token, browser } = await t.member();
		const wire = browser.jar.get(COOKIE);
		const program = t.visitor({ origin: null });
		await program.send("made up", PATH, bearer("x".repeat(32)));
		await program.send("forged", PATH, bearer(forge(decodeURIComponent(wire))));
		await program.send("short signature", PATH, bearer(`${token}.abc`));
		await program.send("empty", PATH, bearer(""));
		await program.send("basic", PATH, bearer(token, "Basic"));
		await program.send("in another case", PATH, bearer(swapCase(token)));
	},

	"get-session/prefers the bearer to the cookie": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		await ada.browser.send("another user's token", PATH, bearer(bob.token));
		await ada.browser.send("a forged one", PATH, bearer("forged.signature"));
		await ada.browser.send("an unknown one", PATH, bearer("y".repeat(32)));
	},

	"get-session/ignores a tampered cookie": async (t) => {
		const { browser, token } = await t.member();
		const wire = browser.jar.get(COOKIE);
		const send = (step, value) => t.visitor().send(step, PATH, { cookie: `${COOKIE}=${value}` });
		await send("forged signature", forge(wire));
		await send("no signature", token);
		await send("empty signature", `${token}.`);
		await send("short signature", encodeURIComponent(`${token}.AAAA=`));
		await send("another token under the signature", `x${wire}`);
		await send("empty", "");
		await send("broken encoding", "%E0%A4%A");
	},

	"get-session/reads cookies as browsers and apps send them": async (t) => {
		const { browser } = await t.member();
		const wire = browser.jar.get(COOKIE);
		const send = (step, cookie) => t.visitor().send(step, PATH, { cookie });
		await send("among others", `theme=dark; ${COOKIE}=${wire}; lang=en`);
		await send("decoded", `${COOKIE}=${decodeURIComponent(wire)}`);
		await send("in quotes", `${COOKIE}="${wire}"`);
		await send("no space", `theme=dark;${COOKIE}=${wire}`);
		await send("right one first", `${COOKIE}=${wire}; ${COOKIE}=wrong`);
		await send("wrong one first", `${COOKIE}=wrong; ${COOKIE}=${wire}`);
		await send("another prefix", `__Secure-${COOKIE}=${wire}`);
	},

	"get-session/clears the cookies of a session that has ended": async (t) => {
		const { browser, token } = await t.member();
		const thief = browser.copy();
		await browser.ask("POST /revoke-sessions", { json: {} });
		await thief.send("old cookies", PATH);
		await t.visitor().send("old bearer", PATH, bearer(token));
	},

	"get-session/takes its query": async (t) => {
		const { browser } = await t.member();
		for (const query of QUERIES) {
			await browser.send(query, `${PATH}?${query}`);
		}
	},

	"get-session/expires a cookie cache it did not make": async (t) => {
		const { browser } = await t.member();
		browser.jar.set("better-auth.session_data", "made-up");
		await browser.send("session", PATH);
	},

	"get-session/is a GET": async (t) => {
		const { browser } = await t.member();
		await browser.send("POST", "POST /get-session", { json: {} });
		await t.visitor().send("POST without a session", "POST /get-session", { json: {} });
		await browser.send("PUT", "PUT /get-session", { json: {} });
	},

	"get-session/of somebody not remembered stays a browser session": async (t) => {
		const ada = await t.member();
		const { browser } = await t.again(ada, "the forgetful browser", { rememberMe: false });
		await browser.send("session", PATH);
	},
};

const swapCase = (text) => text.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));

/** What holds for every endpoint: /ok, /error, unknown paths, origins, CORS, sizes */
const SIGN_IN = "POST /sign-in/email";
const NOWHERE = [
	"GET /unknown",
	"POST /unknown",
	"GET /sign-in/email",
	"DELETE /ok",
	"PUT /sign-out",
	"PATCH /get-session",
	"GET /ok/",
	"GET //ok",
	"GET /OK",
	"GET /%6Fk",
	"GET /ok/more",
	"GET /",
];
const FOREIGN = "https://evil.example";

export const misc = {
	"ok/answers ok": async (t) => {
		await t.visitor().send("ok", "GET /ok");
		await t.visitor().call("by the client", "ok", (client) => client.$fetch("/ok"));
	},

	"error/is a page that shows no foreign text": async (t) => {
		const { text } = await t.visitor().send("a code", "GET /error?error=INVALID_TOKEN");
		t.fact("the page shows the code", text.includes("INVALID_TOKEN"));
		const attack = encodeURIComponent("<script>alert(1)</script>");
		const page = await t.visitor().send("an attack", `GET /error?error=${attack}&error_description=${attack}`);
		t.fact("the page holds no foreign script", !page.text.includes("<script>alert(1)"));
		t.fact("the page shows UNKNOWN instead", page.text.includes("UNKNOWN"));
		await t.visitor().send("no code", "GET /error");
	},

	"routing/unknown paths and wrong methods are 404": async (t) => {
		for (const what of NOWHERE) await t.visitor().send(what, what);
		await t.visitor().send("a broken query is no concern", "GET /ok?x=%");
		await t.visitor().call("by the client", "unknownThing", (client) => client.unknownThing());
	},

	"routing/HEAD": async (t) => {
		await t.visitor().send("ok", "HEAD /ok");
		await t.visitor().send("get-session", "HEAD /get-session");
	},

	"routing/a body of two mebibytes": async (t) => {
		const json = { ...t.person(), name: "x".repeat(2 << 20) };
		await t.visitor().send("sign up", "POST /sign-up/email", { json, arrange: ({ user, ...rest }) => rest });
	},
};

export const origin = {
	"origin/a request with cookies names a trusted origin": async (t) => {
		const { browser } = await t.member();
		const send = (step, options) => browser.copy().send(step, "POST /revoke-other-sessions", { json: {}, ...options });
		await send("none", { origin: null });
		await send("foreign", { origin: FOREIGN });
		await send("null", { origin: "null" });
		await send("the front end's", {});
		await send("our own", { origin: t.base });
		await send("another port", { origin: "http://localhost:3002" });
		await send("another scheme", { origin: "https://localhost:3001" });
		await send("a longer host", { origin: "http://localhost:3001.evil.example" });
		await send("in capitals", { origin: "HTTP://LOCALHOST:3001" });
		await send("with a path", { origin: "http://localhost:3001/" });
		await send("no URL", { origin: "localhost" });
	},

	"origin/a referer stands in for the origin": async (t) => {
		const { browser } = await t.member();
		const send = (step, referer, origin = null) =>
			browser.copy().send(step, "POST /revoke-other-sessions", { json: {}, origin, headers: { referer } });
		await send("trusted", "http://localhost:3001/page?x=y");
		await send("foreign", `${FOREIGN}/http://localhost:3001/`);
		await send("no URL", "localhost");
		await send("the origin wins", "http://localhost:3001/page", FOREIGN);
	},

	"origin/null with Sec-Fetch-Site": async (t) => {
		const { browser } = await t.member();
		for (const site of ["same-origin", "same-site", "cross-site"]) {
			await browser.copy().send(site, "POST /revoke-other-sessions", { json: {}, origin: "null", headers: { "sec-fetch-site": site } });
		}
	},

	"origin/any cookie asks for it": async (t) => {
		const { person } = await t.member();
		const program = t.visitor({ origin: null });
		await program.send("foreign cookie", SIGN_IN, { json: person, cookie: "theme=dark" });
		await t.visitor().send("foreign cookie, trusted origin", SIGN_IN, { json: person, cookie: "theme=dark" });
		await program.send("sign-out", "POST /sign-out", { json: {}, cookie: "theme=dark" });
		await program.send("unknown path", "POST /unknown", { json: {}, cookie: "theme=dark" });
		await program.send("body not looked at yet", "POST /revoke-session", { json: {}, cookie: "theme=dark" });
		await program.send("malformed body", SIGN_IN, { body: "{", type: "application/json", cookie: "theme=dark" });
	},

	"origin/a GET needs none": async (t) => {
		const { browser } = await t.member();
		await browser.copy().send("none", "GET /get-session", { origin: null });
		await browser.copy().send("foreign", "GET /get-session", { origin: FOREIGN });
	},

	"origin/a program without cookies needs none": async (t) => {
		const { person, token } = await t.member();
		const program = t.visitor({ origin: null });
		await program.send("sign in", SIGN_IN, { json: person, cookie: null });
		await program.send("bearer", "POST /revoke-other-sessions", { json: {}, cookie: null, headers: { authorization: `Bearer ${token}` } });
		await program.send("bearer from a foreign page", "POST /revoke-other-sessions", { json: {}, cookie: null, origin: FOREIGN, headers: { authorization: `Bearer ${token}` } });
	},

	"origin/forms of foreign pages do not sign in": async (t) => {
		const { person } = await t.member();
		const fetched = (site, mode, dest = "empty") => ({ "sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest });
		const send = (step, headers, origin = null) =>
			t.visitor({ origin }).send(step, SIGN_IN, { form: { email: person.email, password: person.password }, headers });
		await send("navigation from elsewhere", fetched("cross-site", "navigate", "document"), FOREIGN);
		await send("navigation from elsewhere, trusted origin", fetched("cross-site", "navigate", "document"), "http://localhost:3001");
		await send("navigation from elsewhere, no origin", fetched("cross-site", "navigate", "document"));
		await send("navigation on the same site", fetched("same-site", "navigate", "document"), "http://localhost:3001");
		await send("fetch from elsewhere", fetched("cross-site", "cors"), FOREIGN);
		await send("fetch from the front end", fetched("same-site", "cors"), "http://localhost:3001");
		await send("fetch without an origin", fetched("same-origin", "cors"));
		await send("only a mode, no origin", { "sec-fetch-mode": "cors" });
		await send("foreign origin, old browser", {}, FOREIGN);
		await send("trusted origin, old browser", {}, "http://localhost:3001");
		await send("null origin, old browser", {}, "null");
	},

	"origin/forms of foreign pages do not sign up": async (t) => {
		const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
		await t.visitor({ origin: FOREIGN }).send("navigation", "POST /sign-up/email", { form: t.person(), headers });
		await t.visitor({ origin: FOREIGN }).send("foreign origin", "POST /sign-up/email", { json: t.person("bob") });
	},

	"origin/the client in Node sends none": async (t) => {
		const { person } = await t.member();
		const { email, password } = person;
		const program = t.visitor({ origin: null });
		await program.call("sign in", "signIn.email", (client) => client.signIn.email({ email, password }));
	},
};

export const cors = {
	"cors/front ends may call with credentials": async (t) => {
		const preflight = (origin) =>
			t.visitor().ask("OPTIONS /sign-in/email", { origin, headers: { "access-control-request-method": "POST", "access-control-request-headers": "content-type" } });
		const { status, headers } = await preflight("http://localhost:3001");
		t.fact("the preflight succeeds", status >= 200 && status < 300);
		t.fact("it allows the origin by name", headers["access-control-allow-origin"] === "http://localhost:3001");
		t.fact("it allows credentials", headers["access-control-allow-credentials"] === "true");
		t.fact("it allows POST", /\bPOST\b/.test(headers["access-control-allow-methods"] ?? ""));
		t.fact("it allows content-type", /\bcontent-type\b/i.test(headers["access-control-allow-headers"] ?? ""));
		const answer = await t.visitor().ask("GET /ok");
		t.fact("the answer allows the origin by name", answer.headers["access-control-allow-origin"] === "http://localhost:3001");
		t.fact("the answer varies by origin", /\borigin\b/i.test(answer.headers.vary ?? ""));
		const foreign = await preflight(FOREIGN);
		t.fact("a foreign preflight is allowed nothing", foreign.headers["access-control-allow-origin"] === undefined);
		const answered = await t.visitor({ origin: FOREIGN }).ask("GET /ok");
		t.fact("a foreign page reads nothing", answered.headers["access-control-allow-origin"] === undefined);
	},
};

/** POST /sign-in/email */
const PATH = "POST /sign-in/email";

const ELSEWHERE = [
	"https://evil.example",
	"//evil.example",
	"/\\evil.example",
	"/%2fevil.example",
	"/%5cevil.example",
	"javascript:alert(1)",
	"data:text/html,x",
	"home",
	"http://localhost:3001.evil.example",
	"http://localhost:3001@evil.example",
	"https://localhost:3001",
	"http://localhost:3002",
];

export const signIn = {
	"sign-in/answers the token and the user": async (t) => {
		const { person } = await t.member();
		const browser = t.visitor();
		await browser.send("sign in", PATH, { json: { email: person.email, password: person.password } });
		await browser.send("session", "GET /get-session");
	},

	"sign-in/works by the client": async (t) => {
		const { person } = await t.member();
		const browser = t.visitor();
		const { email, password } = person;
		await browser.call("sign in", "signIn.email", (client) => client.signIn.email({ email, password }));
		await browser.call("session", "getSession", (client) => client.getSession());
		await browser.call("wrong password", "signIn.email", (client) => client.signIn.email({ email, password: "wrong password" }));
	},

	"sign-in/answers a wrong password and an unknown address alike": async (t) => {
		const { person } = await t.member();
		const wrong = await t.visitor().send("wrong password", PATH, { json: { ...person, password: "wrong password" } });
		const unknown = await t.visitor().send("unknown address", PATH, { json: t.person("nobody") });
		t.fact("both answers are the same", wrong.status === unknown.status && wrong.text === unknown.text);
	},

	"sign-in/does not trim or shorten the password": async (t) => {
		for (const [label, guess] of [
			["a space behind", (password) => `${password} `],
			["in capitals", (password) => password.toUpperCase()],
			["short", () => "x"],
			["empty", () => ""],
			["128 units", () => "x".repeat(128)],
			["129 units", () => "x".repeat(129)],
		]) {
			const { person } = await t.member(); // each their own: wrong passwords count by account
			const password = guess(person.password);
			await t.visitor().send(label, PATH, { json: { email: person.email, password } });
		}
	},

	"sign-in/normalises the password": async (t) => {
		const ada = { ...t.person(), password: "pässwörd ① long" };
		await t.visitor().send("sign up", "POST /sign-up/email", { json: ada });
		await t.visitor().send("decomposed", PATH, { json: { ...ada, password: ada.password.normalize("NFKD") } });
	},

	"sign-in/takes the address in any case": async (t) => {
		const { person } = await t.member();
		await t.visitor().send("capitals", PATH, { json: { ...person, email: person.email.toUpperCase() } });
		await t.visitor().send("spaces around", PATH, { json: { ...person, email: ` ${person.email} ` } });
	},

	"sign-in/names the faults of the body": async (t) => {
		await t.visitor().send("no body", PATH);
		await t.visitor().send("nothing in it", PATH, { json: {} });
		await t.visitor().send("wrong types", PATH, { json: { email: 1, password: [], rememberMe: "no", callbackURL: null } });
		await t.visitor().send("no e-mail address", PATH, { json: { email: "ada", password: "correct horse battery" } });
		await t.visitor().send("malformed", PATH, { body: "{", type: "application/json" });
		await t.visitor().send("other type", PATH, { body: "{}", type: "text/plain" });
	},

	"sign-in/answers the callback as url and Location": async (t) => {
		const { person } = await t.member();
		for (const callbackURL of ["/", "/home?a=b", "http://localhost:3001/home", "http://localhost:3001"]) {
			await t.visitor().send(callbackURL, PATH, { json: { ...person, callbackURL } });
		}
		await t.visitor().send("our own origin", PATH, { json: { ...person, callbackURL: `${t.base}/home` } });
	},

	"sign-in/refuses callbacks that lead elsewhere": async (t) => {
		const { person } = await t.member();
		for (const callbackURL of ELSEWHERE) {
			await t.visitor().send(callbackURL, PATH, { json: { ...person, callbackURL } });
		}
		await t.visitor().send("not a text", PATH, { json: { ...person, callbackURL: { href: "/" } } });
		await t.visitor().send("empty", PATH, { json: { ...person, callbackURL: "" } });
	},

	"sign-in/gives browser-session cookies when it is not to be remembered": async (t) => {
		const { person } = await t.member();
		const browser = t.visitor();
		await browser.send("sign in", PATH, { json: { ...person, rememberMe: false } });
		await browser.send("session", "GET /get-session");
		await browser.send("sign in to be remembered", PATH, { json: person });
	},

	"sign-in/takes a form": async (t) => {
		const { person } = await t.member();
		await t.visitor().send("form", PATH, { form: { email: person.email, password: person.password } });
		await t.visitor().send("a boolean as text", PATH, { form: { ...person, rememberMe: "false" } });
	},

	"sign-in/makes a new session each time": async (t) => {
		const { person, browser, token } = await t.member();
		await browser.send("again in the same browser", PATH, { json: person });
		await t.visitor().send("the session before", "GET /get-session", { headers: { authorization: `Bearer ${token}` } });
	},

	"sign-in/of a second user in the same browser": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		await ada.browser.send("bob signs in", PATH, { json: bob.person });
		await ada.browser.send("session", "GET /get-session");
	},

	"sign-in/shows user agent and address in the session": async (t) => {
		const ada = await t.member();
		for (const [label, headers] of [
			["plain", {}],
			["another agent", { "user-agent": "Mozilla/5.0 (X11) <b>" }],
			["forwarded address", { "x-forwarded-for": "203.0.113.7" }],
			["forwarded addresses", { "x-forwarded-for": "203.0.113.7, 198.51.100.1" }],
		]) {
			const { json } = await t.visitor().ask(PATH, { json: ada.person, headers });
			await t.visitor().send(label, "GET /get-session", { headers: { authorization: `Bearer ${json.token}` } });
		}
	},

	"sign-in/needs no verified address": async (t) => {
		const { person } = await t.member();
		const { json } = await t.visitor().send("sign in", PATH, { json: person });
		t.fact("the address is not verified", json.user?.emailVerified === false);
	},
};

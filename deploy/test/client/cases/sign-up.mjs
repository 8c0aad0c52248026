/** POST /sign-up/email */
const PATH = "POST /sign-up/email";
const NO_ADDRESSES = [
	"",
	"ada",
	"ada@example",
	"@example.com",
	"a b@example.com",
	"a..b@example.com",
	".a@example.com",
	"ada@example.com.",
	"ada@-example.com",
	"äda@example.com",
	"ada@exämple.com",
	"ada@example.com ",
	'"ada"@example.com',
	"ada@[127.0.0.1]",
	"Ada <ada@example.com>",
];
const units = (count) => "x".repeat(count);

export const signUp = {
	"sign-up/answers the token and the user and signs in": async (t) => {
		const ada = t.person();
		const browser = t.visitor();
		await browser.send("sign up", PATH, { json: ada });
		await browser.send("session", "GET /get-session");
		await t.mail("verification mail", ada.email, 1);
	},

	"sign-up/works by the client and dates are Dates": async (t) => {
		const browser = t.visitor();
		const { data } = await browser.call("sign up", "signUp.email", (client) => client.signUp.email(t.person()));
		t.fact("createdAt is a Date", data?.user.createdAt instanceof Date);
	},

	"sign-up/refuses an address that is taken": async (t) => {
		const { person } = await t.member();
		await t.visitor().send("the same address", PATH, { json: person });
		await t.visitor().send("in capitals", PATH, { json: { ...person, email: person.email.toUpperCase() } });
		await t.visitor().call("by the client", "signUp.email", (client) => client.signUp.email(person));
	},

	"sign-up/keeps the address in lower case": async (t) => {
		const ada = t.person();
		await t.visitor().send("sign up in capitals", PATH, { json: { ...ada, email: ada.email.toUpperCase() } });
		await t.visitor().send("sign in in lower case", "POST /sign-in/email", { json: ada });
	},

	"sign-up/takes passwords of 8 to 128 UTF-16 units": async (t) => {
		for (const [label, password] of [
			["none", ""],
			["7 units", units(7)],
			["8 units", "mossy-40"],
			["four characters of two units", "😀😀😀😀"],
			["three characters of two units", "😀😀😀"],
			["128 units", units(128)],
			["129 units", units(129)],
			["only spaces", " ".repeat(8)],
		]) {
			await t.visitor().send(label, PATH, { json: { ...t.person(`person ${label}`.replaceAll(" ", "-")), password } });
		}
	},

	"sign-up/refuses what is no e-mail address": async (t) => {
		for (const email of NO_ADDRESSES) {
			await t.visitor().send(`<${email}>`, PATH, { json: { name: "Ada", email, password: "correct horse battery" } });
		}
	},

	"sign-up/takes unusual addresses": async (t) => {
		for (const local of ["a+b", "o'hara", "a_b", "a-b"]) {
			await t.visitor().send(local, PATH, { json: t.person(local) });
		}
	},

	"sign-up/names every fault of the body": async (t) => {
		const ada = t.person();
		await t.visitor().send("nothing in it", PATH, { json: {} });
		await t.visitor().send("wrong types", PATH, { json: { name: 1, email: 2, password: 3, image: 4, callbackURL: null, rememberMe: "yes" } });
		await t.visitor().send("nulls", PATH, { json: { name: null, email: null, password: null } });
		await t.visitor().send("no name", PATH, { json: { ...ada, name: undefined } });
		await t.visitor().send("bad address and short password", PATH, { json: { ...ada, email: "ada", password: "x" } });
		await t.visitor().call("by the client", "signUp.email", (client) => client.signUp.email({ name: "Ada", email: "ada", password: "" }));
	},

	"sign-up/refuses a body that is no object": async (t) => {
		await t.visitor().send("no body", PATH);
		await t.visitor().send("no body with a type", PATH, { type: "application/json" });
		await t.visitor().send("array", PATH, { json: [] });
		await t.visitor().send("text", PATH, { json: "text" });
		await t.visitor().send("null", PATH, { json: null });
		await t.visitor().send("number", PATH, { json: 1 });
	},

	"sign-up/refuses other content types": async (t) => {
		const body = JSON.stringify(t.person());
		for (const type of ["text/plain", "application/xml", "application/problem+json", "multipart/form-data; boundary=x", "application/jsonp"]) {
			await t.visitor().send(type, PATH, { body, type });
		}
		await t.visitor().send("no type", PATH, { body });
	},

	"sign-up/takes JSON with a charset": async (t) => {
		await t.visitor().send("sign up", PATH, { json: t.person(), type: "application/json; charset=utf-8" });
		await t.visitor().send("capitals", PATH, { json: t.person("bob"), type: "Application/JSON" });
	},

	"sign-up/refuses malformed JSON": async (t) => {
		for (const [label, body] of [
			["cut off", '{"name":"Ada"'],
			["not JSON", "name=Ada"],
			["two values", "{} {}"],
			["a comma too many", '{"name":"Ada",}'],
		]) {
			await t.visitor().send(label, PATH, { body, type: "application/json" });
		}
	},

	"sign-up/takes a form": async (t) => {
		const ada = t.person();
		await t.visitor().send("form", PATH, { form: ada });
		await t.visitor().send("a boolean as text", PATH, { form: { ...t.person("bob"), rememberMe: "false" } });
	},

	"sign-up/gives a session of one day when it is not to be remembered": async (t) => {
		const browser = t.visitor();
		await browser.send("sign up", PATH, { json: { ...t.person(), rememberMe: false } });
		await browser.send("session", "GET /get-session");
	},

	"sign-up/puts the callback into the mail": async (t) => {
		const ada = t.person();
		await t.visitor().send("sign up", PATH, { json: { ...ada, callbackURL: "http://localhost:3001/welcome?a=b&c=d" } });
		await t.mail("mail", ada.email, 1);
		await t.visitor().send("untrusted", PATH, { json: { ...t.person("eve"), callbackURL: "https://evil.example/" } });
		await t.visitor().send("not a text", PATH, { json: { ...t.person("bob"), callbackURL: 7 } });
	},

	"sign-up/lets nobody choose a role": async (t) => {
		await t.visitor().send("role", PATH, { json: { ...t.person(), role: "admin" } });
		await t.visitor().send("empty role", PATH, { json: { ...t.person("bob"), role: "" } });
	},

	"sign-up/ignores fields that are not the caller's to set": async (t) => {
		const extra = { emailVerified: true, id: "chosen-by-the-caller", createdAt: "2001-01-01T00:00:00.000Z", banned: true, unknown: { deep: [1] } };
		const browser = t.visitor();
		await browser.send("sign up", PATH, { json: { ...t.person(), ...extra } });
		await browser.send("session", "GET /get-session");
	},

	"sign-up/keeps name and image as they were sent": async (t) => {
		await t.visitor().send("image", PATH, { json: { ...t.person(), image: "https://example.com/ada.png" } });
		await t.visitor().send("empty name", PATH, { json: { ...t.person("bob"), name: "" } });
		await t.visitor().send("other scripts", PATH, { json: { ...t.person("eve"), name: "  Ada 李 <b>&\" \u0301 " } });
	},

	"sign-up/replaces the session of the browser": async (t) => {
		const ada = await t.member();
		const bob = t.person("bob");
		await ada.browser.send("sign up another", PATH, { json: bob });
		await ada.browser.send("session", "GET /get-session");
		await t.visitor().send("the first session", "GET /get-session", { headers: { authorization: `Bearer ${ada.token}` } });
	},
};

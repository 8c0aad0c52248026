import { randomBytes } from "node:crypto";

/** POST /update-user, POST /update-session, and the username plugin: POST /sign-in/username, POST /is-username-available */
const UPDATE = "POST /update-user";
const SIGN_IN = "POST /sign-in/username";
const AVAILABLE = "POST /is-username-available";

/** A username that nobody had before. */
function username(t, name = "Ada") {
	const made = `${name}.${randomBytes(6).toString("hex")}`;
	t.names.add(made, `<username ${name}>`);
	t.names.add(made.toLowerCase(), `<username ${name} in lower case>`);
	t.names.add(made.toUpperCase(), `<username ${name} in upper case>`);
	return made;
}

/** A member with a username. */
async function named(t, name = "Ada") {
	const member = await t.member(name.toLowerCase());
	const made = username(t, name);
	await t.must(member.browser.ask(UPDATE, { json: { username: made } }));
	return { ...member, username: made };
}

export const updateUser = {
	"update-user/changes name and image": async (t) => {
		const { browser } = await t.member();
		await browser.send("both", UPDATE, { json: { name: "Ada, Countess of Lovelace", image: "https://example.com/a.png" } });
		await browser.send("session", "GET /get-session");
		await browser.send("no image", UPDATE, { json: { image: null } });
		await browser.send("an empty name", UPDATE, { json: { name: "" } });
		await browser.send("session afterwards", "GET /get-session");
	},

	"update-user/works by the client": async (t) => {
		const { browser } = await t.member();
		const made = username(t);
		await browser.call("name", "updateUser", (client) => client.updateUser({ name: "Ada" }));
		await browser.call("username", "updateUser", (client) => client.updateUser({ username: made, displayUsername: "The Countess" }));
		await browser.call("session", "getSession", (client) => client.getSession());
		await browser.call("nothing", "updateUser", (client) => client.updateUser({}));
		await t.visitor().call("without a session", "updateUser", (client) => client.updateUser({ name: "Ada" }));
	},

	"update-user/gives the cookie anew as it was": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser", { rememberMe: false });
		await other.browser.send("not remembered", UPDATE, { json: { name: "Ada" } });
		await t.visitor({ origin: null }).send("bearer", UPDATE, { json: { name: "Ada" }, headers: { authorization: `Bearer ${ada.token}` } });
	},

	"update-user/sets nothing that others decide": async (t) => {
		const { browser, person } = await t.member();
		const bob = t.person("bob");
		for (const [step, json] of [
			["email", { email: bob.email }],
			["own email", { email: person.email }],
			["empty email", { email: "" }],
			["role", { role: "admin" }],
			["a list of roles", { role: ["admin"] }],
			["empty role", { role: "" }],
			["banned", { banned: true }],
			["not banned", { banned: false }],
			["reason", { banReason: "none" }],
			["until", { banExpires: "2030-01-01T00:00:00.000Z" }],
			["second factor", { twoFactorEnabled: true }],
			["anonymous", { isAnonymous: true }],
			["phone", { phoneNumber: "+4915112345678" }],
			["phone verified", { phoneNumberVerified: true }],
			["two at once", { role: "admin", twoFactorEnabled: true }],
			["beside a name", { name: "Eve", role: "admin" }],
			["email beside a role", { email: bob.email, role: "admin" }],
			["verified", { emailVerified: true }],
			["id and dates", { id: "x", createdAt: "2020-01-01T00:00:00.000Z", updatedAt: "2020-01-01T00:00:00.000Z" }],
			["unknown", { nothing: "x", __proto__: null }],
		]) {
			await browser.send(step, UPDATE, { json });
		}
		await browser.send("session", "GET /get-session");
	},

	"update-user/sets and takes away a username": async (t) => {
		const { browser } = await t.member();
		const made = username(t);
		await browser.send("set", UPDATE, { json: { username: made } });
		await browser.send("session", "GET /get-session");
		await browser.send("in another case", UPDATE, { json: { username: made.toUpperCase(), displayUsername: "The Countess" } });
		await browser.send("session then", "GET /get-session");
		await browser.send("take away", UPDATE, { json: { username: null } });
		await browser.send("session afterwards", "GET /get-session");
	},

	"update-user/refuses a username that cannot be or is taken": async (t) => {
		const bob = await named(t, "Bob");
		const { browser } = await t.member();
		for (const name of ["ab", "", "a".repeat(31), "a-b-c", "a b c", "аda", "ada@example.com"]) {
			await browser.send(`"${name}"`, UPDATE, { json: { username: name } });
		}
		await browser.send("taken", UPDATE, { json: { username: bob.username } });
		await browser.send("taken in another case", UPDATE, { json: { username: bob.username.toUpperCase() } });
		await browser.send("a bad one beside a role", UPDATE, { json: { username: "ab", role: "admin" } });
		await t.visitor().send("a bad one of nobody", UPDATE, { json: { username: "ab" } });
	},

	"update-user/names the faults of the body": async (t) => {
		const { browser } = await t.member();
		for (const [who, visitor] of [["member", browser], ["nobody", t.visitor()]]) {
			await visitor.send(`${who}: a list`, UPDATE, { json: [] });
			await visitor.send(`${who}: a text`, UPDATE, { json: "name" });
			await visitor.send(`${who}: nothing in it`, UPDATE, { json: {} });
			await visitor.send(`${who}: malformed`, UPDATE, { body: "{", type: "application/json" });
			await visitor.send(`${who}: a form`, UPDATE, { form: { name: "Ada" } });
		}
		await browser.send("foreign origin", UPDATE, { json: { name: "Eve" }, origin: "https://evil.example" });
	},
};

export const updateSession = {
	"update-session/has nothing to change": async (t) => {
		const { browser } = await t.member();
		for (const [step, json] of [
			["nothing", {}],
			["unknown", { theme: "dark" }],
			["its own", { token: "x", userId: "x", expiresAt: "2030-01-01T00:00:00.000Z" }],
			["impersonation", { impersonatedBy: "x" }],
			["no impersonation", { impersonatedBy: null }],
			["a list", []],
		]) {
			await browser.send(step, "POST /update-session", { json });
		}
		await t.visitor().send("no session", "POST /update-session", { json: {} });
	},
};

export const usernameSignUp = {
	"username/is taken at sign-up, as it is spelt": async (t) => {
		const person = t.person();
		const made = username(t);
		const browser = t.visitor();
		await browser.send("sign up", "POST /sign-up/email", { json: { ...person, username: made } });
		await browser.send("session", "GET /get-session");
		const bob = t.person("bob");
		await t.visitor().send("the same", "POST /sign-up/email", { json: { ...bob, username: made } });
		await t.visitor().send("in another case", "POST /sign-up/email", { json: { ...bob, username: made.toUpperCase() } });
		await t.visitor().send("by the display username", "POST /sign-up/email", { json: { ...bob, displayUsername: made } });
		await t.visitor().send("of the same person", "POST /sign-up/email", { json: { ...person, username: made } });
	},

	"username/comes from a display username that can be one": async (t) => {
		const made = username(t);
		await t.visitor().send("can be", "POST /sign-up/email", { json: { ...t.person(), displayUsername: made } });
		await t.visitor().send("cannot be", "POST /sign-up/email", { json: { ...t.person("bob"), displayUsername: "The Countess" } });
		const both = username(t, "Eve");
		await t.visitor().send("both", "POST /sign-up/email", { json: { ...t.person("eve"), username: both, displayUsername: "The Countess" } });
	},

	"username/is judged before the rest of a sign-up": async (t) => {
		await t.visitor().send("too short", "POST /sign-up/email", { json: { ...t.person(), username: "ab" } });
		await t.visitor().send("with nothing else", "POST /sign-up/email", { json: { username: "a-b-c" } });
		await t.visitor().send("none", "POST /sign-up/email", { json: { ...t.person("bob"), username: null } });
	},

	"username/works by the client": async (t) => {
		const person = t.person();
		const made = username(t);
		await t.visitor().call("sign up", "signUp.email", (client) => client.signUp.email({ ...person, username: made }));
		const browser = t.visitor();
		await browser.call("sign in", "signIn.username", (client) => client.signIn.username({ username: made, password: person.password }));
		await browser.call("session", "getSession", (client) => client.getSession());
		await browser.call("wrong", "signIn.username", (client) => client.signIn.username({ username: made, password: "wrong horse" }));
		await browser.call("taken", "isUsernameAvailable", (client) => client.isUsernameAvailable({ username: made }));
		await browser.call("free", "isUsernameAvailable", (client) => client.isUsernameAvailable({ username: "nobody.has.this" }));
	},
};

export const signInUsername = {
	"sign-in/username/opens a session": async (t) => {
		const ada = await named(t);
		const { password } = ada.person;
		const browser = t.visitor();
		await browser.send("sign in", SIGN_IN, { json: { username: ada.username, password } });
		await browser.send("session", "GET /get-session");
		await t.visitor().send("in another case", SIGN_IN, { json: { username: ada.username.toUpperCase(), password } });
		await t.visitor().send("with a callback", SIGN_IN, { json: { username: ada.username, password, callbackURL: "/in" } });
		await t.visitor().send("not to be remembered", SIGN_IN, { json: { username: ada.username, password, rememberMe: false } });
	},

	"sign-in/username/refuses alike": async (t) => {
		const ada = await named(t);
		const nobody = username(t, "Nobody");
		const wrong = await t.visitor().send("wrong", SIGN_IN, { json: { username: ada.username, password: "wrong horse battery" } });
		const unknown = await t.visitor().send("unknown", SIGN_IN, { json: { username: nobody, password: "wrong horse battery" } });
		t.fact("both answers are the same", wrong.status === unknown.status && wrong.text === unknown.text);
		await t.visitor().send("no username", SIGN_IN, { json: { username: "", password: "x" } });
		await t.visitor().send("no password", SIGN_IN, { json: { username: ada.username, password: "" } });
		await t.visitor().send("long password", SIGN_IN, { json: { username: ada.username, password: "a".repeat(129) } });
		await t.visitor().send("an address", SIGN_IN, { json: { username: ada.person.email, password: ada.person.password } });
		await t.visitor().send("short", SIGN_IN, { json: { username: "ab", password: "x" } });
		await t.visitor().send("long", SIGN_IN, { json: { username: "a".repeat(31), password: "x" } });
	},

	"sign-in/username/names the faults of the body": async (t) => {
		await t.visitor().send("no body", SIGN_IN);
		await t.visitor().send("nothing in it", SIGN_IN, { json: {} });
		await t.visitor().send("wrong types", SIGN_IN, { json: { username: 1, password: null, rememberMe: "yes", callbackURL: 2 } });
		await t.visitor().send("a form", SIGN_IN, { form: { username: "ada", password: "x" } });
		await t.visitor().send("untrusted callback", SIGN_IN, { json: { username: "ada", password: "x", callbackURL: "https://evil.example" } });
	},

	"is-username-available/says so": async (t) => {
		const ada = await named(t);
		await t.visitor().send("taken", AVAILABLE, { json: { username: ada.username } });
		await t.visitor().send("taken in another case", AVAILABLE, { json: { username: ada.username.toUpperCase() } });
		await t.visitor().send("free", AVAILABLE, { json: { username: username(t, "Free") } });
		for (const name of ["", "ab", "a".repeat(31), "a-b-c"]) await t.visitor().send(`"${name}"`, AVAILABLE, { json: { username: name } });
		await t.visitor().send("nothing in it", AVAILABLE, { json: {} });
		await t.visitor().send("no text", AVAILABLE, { json: { username: 5 } });
	},
};

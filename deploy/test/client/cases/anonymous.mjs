/** POST /sign-in/anonymous, POST /delete-anonymous-user */

async function stranger(t, browser = t.visitor()) {
	const { token, user } = await t.must(browser.ask("POST /sign-in/anonymous", { json: {} }));
	t.names.add(token, "<the stranger's token>");
	t.names.add(token.toLowerCase(), "<the stranger's token in lower case>");
	t.names.add(user.id, "<the stranger's id>");
	t.names.add(user.email, "<the stranger's address>");
	return { browser, token, user };
}

const alive = async (t, token) =>
	(await t.visitor({ origin: null }).ask("GET /get-session", { headers: { authorization: `Bearer ${token}` } })).json !== null;

export const signInAnonymous = {
	"anonymous/signs in without an account": async (t) => {
		const { browser, user } = await stranger(t);
		await browser.send("session", "GET /get-session");
		t.fact("the address is made up", /^[a-z0-9]{32}@anonymous\.placeholder\.invalid$/.test(user.email));
		t.fact("the name says so", user.name === "Anonymous" && user.isAnonymous === true);
	},

	"anonymous/answers token and user": async (t) => {
		const browser = t.visitor();
		const { status, json, setCookies } = await browser.ask("POST /sign-in/anonymous", { json: {} });
		t.fact("it works", status === 200);
		t.fact("the members are token and user", Object.keys(json).sort().join() === "token,user");
		t.fact("no login method is remembered", !setCookies.some((cookie) => cookie.includes("last_used_login_method")));
		const other = await t.visitor().ask("POST /sign-in/anonymous");
		t.fact("it takes no body", other.status === 200);
	},

	"anonymous/works by the client": async (t) => {
		const browser = t.visitor();
		const { data, error } = await browser.client.signIn.anonymous();
		t.fact("it works", error === null && data.user.isAnonymous === true);
	},

	"anonymous/is not for who is anonymous already": async (t) => {
		const { browser } = await stranger(t);
		await browser.send("again", "POST /sign-in/anonymous", { json: {} });
		await browser.call("by the client", "signIn.anonymous", (client) => client.signIn.anonymous());
	},

	"anonymous/sends no mail": async (t) => {
		const { user } = await stranger(t);
		await t.visitor().send("verification", "POST /send-verification-email", { json: { email: user.email } });
	},
};

export const linking = {
	"anonymous/ends when the browser signs up": async (t) => {
		const { browser, token } = await stranger(t);
		const person = t.person();
		const { status } = await browser.ask("POST /sign-up/email", { json: person });
		t.fact("the sign-up works", status === 200);
		t.fact("the stranger is gone", !(await alive(t, token)));
	},

	"anonymous/ends when the browser signs in": async (t) => {
		const { person } = await t.member();
		const { browser, token } = await stranger(t);
		const { email, password } = person;
		const { status } = await browser.ask("POST /sign-in/email", { json: { email, password } });
		t.fact("the sign-in works", status === 200);
		t.fact("the stranger is gone", !(await alive(t, token)));
	},

	"anonymous/stays when a sign-in fails": async (t) => {
		const { person } = await t.member();
		const { browser, token } = await stranger(t);
		await browser.send("sign in", "POST /sign-in/email", { json: { email: person.email, password: "not the password" } });
		t.fact("the stranger is there", await alive(t, token));
	},
};

export const deleteAnonymous = {
	"anonymous/deletes itself": async (t) => {
		const { browser, token } = await stranger(t);
		await browser.send("delete", "POST /delete-anonymous-user", { json: {} });
		await browser.send("session", "GET /get-session");
		t.fact("the stranger is gone", !(await alive(t, token)));
	},

	"anonymous/deletes nobody else": async (t) => {
		const { browser } = await t.member();
		await browser.send("a member", "POST /delete-anonymous-user", { json: {} });
		await browser.call("by the client", "deleteAnonymousUser", (client) => client.deleteAnonymousUser());
		await t.visitor().send("nobody", "POST /delete-anonymous-user", { json: {} });
	},
};

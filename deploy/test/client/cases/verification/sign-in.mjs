/** Signing in where an address has to be confirmed first. */
const PATH = "POST /sign-in/email";

/** Signs somebody up, who is not signed in by that; answers the person and the mailed token. */
async function unconfirmed(t) {
	const person = t.person();
	await t.must(t.visitor().ask("POST /sign-up/email", { json: person }));
	const [{ links }] = await t.mails(person.email, 1);
	const token = new URL(links[0]).searchParams.get("token");
	t.names.add(token, "<mailed token>");
	return { person, token };
}

export const signIn = {
	"sign-in/tells who knows the password that the address is not confirmed": async (t) => {
		const { person } = await unconfirmed(t);
		const browser = t.visitor();
		await browser.send("right password", PATH, { json: { ...person, callbackURL: "/in" } });
		await t.mail("another mail", person.email, 2);
		await browser.send("session", "GET /get-session");
		await browser.call("by the client", "signIn.email", (client) => client.signIn.email(person));
	},

	"sign-in/tells nobody else": async (t) => {
		const { person } = await unconfirmed(t);
		await t.visitor().send("wrong password", PATH, { json: { ...person, password: "wrong horse battery" } });
		await t.visitor().send("unknown address", PATH, { json: t.person("nobody") });
		t.fact("there is no second mail", (await t.mails(person.email, 1)).length === 1);
	},

	"sign-in/works when the address is confirmed": async (t) => {
		const { person, token } = await unconfirmed(t);
		const browser = t.visitor();
		await browser.send("confirm", `GET /verify-email?token=${token}`);
		await browser.send("session", "GET /get-session");
		await t.visitor().send("sign in", PATH, { json: person });
	},

	"sign-in/is still refused after a reset of the password": async (t) => {
		const { person } = await unconfirmed(t);
		await t.must(t.visitor().ask("POST /request-password-reset", { json: { email: person.email, redirectTo: "/reset" } }));
		const [{ links }] = await t.mails(person.email, 2);
		const token = new URL(links[0]).pathname.split("/").pop();
		const fresh = { ...person, password: "another horse battery" };
		await t.visitor().send("reset", "POST /reset-password", { json: { token, newPassword: fresh.password } });
		await t.visitor().send("sign in", PATH, { json: fresh });
	},
};

/** POST /delete-user, GET /delete-user/callback where it takes a mailed link */
const DELETE = "POST /delete-user";

/** The path and query of the link that a member's wish was answered with. */
async function asked(t, { browser, person }, fields = {}) {
	await t.mails(person.email, 1); // or that of the sign-up may be the newer one
	await t.must(browser.ask(DELETE, { json: fields }));
	const { link, token } = await t.mail("mail", person.email, 2);
	return { link: link.slice(`${t.base}/api/auth`.length), token };
}

export const deleteUser = {
	"delete-user/mails a link and deletes nobody": async (t) => {
		const { browser, person } = await t.member();
		await t.mails(person.email, 1);
		await browser.send("ask", DELETE, { json: { callbackURL: "/bye" } });
		await t.mail("mail", person.email, 2);
		await browser.send("ask with the password", DELETE, { json: { password: person.password } });
		await t.mail("mail without a callback", person.email, 3);
		await browser.send("ask with a wrong one", DELETE, { json: { password: "wrong horse battery" } });
		await browser.send("session", "GET /get-session");
	},

	"delete-user/works by the client": async (t) => {
		const { browser, person } = await t.member();
		await t.mails(person.email, 1);
		await browser.call("ask", "deleteUser", (client) => client.deleteUser({ callbackURL: "/bye" }));
		const { token } = await t.mail("mail", person.email, 2);
		await browser.call("delete", "deleteUser", (client) => client.deleteUser({ token }));
		await browser.call("session", "getSession", (client) => client.getSession());
	},

	"delete-user/follows the link": async (t) => {
		const ada = await t.member();
		const { link, token } = await asked(t, ada, { callbackURL: "http://localhost:3001/bye?a=b" });
		await t.visitor({ origin: null }).send("without a session", `GET ${link}`);
		await ada.browser.send("to an untrusted place", `GET /delete-user/callback?token=${token}&callbackURL=https%3A%2F%2Fevil.example`);
		await ada.browser.send("follow", `GET ${link}`, { origin: null });
		await ada.browser.send("session", "GET /get-session");
		await t.visitor().send("sign in", "POST /sign-in/email", { json: ada.person });
	},

	"delete-user/follows the link without a callback": async (t) => {
		const ada = await t.member();
		const { token } = await asked(t, ada);
		await ada.browser.send("follow", `GET /delete-user/callback?token=${token}`);
		await ada.browser.send("session", "GET /get-session");
	},

	"delete-user/takes the token of nobody else": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		const { token } = await asked(t, ada);
		await bob.browser.send("another user", DELETE, { json: { token } });
		await ada.browser.send("its owner afterwards", DELETE, { json: { token } });
		await ada.browser.send("session", "GET /get-session");
	},
};

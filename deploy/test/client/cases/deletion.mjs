/** POST /delete-user, GET /delete-user/callback where no mailed link is asked for */
const DELETE = "POST /delete-user";

export const deleteUser = {
	"delete-user/deletes who signed in lately": async (t) => {
		const { browser, person, token } = await t.member();
		await browser.send("delete", DELETE, { json: {} });
		await browser.send("session", "GET /get-session");
		await t.visitor().send("bearer", "GET /get-session", { headers: { authorization: `Bearer ${token}` } });
		await t.visitor().send("sign in", "POST /sign-in/email", { json: person });
		await t.visitor().send("sign up again", "POST /sign-up/email", { json: person });
	},

	"delete-user/takes the password": async (t) => {
		const { browser, person } = await t.member();
		await browser.send("wrong", DELETE, { json: { password: "wrong horse battery" } });
		await browser.send("too long", DELETE, { json: { password: "a".repeat(129) } });
		await browser.send("right", DELETE, { json: { password: person.password, callbackURL: "/bye" } });
		await browser.send("session", "GET /get-session");
	},

	"delete-user/works by the client": async (t) => {
		const { browser, person } = await t.member();
		await t.visitor().call("without a session", "deleteUser", (client) => client.deleteUser({ password: person.password }));
		await browser.call("wrong", "deleteUser", (client) => client.deleteUser({ password: "wrong horse battery" }));
		await browser.call("delete", "deleteUser", (client) => client.deleteUser({ password: person.password }));
		await browser.call("session", "getSession", (client) => client.getSession());
	},

	"delete-user/ends the other sessions too": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		await t.must(ada.browser.ask(DELETE, { json: {} }));
		await other.browser.send("session of the other", "GET /get-session");
		await other.browser.send("update of the other", "POST /update-user", { json: { name: "Ada" } });
	},

	"delete-user/refuses a token that nobody has": async (t) => {
		const { browser, person } = await t.member();
		await browser.send("made up", DELETE, { json: { token: "a".repeat(32) } });
		await browser.send("made up, with the password", DELETE, { json: { token: "a".repeat(32), password: person.password } });
		await browser.send("callback", `GET /delete-user/callback?token=${"a".repeat(32)}`);
		await browser.send("callback with a place to go", `GET /delete-user/callback?token=${"a".repeat(32)}&callbackURL=%2Fbye`);
		await t.visitor().send("callback of nobody", `GET /delete-user/callback?token=${"a".repeat(32)}`);
		await browser.send("callback without a token", "GET /delete-user/callback");
		await browser.send("session", "GET /get-session");
	},

	"delete-user/names the faults of the body": async (t) => {
		const { browser } = await t.member();
		for (const [who, visitor] of [["member", browser], ["nobody", t.visitor()]]) {
			await visitor.send(`${who}: no body`, DELETE);
			await visitor.send(`${who}: wrong types`, DELETE, { json: { password: 1, token: true, callbackURL: [] } });
			await visitor.send(`${who}: untrusted callback`, DELETE, { json: { callbackURL: "https://evil.example" } });
			await visitor.send(`${who}: a form`, DELETE, { form: { password: "x" } });
		}
		await t.visitor().send("no session", DELETE, { json: {} });
		await browser.send("foreign origin", DELETE, { json: {}, origin: "https://evil.example" });
	},
};

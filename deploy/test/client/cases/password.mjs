/** POST /change-password, POST /verify-password */
const CHANGE = "POST /change-password";
const VERIFY = "POST /verify-password";
const FRESH = "another horse battery";
const change = (person, fields = {}) => ({ json: { currentPassword: person.password, newPassword: FRESH, ...fields } });

export const changePassword = {
	"change-password/replaces the password and keeps all sessions": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		await ada.browser.send("change", CHANGE, change(ada.person));
		await ada.browser.send("session", "GET /get-session");
		await other.browser.send("session of the other", "GET /get-session");
		await t.visitor().send("old password", "POST /sign-in/email", { json: ada.person });
		await t.visitor().send("new password", "POST /sign-in/email", { json: { ...ada.person, password: FRESH } });
	},

	"change-password/works by the client": async (t) => {
		const { browser, person } = await t.member();
		const request = { currentPassword: person.password, newPassword: FRESH };
		await browser.call("change", "changePassword", (client) => client.changePassword(request));
		await browser.call("again", "changePassword", (client) => client.changePassword(request));
		await t.visitor().call("without a session", "changePassword", (client) => client.changePassword(request));
	},

	"change-password/ends all other sessions and replaces this one": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		const { json } = await ada.browser.send("change", CHANGE, change(ada.person, { revokeOtherSessions: true }));
		await ada.browser.send("session", "GET /get-session");
		await other.browser.send("session of the other", "GET /get-session");
		await t.visitor().send("bearer of before", "GET /get-session", { headers: { authorization: `Bearer ${ada.token}` } });
		await t.visitor().send("bearer of now", "GET /get-session", { headers: { authorization: `Bearer ${json.token}` } });
		const sessions = (await ada.browser.ask("GET /list-sessions")).json;
		t.fact("one session is left", sessions.length === 1);
	},

	"change-password/does so for a bearer": async (t) => {
		const { token, person } = await t.member();
		const program = t.visitor({ origin: null });
		const headers = { authorization: `Bearer ${token}` };
		await program.send("change", CHANGE, { ...change(person, { revokeOtherSessions: true }), headers, cookie: null });
	},

	"change-password/refuses a wrong password": async (t) => {
		const { browser, person } = await t.member();
		await browser.send("wrong", CHANGE, change(person, { currentPassword: "wrong horse battery" }));
		await browser.send("empty", CHANGE, change(person, { currentPassword: "" }));
		await browser.send("too long", CHANGE, change(person, { currentPassword: "a".repeat(129) }));
		await browser.send("wrong, and end the others", CHANGE, change(person, { currentPassword: "wrong horse battery", revokeOtherSessions: true }));
		await browser.send("session", "GET /get-session");
		await t.visitor().send("sign in", "POST /sign-in/email", { json: person });
	},

	"change-password/judges the new password first": async (t) => {
		const { browser, person } = await t.member();
		await browser.send("short", CHANGE, change(person, { newPassword: "short" }));
		await browser.send("long", CHANGE, change(person, { newPassword: "a".repeat(129) }));
		await browser.send("short, with a wrong one", CHANGE, change(person, { newPassword: "short", currentPassword: "wrong" }));
		await browser.send("as before", CHANGE, change(person, { newPassword: person.password }));
	},

	"change-password/names the faults of the body": async (t) => {
		const { browser, person } = await t.member();
		for (const [who, visitor] of [["member", browser], ["nobody", t.visitor()]]) {
			await visitor.send(`${who}: no body`, CHANGE);
			await visitor.send(`${who}: nothing in it`, CHANGE, { json: {} });
			await visitor.send(`${who}: wrong types`, CHANGE, { json: { currentPassword: 1, newPassword: null, revokeOtherSessions: "yes" } });
			await visitor.send(`${who}: malformed`, CHANGE, { body: "{", type: "application/json" });
			await visitor.send(`${who}: a form`, CHANGE, { form: { currentPassword: person.password, newPassword: FRESH } });
		}
		await t.visitor().send("no session", CHANGE, change(person));
		await browser.send("no origin", CHANGE, { ...change(person), origin: null });
		await browser.send("foreign origin", CHANGE, { ...change(person), origin: "https://evil.example" });
	},
};

export const verifyPassword = {
	"verify-password/says whether it is the one": async (t) => {
		const { browser, person } = await t.member();
		await browser.send("right", VERIFY, { json: { password: person.password } });
		await browser.send("wrong", VERIFY, { json: { password: "wrong horse battery" } });
		await browser.send("empty", VERIFY, { json: { password: "" } });
		await browser.send("too long", VERIFY, { json: { password: "a".repeat(129) } });
		await browser.send("nothing in it", VERIFY, { json: {} });
		await browser.send("wrong type", VERIFY, { json: { password: 1 } });
		await t.visitor().send("no session", VERIFY, { json: { password: person.password } });
	},
};

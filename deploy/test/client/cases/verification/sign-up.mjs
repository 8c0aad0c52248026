/** Signing up where an address has to be confirmed first. */
const PATH = "POST /sign-up/email";

export const signUp = {
	"sign-up/signs nobody in before the address is confirmed": async (t) => {
		const ada = t.person();
		const browser = t.visitor();
		await browser.send("sign up", PATH, { json: ada });
		await browser.send("session", "GET /get-session");
		await t.mail("mail", ada.email, 1);
	},

	"sign-up/works by the client": async (t) => {
		const ada = t.person();
		await t.visitor().call("sign up", "signUp.email", (client) => client.signUp.email({ ...ada, callbackURL: "/in" }));
		await t.mail("mail", ada.email, 1);
	},

	"sign-up/answers a taken address as a free one": async (t) => {
		const ada = t.person();
		const body = { ...ada, image: "https://example.com/ada.png", callbackURL: "/in", rememberMe: false };
		const first = await t.visitor().send("free", PATH, { json: body });
		const second = await t.visitor().send("taken", PATH, { json: body });
		const third = await t.visitor().send("taken, in capitals", PATH, { json: { ...body, email: ada.email.toUpperCase() } });
		t.fact("each answer names another user", new Set([first, second, third].map(({ json }) => json.user.id)).size === 3);
		t.fact("there is one mail", (await t.mails(ada.email, 1)).length === 1);
	},

	"sign-up/tells of a bad password whether the address is taken or not": async (t) => {
		const ada = t.person();
		await t.must(t.visitor().ask(PATH, { json: ada }));
		await t.visitor().send("taken", PATH, { json: { ...ada, password: "short" } });
		await t.visitor().send("free", PATH, { json: { ...t.person("bob"), password: "short" } });
	},
};

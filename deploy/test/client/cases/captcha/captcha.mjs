/** Endpoints that ask for a solved challenge; lib/siteverify.mjs says what each response is worth. */
const GUARDED = ["/sign-up/email", "/sign-in/email", "/request-password-reset"];
const response = (value) => ({ headers: { "x-captcha-response": value } });

/** What lets each guarded endpoint succeed. */
async function requests(t) {
	const member = t.person("member");
	await t.must(t.visitor().ask("POST /sign-up/email", { json: member, ...response("solved") }));
	const fresh = t.person("fresh");
	return { member, bodies: { "/sign-up/email": fresh, "/sign-in/email": member, "/request-password-reset": { email: member.email } } };
}

export const captcha = {
	"captcha/lets a solved challenge pass": async (t) => {
		const { bodies } = await requests(t);
		for (const path of GUARDED) await t.visitor().send(path, `POST ${path}`, { json: bodies[path], ...response("solved") });
	},

	"captcha/refuses what is missing, wrong or empty": async (t) => {
		const { bodies } = await requests(t);
		for (const path of GUARDED) {
			await t.visitor().send(`${path}: missing`, `POST ${path}`, { json: bodies[path] });
			await t.visitor().send(`${path}: wrong`, `POST ${path}`, { json: bodies[path], ...response("wrong") });
			await t.visitor().send(`${path}: empty`, `POST ${path}`, { json: bodies[path], ...response("") });
		}
	},

	"captcha/comes before the body is looked at": async (t) => {
		for (const path of GUARDED) {
			await t.visitor().send(`${path}: nothing in it`, `POST ${path}`, { json: {} });
			await t.visitor().send(`${path}: malformed`, `POST ${path}`, { body: "{", type: "application/json" });
			await t.visitor().send(`${path}: foreign origin`, `POST ${path}`, { json: {}, origin: "https://evil.example", cookie: "a=b" });
		}
	},

	"captcha/lets nobody pass when nobody can say": async (t) => {
		const { bodies } = await requests(t);
		for (const path of GUARDED) {
			await t.visitor().send(`${path}: it is broken`, `POST ${path}`, { json: bodies[path], ...response("broken") });
			await t.visitor().send(`${path}: it says nothing`, `POST ${path}`, { json: bodies[path], ...response("silent") });
		}
	},

	"captcha/guards nothing else": async (t) => {
		const { member } = await requests(t);
		const browser = t.visitor();
		await browser.send("sign in", "POST /sign-in/email", { json: member, ...response("solved") });
		await browser.send("session", "GET /get-session");
		await browser.send("send a verification mail", "POST /send-verification-email", { json: { email: member.email } });
		await browser.send("sign out", "POST /sign-out");
	},

	"captcha/works by the client": async (t) => {
		const { member } = await requests(t);
		await t.visitor().call("without", "signIn.email", (client) => client.signIn.email(member));
		await t.visitor().call("solved", "signIn.email", (client) => client.signIn.email(member, response("solved")));
	},
};

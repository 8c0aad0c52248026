/** POST /sign-in/magic-link, GET /magic-link/verify */
const SEND = "POST /sign-in/magic-link";
const HOME = "http://localhost:3001/home";

const verify = (token, query = {}) => `GET /magic-link/verify?${new URLSearchParams({ token, ...query })}`;

/** Asks for a link without recording it; answers its token. `count` is the number of mails by then. */
async function mailed(t, email, count, more = {}) {
	await t.mails(email, count - 1);
	await t.must(t.visitor().ask(SEND, { json: { email, ...more } }));
	const token = new URL((await t.mails(email, count))[0].links[0]).searchParams.get("token");
	t.names.add(token, `<mailed token ${count}>`);
	return token;
}

/** A member with a confirmed address; the mail of the sign-up is the first. */
async function confirmed(t, name) {
	const member = await t.member(name);
	const [{ links }] = await t.mails(member.person.email, 1);
	await t.must(t.visitor().ask(`GET /verify-email?token=${new URL(links[0]).searchParams.get("token")}`));
	return member;
}

export const sending = {
	"magic-link/mails a link": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		await t.visitor().send("bare", SEND, { json: { email: person.email } });
		await t.mail("mail", person.email, 2);
		const places = { callbackURL: `${HOME}?a=b c`, newUserCallbackURL: "/welcome", errorCallbackURL: "/failed?x=y" };
		await t.visitor().send("with places", SEND, { json: { email: person.email, name: "Ada", metadata: { a: 1 }, ...places } });
		await t.mail("mail with places", person.email, 3);
	},

	"magic-link/works by the client": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		const request = { email: person.email, callbackURL: "/home" };
		await t.visitor().call("send", "signIn.magicLink", (client) => client.signIn.magicLink(request));
		await t.mail("mail", person.email, 2);
		await t.visitor().call("wrong", "magicLink.verify", (client) => client.magicLink.verify({ query: { token: "wrong" } }));
	},

	"magic-link/answers a known and an unknown address alike": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		const known = await t.visitor().send("known", SEND, { json: { email: person.email } });
		const nobody = t.person("nobody");
		const unknown = await t.visitor().send("unknown", SEND, { json: { email: nobody.email } });
		t.fact("both answers are the same", known.status === unknown.status && known.text === unknown.text);
		await t.mails(person.email, 2);
		await t.mail("mail to the unknown", nobody.email, 1);
	},

	"magic-link/names the faults of the body": async (t) => {
		await t.visitor().send("nothing in it", SEND, { json: {} });
		await t.visitor().send("wrong types", SEND, { json: { email: 1, name: 2, metadata: "a" } });
		for (const place of ["callbackURL", "newUserCallbackURL", "errorCallbackURL"]) {
			await t.visitor().send(`${place}: elsewhere`, SEND, { json: { email: "ada@example.com", [place]: "https://evil.example" } });
			await t.visitor().send(`${place}: not a text`, SEND, { json: { email: "ada@example.com", [place]: 1 } });
		}
		const from = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
		await t.visitor({ origin: null }).send("a form of another site", SEND, { json: { email: "ada@example.com" }, headers: from });
	},
};

export const verifying = {
	"magic-link/signs in": async (t) => {
		const { person } = await confirmed(t);
		const token = await mailed(t, person.email, 2);
		const browser = t.visitor();
		await browser.send("follow", verify(token));
		await browser.send("session", "GET /get-session");
		await t.visitor().send("again", verify(token));
		await t.visitor().send("the password works as before", "POST /sign-in/email", { json: person });
	},

	"magic-link/follows the mailed link": async (t) => {
		const { person } = await confirmed(t);
		await t.must(t.visitor().ask(SEND, { json: { email: person.email, callbackURL: HOME } }));
		const { link } = await t.mail("mail", person.email, 2);
		const browser = t.visitor({ origin: null });
		await browser.send("follow", `GET ${link.slice(`${t.base}/api/auth`.length)}`);
		await browser.send("session", "GET /get-session");
	},

	"magic-link/leads to the callback": async (t) => {
		const places = ["/", "/in?a=b", `${HOME}?a=b#c`, "http://localhost:3001"];
		for (const [i, callbackURL] of places.entries()) {
			const { person } = await confirmed(t, `visitor-${i}`);
			await t.visitor().send(callbackURL, verify(await mailed(t, person.email, 2), { callbackURL, newUserCallbackURL: "/new" }));
		}
	},

	"magic-link/makes an account": async (t) => {
		const { email } = t.person();
		const token = await mailed(t, email, 1, { name: "Ada" });
		const browser = t.visitor();
		await browser.send("follow", verify(token));
		await browser.send("session", "GET /get-session");
	},

	"magic-link/leads who is new elsewhere": async (t) => {
		for (const [step, query] of [
			["to its place", { callbackURL: "/home", newUserCallbackURL: "/welcome?a=b" }],
			["to the callback", { callbackURL: "/home" }],
			["nowhere", { newUserCallbackURL: "/welcome" }],
		]) {
			const { email } = t.person();
			await t.visitor().send(step, verify(await mailed(t, email, 1), query));
		}
	},

	"magic-link/takes an unconfirmed account from whoever made it": async (t) => {
		const ada = await t.member();
		const token = await mailed(t, ada.person.email, 2);
		const owner = t.visitor();
		await owner.send("the owner of the address", verify(token));
		await ada.browser.send("session of who made the account", "GET /get-session");
		await t.visitor().send("password of who made the account", "POST /sign-in/email", { json: ada.person });
		await owner.send("session of the owner", "GET /get-session");
	},

	"magic-link/leads to the callback with an error": async (t) => {
		const errors = [
			["no place", {}],
			["callback", { callbackURL: `${HOME}?a=b` }],
			["a bare origin", { callbackURL: "http://localhost:3001" }],
			["place for errors", { callbackURL: "/home", errorCallbackURL: "/failed?x=y z" }],
		];
		for (const [step, query] of errors) await t.visitor().send(step, verify("wrong", query));
		await t.visitor().send("empty", verify(""));
		await t.visitor().send("none", "GET /magic-link/verify");
		await t.visitor().send("two", "GET /magic-link/verify?token=a&token=b");
	},

	"magic-link/refuses untrusted places and keeps the link": async (t) => {
		const { person } = await confirmed(t);
		const token = await mailed(t, person.email, 2);
		for (const place of ["callbackURL", "newUserCallbackURL", "errorCallbackURL"]) {
			await t.visitor().send(`${place}: elsewhere`, verify(token, { [place]: "https://evil.example" }));
			await t.visitor().send(`${place}: two slashes`, verify(token, { [place]: "//evil.example" }));
		}
		await t.visitor().send("the link works", verify(token));
	},

	"magic-link/refuses tokens of other kinds": async (t) => {
		const { person } = await t.member();
		const [{ links }] = await t.mails(person.email, 1);
		const proof = new URL(links[0]).searchParams.get("token");
		t.names.add(proof, "<verification token>");
		await t.must(t.visitor().ask("POST /request-password-reset", { json: { email: person.email, redirectTo: "/reset" } }));
		const reset = new URL((await t.mails(person.email, 2))[0].links[0]).pathname.split("/").pop();
		t.names.add(reset, "<reset token>");
		await t.visitor().send("verification", verify(proof));
		await t.visitor().send("reset", verify(reset));
		const link = await mailed(t, person.email, 3);
		await t.visitor().send("a link as a reset token", "POST /reset-password", { json: { token: link, newPassword: "another horse battery" } });
		await t.visitor().send("a link as a verification token", `GET /verify-email?token=${link}`);
	},
};

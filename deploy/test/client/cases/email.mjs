/** POST /change-email and the link that it mails */
const CHANGE = "POST /change-email";

/** The path and query of a mailed link, without its callback. */
const path = (t, link) => link.slice(`${t.base}/api/auth`.length).replace(/&callbackURL=[^&]*$/, "");

/** A member whose address is confirmed. */
async function confirmed(t, name) {
	const member = await t.member(name);
	const [{ links }] = await t.mails(member.person.email, 1);
	await t.must(t.visitor({ origin: null }).ask(`GET ${path(t, links[0])}`));
	return member;
}

export const changeEmail = {
	"change-email/takes the yes of the new address": async (t) => {
		const { browser, person } = await confirmed(t);
		const fresh = t.person("fresh");
		await browser.send("ask", CHANGE, { json: { newEmail: fresh.email, callbackURL: "/done" } });
		const { link } = await t.mail("mail", fresh.email, 1);
		await browser.send("session before", "GET /get-session");
		await browser.send("follow", `GET ${path(t, link)}`);
		await browser.send("session after", "GET /get-session");
		await t.visitor().send("sign in with the old", "POST /sign-in/email", { json: person });
		await t.visitor().send("sign in with the new", "POST /sign-in/email", { json: { ...person, email: fresh.email } });
		await browser.send("follow again", `GET ${path(t, link)}`);
		await browser.send("follow again with a callback", `GET ${path(t, link)}&callbackURL=%2Fdone`);
	},

	"change-email/works by the client": async (t) => {
		const { browser, person } = await t.member();
		const fresh = t.person("fresh");
		await browser.call("ask", "changeEmail", (client) => client.changeEmail({ newEmail: fresh.email, callbackURL: "/done" }));
		const { link } = await t.mail("mail", fresh.email, 1);
		await browser.call("same", "changeEmail", (client) => client.changeEmail({ newEmail: person.email }));
		await t.visitor().call("without a session", "changeEmail", (client) => client.changeEmail({ newEmail: fresh.email }));
		const token = new URL(link).searchParams.get("token");
		await browser.call("follow", "verifyEmail", (client) => client.verifyEmail({ query: { token } }));
	},

	"change-email/leaves an address unconfirmed that was": async (t) => {
		const { browser } = await t.member();
		const fresh = t.person("fresh");
		await browser.ask(CHANGE, { json: { newEmail: fresh.email } });
		const { link } = await t.mail("mail", fresh.email, 1);
		await t.visitor({ origin: null }).send("follow without a session", `GET ${path(t, link)}`);
		await browser.send("session", "GET /get-session");
	},

	"change-email/follows the mailed link to its callback": async (t) => {
		const { browser } = await t.member();
		const fresh = t.person("fresh");
		await browser.ask(CHANGE, { json: { newEmail: fresh.email, callbackURL: "http://localhost:3001/done?a=b" } });
		const { link } = await t.mail("mail", fresh.email, 1);
		await browser.send("follow", `GET ${link.slice(`${t.base}/api/auth`.length)}`);
	},

	"change-email/answers alike for a taken address": async (t) => {
		const { browser } = await t.member();
		const bob = await t.member("bob");
		const taken = await browser.send("taken", CHANGE, { json: { newEmail: bob.person.email } });
		const free = await browser.send("free", CHANGE, { json: { newEmail: t.person("fresh").email } });
		t.fact("both answers are the same", taken.status === free.status && taken.text === free.text);
		t.fact("the owner is not mailed", (await t.mails(bob.person.email, 1)).length === 1);
	},

	"change-email/refuses the same address in any case": async (t) => {
		const { browser, person } = await t.member();
		await browser.send("same", CHANGE, { json: { newEmail: person.email } });
		await browser.send("in capitals", CHANGE, { json: { newEmail: person.email.toUpperCase() } });
	},

	"change-email/is not followed in the browser of another user": async (t) => {
		const { browser } = await t.member();
		const bob = await t.member("bob");
		const fresh = t.person("fresh");
		await browser.ask(CHANGE, { json: { newEmail: fresh.email } });
		const { link } = await t.mail("mail", fresh.email, 1);
		await bob.browser.send("follow", `GET ${path(t, link)}`);
		await bob.browser.send("follow with a callback", `GET ${path(t, link)}&callbackURL=%2Fdone`);
		await bob.browser.send("follow to an untrusted place", `GET ${path(t, link)}&callbackURL=https%3A%2F%2Fevil.example`);
		await browser.send("session", "GET /get-session");
	},

	"change-email/names the faults of the body": async (t) => {
		const { browser } = await t.member();
		for (const [who, visitor] of [["member", browser], ["nobody", t.visitor()]]) {
			await visitor.send(`${who}: no body`, CHANGE);
			await visitor.send(`${who}: nothing in it`, CHANGE, { json: {} });
			await visitor.send(`${who}: no address`, CHANGE, { json: { newEmail: "ada" } });
			await visitor.send(`${who}: wrong types`, CHANGE, { json: { newEmail: 1, callbackURL: 2 } });
			await visitor.send(`${who}: untrusted callback`, CHANGE, { json: { newEmail: "ada@example.com", callbackURL: "https://evil.example" } });
		}
		await t.visitor().send("no session", CHANGE, { json: { newEmail: "ada@example.com" } });
		await browser.send("foreign origin", CHANGE, { json: { newEmail: "ada@example.com" }, origin: "https://evil.example" });
	},
};

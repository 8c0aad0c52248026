/** POST /change-email where a confirmed address approves first */
const CHANGE = "POST /change-email";
const path = (t, link) => link.slice(`${t.base}/api/auth`.length).replace(/&callbackURL=[^&]*$/, "");

/** A member whose address is confirmed. */
async function confirmed(t) {
	const member = await t.member();
	const [{ links }] = await t.mails(member.person.email, 1);
	await t.must(t.visitor({ origin: null }).ask(`GET ${path(t, links[0])}`));
	return member;
}

export const changeEmail = {
	"change-email/asks the old address first": async (t) => {
		const { browser, person } = await confirmed(t);
		const fresh = t.person("fresh");
		await browser.send("ask", CHANGE, { json: { newEmail: fresh.email, callbackURL: "/done" } });
		const approval = await t.mail("mail to the old", person.email, 2);
		t.fact("the new address has no mail", (await t.mails(fresh.email, 0)).length === 0);
		await browser.send("approve", `GET ${path(t, approval.link)}`);
		const confirmation = await t.mail("mail to the new", fresh.email, 1);
		await browser.send("session between", "GET /get-session");
		await browser.send("confirm", `GET ${path(t, confirmation.link)}`);
		await browser.send("session", "GET /get-session");
		await browser.send("approve afterwards", `GET ${path(t, approval.link)}`);
	},

	"change-email/approves with a callback, and for nobody else": async (t) => {
		const { browser, person } = await confirmed(t);
		const bob = await t.member("bob");
		const fresh = t.person("fresh");
		await t.must(browser.ask(CHANGE, { json: { newEmail: fresh.email, callbackURL: "/done" } }));
		const { link } = await t.mail("mail to the old", person.email, 2);
		await bob.browser.send("in the browser of another", `GET ${path(t, link)}`);
		await t.visitor({ origin: null }).send("follow", `GET ${link.slice(`${t.base}/api/auth`.length)}`);
		await t.mail("mail to the new", fresh.email, 1);
	},

	"change-email/asks the new address of somebody who has confirmed none": async (t) => {
		const { browser } = await t.member();
		const fresh = t.person("fresh");
		await browser.send("ask", CHANGE, { json: { newEmail: fresh.email } });
		await t.mail("mail to the new", fresh.email, 1);
	},

	"change-email/asks the old address about a taken one too": async (t) => {
		const { browser, person } = await confirmed(t);
		const bob = await t.member("bob");
		await browser.send("ask", CHANGE, { json: { newEmail: bob.person.email } });
		t.fact("the owner is not mailed", (await t.mails(bob.person.email, 1)).length === 1);
		t.fact("the old address is asked or not", (await t.mails(person.email, 1)).length >= 1);
	},
};

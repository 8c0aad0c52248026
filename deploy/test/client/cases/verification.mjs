/** POST /send-verification-email, GET /verify-email */
const SEND = "POST /send-verification-email";
const FLOOR_MS = 500;

/** The link of the newest mail, and its token. */
async function mailed(t, email, count) {
	const [{ links }] = await t.mails(email, count);
	const token = new URL(links[0]).searchParams.get("token");
	t.names.add(token, `<mailed token ${count}>`);
	return token;
}

const encoded = (object) => Buffer.from(JSON.stringify(object)).toString("base64url");
const verify = (token, query = "") => `GET /verify-email?token=${token}${query}`;

export const sendVerification = {
	"send-verification-email/sends a link to the signed-in user": async (t) => {
		const { browser, person } = await t.member();
		await t.mails(person.email, 1);
		await browser.send("send", SEND, { json: { email: person.email } });
		await t.mail("without a callback", person.email, 2);
		await browser.send("send with a callback", SEND, { json: { email: person.email, callbackURL: "http://localhost:3001/in" } });
		await t.mail("with a callback", person.email, 3);
	},

	"send-verification-email/works by the client": async (t) => {
		const { browser, person } = await t.member();
		await t.mails(person.email, 1);
		await browser.call("send", "sendVerificationEmail", (client) => client.sendVerificationEmail({ email: person.email }));
		await t.mail("mail", person.email, 2);
	},

	"send-verification-email/tells a stranger nothing": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		await t.mails(ada.person.email, 1);
		await bob.browser.ask(verify(await mailed(t, bob.person.email, 1)));
		for (const [step, email] of [
			["unverified", ada.person.email],
			["verified", bob.person.email],
			["unknown", t.person("nobody").email],
		]) {
			const start = performance.now();
			await t.visitor().send(step, SEND, { json: { email } });
			t.fact(`${step}: the answer takes half a second`, performance.now() - start >= FLOOR_MS - 10);
		}
		await t.mail("mail to the unverified", ada.person.email, 2);
		t.fact("no second mail to the verified", (await t.mails(bob.person.email, 1)).length === 1);
	},

	"send-verification-email/takes the address in any case": async (t) => {
		const { browser, person } = await t.member();
		await browser.send("capitals", SEND, { json: { email: person.email.toUpperCase() } });
	},

	"send-verification-email/refuses another address than one's own": async (t) => {
		const { browser } = await t.member();
		const bob = await t.member("bob");
		await browser.send("another user's", SEND, { json: { email: bob.person.email } });
		await browser.send("unknown", SEND, { json: { email: t.person("nobody").email } });
	},

	"send-verification-email/refuses a verified address": async (t) => {
		const { browser, person } = await t.member();
		await browser.ask(verify(await mailed(t, person.email, 1)));
		await browser.send("send", SEND, { json: { email: person.email } });
	},

	"send-verification-email/names the faults of the body": async (t) => {
		const { browser, person } = await t.member();
		for (const [who, visitor] of [["member", browser], ["nobody", t.visitor()]]) {
			await visitor.send(`${who}: nothing in it`, SEND, { json: {} });
			await visitor.send(`${who}: no address`, SEND, { json: { email: "ada" } });
			await visitor.send(`${who}: wrong types`, SEND, { json: { email: 1, callbackURL: 2 } });
			await visitor.send(`${who}: untrusted callback`, SEND, { json: { email: person.email, callbackURL: "https://evil.example" } });
			await visitor.send(`${who}: a form`, SEND, { form: { email: person.email } });
		}
	},
};

export const verifyEmail = {
	"verify-email/verifies and signs in": async (t) => {
		const { person, browser: signedIn } = await t.member();
		const browser = t.visitor();
		await browser.send("verify", verify(await mailed(t, person.email, 1)));
		await browser.send("session", "GET /get-session");
		const { json } = await signedIn.ask("GET /get-session");
		t.fact("the older session sees the verified address", json?.user.emailVerified === true);
	},

	"verify-email/works by the client": async (t) => {
		const { person } = await t.member();
		const token = await mailed(t, person.email, 1);
		const browser = t.visitor();
		await browser.call("verify", "verifyEmail", (client) => client.verifyEmail({ query: { token } }));
		await browser.call("wrong token", "verifyEmail", (client) => client.verifyEmail({ query: { token: "wrong" } }));
	},

	"verify-email/goes to the callback as it was given": async (t) => {
		const places = ["/", "/in?a=b", "http://localhost:3001/in?a=b#c", "http://localhost:3001"];
		for (const [i, place] of places.entries()) {
			const { person } = await t.member(`visitor-${i}`);
			const token = await mailed(t, person.email, 1);
			await t.visitor().send(place, verify(token, `&callbackURL=${encodeURIComponent(place)}`));
		}
	},

	"verify-email/follows the mailed link": async (t) => {
		const { person } = await t.member();
		const { link } = await t.mail("mail", person.email, 1);
		await t.visitor({ origin: null }).send("follow", `GET ${link.slice(`${t.base}/api/auth`.length)}`);
	},

	"verify-email/refuses an untrusted callback and verifies nothing": async (t) => {
		const { person, browser } = await t.member();
		const token = await mailed(t, person.email, 1);
		await t.visitor().send("untrusted", verify(token, "&callbackURL=https%3A%2F%2Fevil.example"));
		await t.visitor().send("two slashes", verify(token, "&callbackURL=%2F%2Fevil.example"));
		const { json } = await browser.ask("GET /get-session");
		t.fact("the address is not verified", json?.user.emailVerified === false);
	},

	"verify-email/used twice succeeds and does nothing": async (t) => {
		const { person } = await t.member();
		const token = await mailed(t, person.email, 1);
		await t.visitor().ask(verify(token));
		const second = t.visitor();
		await second.send("again", verify(token));
		await second.send("session", "GET /get-session");
		await t.visitor().send("again with a callback", verify(token, "&callbackURL=%2Fin"));
	},

	"verify-email/of the signed-in user": async (t) => {
		const { person, browser } = await t.member();
		await browser.send("verify", verify(await mailed(t, person.email, 1)));
		await browser.send("session", "GET /get-session");
	},

	"verify-email/in the browser of another user": async (t) => {
		const { person } = await t.member();
		const bob = await t.member("bob");
		await bob.browser.send("verify", verify(await mailed(t, person.email, 1)));
		await bob.browser.send("session", "GET /get-session");
	},

	"verify-email/refuses wrong tokens": async (t) => {
		const { person } = await t.member();
		const token = await mailed(t, person.email, 1);
		const changed = `${token.slice(0, -4)}${token.endsWith("AAAA") ? "BBBB" : "AAAA"}`;
		const unsigned = `${encoded({ alg: "none" })}.${encoded({ email: person.email })}.`;
		t.names.add(changed, "<changed token>");
		t.names.add(unsigned, "<unsigned token>");
		for (const [step, wrong] of [["no token of ours", "wrong"], ["changed", changed], ["unsigned", unsigned], ["empty", ""]]) {
			await t.visitor().send(step, verify(wrong));
			await t.visitor().send(`${step}, with a callback`, verify(wrong, "&callbackURL=http%3A%2F%2Flocalhost%3A3001%2Fin%3Fa%3Db"));
		}
		await t.visitor().send("none", "GET /verify-email");
		await t.visitor().send("two", verify("a", "&token=b"));
	},
};

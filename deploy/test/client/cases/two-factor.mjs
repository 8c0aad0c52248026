/** POST /two-factor/…, and the sign-ins that it finishes */
import { createHmac } from "node:crypto";

const ENABLE = "POST /two-factor/enable";
const DISABLE = "POST /two-factor/disable";
const TOTP = "POST /two-factor/verify-totp";
const OTP = "POST /two-factor/verify-otp";
const SEND = "POST /two-factor/send-otp";
const BACKUP = "POST /two-factor/verify-backup-code";
const SIGN_IN = "POST /sign-in/email";
const STEP_MS = 30_000;

/** What an app shows for a secret, `offset` time steps from now: a step counts once here, so a case uses each once. */
async function shown(secret, offset = 0) {
	const left = STEP_MS - (Date.now() % STEP_MS);
	if (left < 3000) await new Promise((resolve) => setTimeout(resolve, left)); // the step must not end on the way
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + offset));
	const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function fromBase32(text) {
	const bits = [...text].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
	return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

const secretOf = (uri) => new URL(uri).searchParams.get("secret");

/** An answer without what is new each time: the secret keeps its length, backup codes their form. */
function arrange(body) {
	if (!body) return body;
	const stable = { ...body };
	if (body.totpURI) stable.totpURI = body.totpURI.replace(secretOf(body.totpURI), `<secret of ${secretOf(body.totpURI).length}>`);
	if (body.backupCodes) stable.backupCodes = body.backupCodes.map((code) => code.replace(/[A-Za-z0-9]/g, "x"));
	return stable;
}

/** A member with an authenticator, without a trace in the transcript; the step before this one is used up. */
async function enrolled(t, name, fields = {}) {
	const member = await t.member(name);
	const { password } = member.person;
	const { totpURI, backupCodes } = await t.must(member.browser.ask(ENABLE, { json: { password, ...fields } }));
	const secret = secretOf(totpURI);
	await t.must(member.browser.ask(TOTP, { json: { code: await shown(secret, -1) } }));
	return { ...member, secret, backupCodes };
}

/** A new browser whose sign-in waits for the second factor. */
async function asked(t, { person }, fields = {}) {
	const browser = t.visitor();
	await t.must(browser.ask(SIGN_IN, { json: { email: person.email, password: person.password, ...fields } }));
	return browser;
}

async function mailed(t, email, count) {
	const code = (await t.mails(email, count)).find((mail) => mail.code)?.code;
	return code ?? mailed(t, email, count + 1); // ours tells of new browsers too, which may come in between
}
const WRONG = "aaaaa-bbbbb";

export const twoFactor = {
	"two-factor/enrols an authenticator": async (t) => {
		const { person, browser } = await t.member();
		const { json } = await browser.send("enable", ENABLE, { json: { password: person.password }, arrange });
		await browser.send("session before a code was seen", "GET /get-session");
		await t.visitor().send("sign in before a code was seen", SIGN_IN, { json: person });
		await browser.send("a wrong code", TOTP, { json: { code: "no code" } });
		const { json: verified } = await browser.send("verify", TOTP, { json: { code: await shown(secretOf(json.totpURI)) } });
		await browser.send("session", "GET /get-session");
		const old = await t.visitor().ask("GET /get-session", { headers: { authorization: `Bearer ${verified.token}` } });
		t.fact("the token in the answer is worth nothing", old.json === null);
		await browser.send("enable again", ENABLE, { json: { password: person.password } });
	},

	"two-factor/enrols with an issuer of one's own": async (t) => {
		const { person, browser } = await t.member();
		await browser.send("enable", ENABLE, { json: { password: person.password, issuer: "My App & Co" }, arrange });
		await browser.send("replace what was not seen yet", ENABLE, { json: { password: person.password, method: "totp" }, arrange });
		await browser.send("the URI once more", "POST /two-factor/get-totp-uri", { json: { password: person.password }, arrange });
	},

	"two-factor/turns mailed codes on": async (t) => {
		const member = await t.member();
		const { person, browser } = member;
		await browser.send("enable", ENABLE, { json: { password: person.password, method: "otp" } });
		await browser.send("session", "GET /get-session");
		await t.visitor().send("sign in", SIGN_IN, { json: person });
		await browser.send("backup codes", "POST /two-factor/generate-backup-codes", { json: { password: person.password } });
		const other = await asked(t, member);
		await other.send("a backup code", BACKUP, { json: { code: WRONG } });
		await other.send("an authenticator", TOTP, { json: { code: "000000" } });
		const { json } = await browser.send("an authenticator beside it", ENABLE, { json: { password: person.password }, arrange });
		await browser.send("its code", TOTP, { json: { code: await shown(secretOf(json.totpURI)) } });
		await t.visitor().send("sign in with both", SIGN_IN, { json: person });
	},

	"two-factor/turns mailed codes on by a mailed code": async (t) => {
		const { person, browser } = await t.member();
		await t.mails(person.email, 1);
		await browser.send("send", SEND);
		const code = await t.code("mail", person.email, 2);
		await browser.send("verify", OTP, { json: { code } });
		await browser.send("session", "GET /get-session");
	},

	"two-factor/works by the client": async (t) => {
		const { person, browser } = await t.member();
		const { email, password } = person;
		const { data } = await browser.call("enable", "twoFactor.enable", (client) => client.twoFactor.enable({ password }), { arrange });
		const secret = secretOf(data.totpURI);
		const first = await shown(secret, -1);
		await browser.call("verify", "twoFactor.verifyTotp", (client) => client.twoFactor.verifyTotp({ code: first }), { hide: ["code"] });
		await browser.call("the URI", "twoFactor.getTotpUri", (client) => client.twoFactor.getTotpUri({ password }), { arrange });
		const codes = await browser.call("new codes", "twoFactor.generateBackupCodes", (client) => client.twoFactor.generateBackupCodes({ password }), { arrange });
		const other = t.visitor();
		await other.call("sign in", "signIn.email", (client) => client.signIn.email({ email, password }));
		await other.call("a wrong code", "twoFactor.verifyTotp", (client) => client.twoFactor.verifyTotp({ code: "no code" }));
		const second = await shown(secret);
		await other.call("a code", "twoFactor.verifyTotp", (client) => client.twoFactor.verifyTotp({ code: second, trustDevice: true }), { hide: ["code"] });
		await other.call("session", "getSession", (client) => client.getSession());
		const third = t.visitor();
		await third.call("sign in again", "signIn.email", (client) => client.signIn.email({ email, password }));
		await t.mails(email, 1);
		await third.call("send", "twoFactor.sendOtp", (client) => client.twoFactor.sendOtp());
		const code = await mailed(t, email, 2);
		await third.call("a mailed code", "twoFactor.verifyOtp", (client) => client.twoFactor.verifyOtp({ code }), { hide: ["code"] });
		const fourth = t.visitor();
		await fourth.call("sign in once more", "signIn.email", (client) => client.signIn.email({ email, password }));
		const [backup] = codes.data.backupCodes;
		await fourth.call("a backup code", "twoFactor.verifyBackupCode", (client) => client.twoFactor.verifyBackupCode({ code: backup }), { hide: ["code"] });
		await fourth.call("disable", "twoFactor.disable", (client) => client.twoFactor.disable({ password }));
	},

	"two-factor/asks at a sign-in by mail address": async (t) => {
		const member = await enrolled(t);
		const browser = t.visitor();
		await browser.send("sign in", SIGN_IN, { json: { ...member.person, callbackURL: "/home" } });
		await browser.send("session", "GET /get-session");
		await browser.send("verify", TOTP, { json: { code: await shown(member.secret) } });
		await browser.send("session after it", "GET /get-session");
		await browser.send("the challenge again", TOTP, { json: { code: await shown(member.secret, 1) } });
	},

	"two-factor/asks at a sign-in by username": async (t) => {
		const username = `ada_${Date.now().toString(36)}${Math.floor(Math.random() * 1e6)}`;
		t.names.add(username, "<username>");
		const person = t.person();
		const browser = t.visitor();
		const signedUp = await t.must(browser.ask("POST /sign-up/email", { json: { ...person, username } }));
		t.names.add(signedUp.user.id, "<ada's id>");
		const { totpURI } = await t.must(browser.ask(ENABLE, { json: { password: person.password } }));
		await t.must(browser.ask(TOTP, { json: { code: await shown(secretOf(totpURI), -1) } }));
		const other = t.visitor();
		await other.send("sign in", "POST /sign-in/username", { json: { username, password: person.password } });
		await other.send("verify", TOTP, { json: { code: await shown(secretOf(totpURI)) } });
	},

	"two-factor/asks at a sign-in by phone number": async (t) => {
		const phoneNumber = `+49${String(Math.floor(Math.random() * 1e10)).padStart(10, "0")}`;
		t.names.add(phoneNumber, "<phone number>");
		const { person, browser } = await t.member();
		const { password } = person;
		await t.must(browser.ask("POST /phone-number/send-otp", { json: { phoneNumber } }));
		const code = await mailed(t, phoneNumber, 1);
		await t.must(browser.ask("POST /phone-number/verify", { json: { phoneNumber, code, updatePhoneNumber: true } }));
		const { totpURI } = await t.must(browser.ask(ENABLE, { json: { password } }));
		await t.must(browser.ask(TOTP, { json: { code: await shown(secretOf(totpURI), -1) } }));
		const other = t.visitor();
		await other.send("sign in", "POST /sign-in/phone-number", { json: { phoneNumber, password } });
		await other.send("verify", TOTP, { json: { code: await shown(secretOf(totpURI)) } });
	},

	"two-factor/asks after a mailed link": async (t) => {
		const member = await t.member();
		const { person, browser } = member;
		const [{ links }] = await t.mails(person.email, 1);
		const { totpURI } = await t.must(browser.ask(ENABLE, { json: { password: person.password } }));
		await t.must(browser.ask(TOTP, { json: { code: await shown(secretOf(totpURI), -1) } }));
		const token = new URL(links[0]).searchParams.get("token");
		t.names.add(token, "<mailed token>");
		const other = t.visitor({ origin: null });
		await other.send("follow", `GET /verify-email?token=${token}&callbackURL=%2Fin`);
		await other.send("session", "GET /get-session");
	},

	"two-factor/keeps a session from being remembered": async (t) => {
		const member = await enrolled(t);
		const browser = t.visitor();
		await browser.send("sign in", SIGN_IN, { json: { ...member.person, rememberMe: false } });
		await browser.send("verify", BACKUP, { json: { code: member.backupCodes[0] } });
		await browser.send("session", "GET /get-session");
	},

	"two-factor/takes a mailed code": async (t) => {
		const member = await enrolled(t);
		const browser = await asked(t, member);
		await browser.send("before one was sent", OTP, { json: { code: "000000" } });
		await browser.send("send", SEND, { json: { trustDevice: true } });
		const code = await t.code("mail", member.person.email, 2);
		await browser.send("a wrong one", OTP, { json: { code: `${code}0` } });
		await browser.send("the right one", OTP, { json: { code } });
	},

	"two-factor/ends a mailed code after five wrong ones": async (t) => {
		const member = await enrolled(t);
		const browser = await asked(t, member);
		await t.must(browser.ask(SEND, { json: {} }));
		for (const attempt of ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]) {
			await browser.send(attempt, OTP, { json: { code: "no code" } });
		}
	},

	"two-factor/takes a backup code once": async (t) => {
		const member = await enrolled(t);
		const [first, second] = member.backupCodes;
		const browser = await asked(t, member);
		await browser.send("a wrong one", BACKUP, { json: { code: WRONG } });
		await browser.send("without its dash", BACKUP, { json: { code: first.replace("-", "") } });
		await browser.send("the right one", BACKUP, { json: { code: first } });
		const other = await asked(t, member);
		await other.send("again", BACKUP, { json: { code: first } });
		await other.send("another, checked only", BACKUP, { json: { code: second, disableSession: true } });
		await browser.send("while signed in", BACKUP, { json: { code: second } });
	},

	"two-factor/replaces backup codes": async (t) => {
		const member = await enrolled(t);
		const { browser, person } = member;
		await browser.send("wrong password", "POST /two-factor/generate-backup-codes", { json: { password: "wrong password" } });
		const { json } = await browser.send("generate", "POST /two-factor/generate-backup-codes", { json: { password: person.password }, arrange });
		const other = await asked(t, member);
		await other.send("an old one", BACKUP, { json: { code: member.backupCodes[0] } });
		await other.send("a new one", BACKUP, { json: { code: json.backupCodes[9] } });
	},

	"two-factor/ends a challenge after five wrong codes": async (t) => {
		const member = await enrolled(t);
		const browser = await asked(t, member);
		for (const attempt of ["first", "second", "third"]) await browser.send(attempt, TOTP, { json: { code: "no code" } });
		for (const attempt of ["fourth", "fifth", "sixth", "seventh"]) await browser.send(attempt, BACKUP, { json: { code: WRONG } });
	},

	"two-factor/locks the account after ten wrong codes": async (t) => {
		const member = await enrolled(t);
		for (const round of [1, 2]) {
			const browser = await asked(t, member);
			for (let attempt = 0; attempt < 5; attempt++) await browser.ask(BACKUP, { json: { code: WRONG } });
			t.fact(`the cookie is left after round ${round}`, browser.jar.header().includes("two_factor"));
		}
		const browser = await asked(t, member);
		await browser.send("a right code", BACKUP, { json: { code: member.backupCodes[0] } });
		await browser.send("an authenticator", TOTP, { json: { code: await shown(member.secret) } });
		await browser.send("a mailed code", OTP, { json: { code: "000000" } });
	},

	"two-factor/spares a trusted browser": async (t) => {
		const member = await enrolled(t);
		const { person, backupCodes } = member;
		const browser = await asked(t, member, { rememberMe: false });
		await browser.send("verify", BACKUP, { json: { code: backupCodes[0], trustDevice: true } });
		const thief = browser.copy();
		await browser.ask("POST /sign-out", { json: {} });
		await browser.send("sign in", SIGN_IN, { json: person });
		await thief.ask("POST /sign-out", { json: {} });
		await thief.send("sign in with what was rotated away", SIGN_IN, { json: person });
		const stranger = await enrolled(t, "bob");
		await browser.ask("POST /sign-out", { json: {} });
		await browser.send("another user in it", SIGN_IN, { json: stranger.person });
	},

	"two-factor/disables": async (t) => {
		const member = await enrolled(t);
		const { person, browser } = member;
		await browser.send("wrong password", DISABLE, { json: { password: "wrong password" } });
		await browser.send("disable", DISABLE, { json: { password: person.password } });
		await browser.send("session", "GET /get-session");
		await t.visitor().send("sign in", SIGN_IN, { json: person });
		await browser.send("again", DISABLE, { json: { password: person.password } });
		await browser.send("the URI", "POST /two-factor/get-totp-uri", { json: { password: person.password } });
	},

	"two-factor/disables in a trusted browser": async (t) => {
		const member = await enrolled(t);
		const browser = await asked(t, member);
		await t.must(browser.ask(BACKUP, { json: { code: member.backupCodes[0], trustDevice: true } }));
		await browser.send("disable", DISABLE, { json: { password: member.person.password } });
	},

	"two-factor/changes what other sessions are worth": async (t) => {
		const member = await t.member();
		const other = await t.again(member, "another browser");
		const { totpURI } = await t.must(member.browser.ask(ENABLE, { json: { password: member.person.password } }));
		await t.must(member.browser.ask(TOTP, { json: { code: await shown(secretOf(totpURI), -1) } }));
		await other.browser.send("a session from before", "GET /get-session");
	},

	"two-factor/takes a time step once": async (t) => {
		const member = await enrolled(t);
		const code = await shown(member.secret);
		const [first, second] = [await asked(t, member), await asked(t, member)];
		await t.must(first.ask(TOTP, { json: { code } }));
		await second.send("again", TOTP, { json: { code } });
	},

	"two-factor/verifies who is signed in": async (t) => {
		const member = await enrolled(t);
		const { browser } = member;
		await browser.send("a wrong code", TOTP, { json: { code: "no code" } });
		await browser.send("a code", TOTP, { json: { code: await shown(member.secret), trustDevice: true } });
		await browser.send("a backup code, checked only", BACKUP, { json: { code: member.backupCodes[0], disableSession: true } });
		await browser.send("send", SEND, { json: {} });
		await browser.send("a mailed code", OTP, { json: { code: await mailed(t, member.person.email, 2) } });
	},

	"two-factor/refuses who has none": async (t) => {
		const { person, browser } = await t.member();
		const { password } = person;
		await browser.send("enable with a wrong password", ENABLE, { json: { password: "wrong password" } });
		await browser.send("the URI", "POST /two-factor/get-totp-uri", { json: { password } });
		await browser.send("new backup codes", "POST /two-factor/generate-backup-codes", { json: { password } });
		await browser.send("a code", TOTP, { json: { code: "000000" } });
		await browser.send("a mailed code", OTP, { json: { code: "000000" } });
		await browser.send("a backup code", BACKUP, { json: { code: WRONG } });
		await browser.send("disable", DISABLE, { json: { password } });
	},

	"two-factor/refuses who is neither signed in nor asked": async (t) => {
		for (const [step, what] of [["a code", TOTP], ["a mailed code", OTP], ["a backup code", BACKUP], ["send", SEND]]) {
			await t.visitor().send(step, what, { json: { code: "000000" } });
		}
		for (const [step, what] of [["enable", ENABLE], ["disable", DISABLE], ["the URI", "POST /two-factor/get-totp-uri"], ["new codes", "POST /two-factor/generate-backup-codes"]]) {
			await t.visitor().send(step, what, { json: { password: "correct horse battery" } });
		}
	},

	"two-factor/names the faults of the body": async (t) => {
		const { browser } = await t.member();
		for (const [step, what] of [["enable", ENABLE], ["disable", DISABLE], ["a code", TOTP], ["a mailed code", OTP], ["a backup code", BACKUP], ["send", SEND]]) {
			await browser.send(`${step}: no body`, what);
			await browser.send(`${step}: wrong types`, what, { json: { password: 1, method: "sms", issuer: 2, code: 3, trustDevice: "yes", disableSession: "no" } });
		}
		await browser.send("a method that is null", ENABLE, { json: { password: "x", method: null } });
	},
};

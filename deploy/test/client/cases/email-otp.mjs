/** Codes by mail: POST /email-otp/…, POST /sign-in/email-otp, POST /forget-password/email-otp */
const SEND = "POST /email-otp/send-verification-otp";
const CHECK = "POST /email-otp/check-verification-otp";
const VERIFY = "POST /email-otp/verify-email";
const SIGN_IN = "POST /sign-in/email-otp";
const REQUEST_RESET = "POST /email-otp/request-password-reset";
const OLD_REQUEST = "POST /forget-password/email-otp";
const RESET = "POST /email-otp/reset-password";
const REQUEST_CHANGE = "POST /email-otp/request-email-change";
const CHANGE = "POST /email-otp/change-email";
const FRESH = "another horse battery";

/** Asks for a code and answers it, without recording either. `count` is the number of mails by then. */
async function mailed(t, email, type, count) {
	await t.mails(email, count - 1);
	await t.must(t.visitor().ask(SEND, { json: { email, type } }));
	return (await t.mails(email, count))[0].code;
}

/** Another code than this one. */
const wrong = (code) => (code === "000000" ? "111111" : "000000");

/** A member with a confirmed address; the mail of the sign-up is the first. */
async function confirmed(t, name) {
	const member = await t.member(name);
	const [{ links }] = await t.mails(member.person.email, 1);
	await t.must(t.visitor().ask(`GET /verify-email?token=${new URL(links[0]).searchParams.get("token")}`));
	return member;
}

export const sending = {
	"email-otp/mails a code for each purpose": async (t) => {
		const { person } = await t.member();
		let count = 1;
		for (const type of ["sign-in", "email-verification", "forget-password"]) {
			await t.mails(person.email, count);
			await t.visitor().send(type, SEND, { json: { email: person.email, type } });
			await t.code(`mail for ${type}`, person.email, ++count);
		}
		await t.visitor().send("capitals", SEND, { json: { email: person.email.toUpperCase(), type: "sign-in" } });
		await t.code("mail to capitals", person.email, ++count);
	},

	"email-otp/works by the client": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		const browser = t.visitor();
		const { email } = person;
		await browser.call("send", "emailOtp.sendVerificationOtp", (client) => client.emailOtp.sendVerificationOtp({ email, type: "sign-in" }));
		const otp = await t.code("mail", email, 2);
		t.names.add(otp, "<otp>");
		const arrange = (data) => data;
		await browser.call("check", "emailOtp.checkVerificationOtp", (client) => client.emailOtp.checkVerificationOtp({ email, type: "sign-in", otp: "x" }), { arrange });
	},

	"email-otp/answers a known and an unknown address alike": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		const nobody = t.person("nobody");
		for (const type of ["email-verification", "forget-password"]) {
			const known = await t.visitor().send(`${type}: known`, SEND, { json: { email: person.email, type } });
			const unknown = await t.visitor().send(`${type}: unknown`, SEND, { json: { email: nobody.email, type } });
			t.fact(`${type}: both answers are the same`, known.status === unknown.status && known.text === unknown.text);
		}
		await t.mails(person.email, 3);
		t.fact("nothing is mailed to the unknown", (await t.mails(nobody.email, 0)).length === 0);
	},

	"email-otp/names the faults of a request": async (t) => {
		for (const [step, json] of [
			["nothing in it", {}],
			["no address", { email: "ada", type: "sign-in" }],
			["wrong types", { email: 1, type: 2 }],
			["another purpose", { email: "ada@example.com", type: "anything" }],
			["the purpose that is not for this", { email: "ada@example.com", type: "change-email" }],
		]) {
			await t.visitor().send(step, SEND, { json });
		}
		await t.visitor().send("a form", SEND, { form: { email: "ada@example.com", type: "sign-in" } });
		const from = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
		await t.visitor({ origin: null }).send("a form of another site", SEND, { json: { email: "ada@example.com", type: "sign-in" }, headers: from });
	},
};

export const checking = {
	"email-otp check/does not use the code up": async (t) => {
		const { person } = await t.member();
		const otp = await mailed(t, person.email, "forget-password", 2);
		const json = { email: person.email, type: "forget-password", otp };
		await t.visitor().send("first", CHECK, { json });
		await t.visitor().send("second", CHECK, { json });
		await t.visitor().send("in capitals", CHECK, { json: { ...json, email: person.email.toUpperCase() } });
		await t.visitor().send("of another purpose", CHECK, { json: { ...json, type: "sign-in" } });
	},

	"email-otp check/ends a code after three wrong tries": async (t) => {
		const { person } = await t.member();
		const otp = await mailed(t, person.email, "sign-in", 2);
		const json = { email: person.email, type: "sign-in", otp: wrong(otp) };
		for (const step of ["first", "second", "third", "fourth", "fifth"]) await t.visitor().send(step, CHECK, { json });
		await t.visitor().send("the right one comes too late", CHECK, { json: { ...json, otp } });
	},

	"email-otp check/refuses the right code after three wrong ones": async (t) => {
		const { person } = await t.member();
		const otp = await mailed(t, person.email, "sign-in", 2);
		const json = { email: person.email, otp };
		for (const step of ["first", "second", "third"]) await t.visitor().send(step, SIGN_IN, { json: { ...json, otp: wrong(otp) } });
		await t.visitor().send("the right one", SIGN_IN, { json });
		await t.visitor().send("once more", SIGN_IN, { json });
	},

	"email-otp check/lets two wrong ones pass": async (t) => {
		const { person } = await t.member();
		const otp = await mailed(t, person.email, "sign-in", 2);
		const json = { email: person.email, type: "sign-in", otp };
		for (const step of ["first", "second"]) await t.visitor().send(step, CHECK, { json: { ...json, otp: wrong(otp) } });
		await t.visitor().send("the right one", CHECK, { json });
	},

	"email-otp check/knows nothing of a code that was not sent": async (t) => {
		const { person } = await t.member();
		const nobody = t.person("nobody");
		for (const [step, email] of [["known", person.email], ["unknown", nobody.email], ["no address", "ada"]]) {
			await t.visitor().send(step, CHECK, { json: { email, type: "sign-in", otp: "123456" } });
		}
		await t.visitor().send("nothing in it", CHECK, { json: {} });
		await t.visitor().send("wrong types", CHECK, { json: { email: 1, type: 2, otp: 3 } });
	},

	"email-otp check/of somebody who has no account yet": async (t) => {
		const nobody = t.person("nobody");
		const otp = await mailed(t, nobody.email, "sign-in", 1);
		await t.visitor().send("check", CHECK, { json: { email: nobody.email, type: "sign-in", otp } });
	},

	"email-otp check/a newer code replaces the older": async (t) => {
		const { person } = await t.member();
		const older = await mailed(t, person.email, "sign-in", 2);
		let newer = older;
		for (let count = 3; newer === older; count++) newer = await mailed(t, person.email, "sign-in", count);
		const json = { email: person.email, type: "sign-in" };
		await t.visitor().send("older", CHECK, { json: { ...json, otp: older } });
		await t.visitor().send("newer", CHECK, { json: { ...json, otp: newer } });
	},

	"email-otp check/takes digits as they were mailed": async (t) => {
		const { person } = await t.member();
		const otp = await mailed(t, person.email, "sign-in", 2);
		const json = { email: person.email, type: "sign-in" };
		await t.visitor().send("a space before", CHECK, { json: { ...json, otp: ` ${otp}` } });
		await t.visitor().send("a space within", CHECK, { json: { ...json, otp: `${otp.slice(0, 3)} ${otp.slice(3)}` } });
		await t.visitor().send("a number", CHECK, { json: { ...json, otp: Number(otp) } });
		await t.visitor().send("as it was", CHECK, { json: { ...json, otp } });
	},
};

export const signingIn = {
	"sign-in with a mailed code/signs in": async (t) => {
		const { person } = await confirmed(t);
		const otp = await mailed(t, person.email, "sign-in", 2);
		const browser = t.visitor();
		await browser.send("sign in", SIGN_IN, { json: { email: person.email.toUpperCase(), otp } });
		await browser.send("session", "GET /get-session");
		await t.visitor().send("again", SIGN_IN, { json: { email: person.email, otp } });
		await t.visitor().send("the password works as before", "POST /sign-in/email", { json: person });
	},

	"sign-in with a mailed code/works by the client": async (t) => {
		const { person } = await confirmed(t);
		const otp = await mailed(t, person.email, "sign-in", 2);
		const browser = t.visitor();
		await browser.ask("GET /ok");
		const { data } = await browser.call("wrong", "signIn.emailOtp", (client) => client.signIn.emailOtp({ email: person.email, otp: "x" }));
		t.fact("a wrong code signs nobody in", data === null);
		const { json } = await browser.ask(SIGN_IN, { json: { email: person.email, otp } });
		t.fact("the right one does", json?.user?.email === person.email);
	},

	"sign-in with a mailed code/makes an account": async (t) => {
		const { email } = t.person();
		const otp = await mailed(t, email, "sign-in", 1);
		const browser = t.visitor();
		const image = "https://example.com/ada.png";
		await browser.send("sign up", SIGN_IN, { json: { email, otp, name: "Ada", image, emailVerified: false, anything: 1 } });
		await browser.send("session", "GET /get-session");
		await browser.send("it has no password", "POST /sign-in/email", { json: { email, password: "correct horse battery" } });
	},

	"sign-in with a mailed code/makes an account without a name": async (t) => {
		const { email } = t.person();
		await t.visitor().send("sign up", SIGN_IN, { json: { email, otp: await mailed(t, email, "sign-in", 1) } });
	},

	"sign-in with a mailed code/refuses fields that are not to be set": async (t) => {
		for (const [step, more] of [["role", { role: "admin" }], ["phone number", { phoneNumber: "+15550100" }]]) {
			const { email } = t.person();
			await t.visitor().send(step, SIGN_IN, { json: { email, otp: await mailed(t, email, "sign-in", 1), ...more } });
		}
	},

	"sign-in with a mailed code/takes an unconfirmed account from whoever made it": async (t) => {
		const ada = await t.member();
		const otp = await mailed(t, ada.person.email, "sign-in", 2);
		const owner = t.visitor();
		await owner.send("the owner of the address", SIGN_IN, { json: { email: ada.person.email, otp } });
		await ada.browser.send("session of who made the account", "GET /get-session");
		await t.visitor().send("password of who made the account", "POST /sign-in/email", { json: ada.person });
		await owner.send("session of the owner", "GET /get-session");
	},

	"sign-in with a mailed code/refuses codes of other purposes": async (t) => {
		const { person } = await confirmed(t);
		let count = 2;
		for (const type of ["email-verification", "forget-password"]) {
			const otp = await mailed(t, person.email, type, count++);
			await t.visitor().send(type, SIGN_IN, { json: { email: person.email, otp } });
		}
	},

	"sign-in with a mailed code/names the faults of the body": async (t) => {
		await t.visitor().send("nothing in it", SIGN_IN, { json: {} });
		await t.visitor().send("wrong types", SIGN_IN, { json: { email: 1, otp: 2, name: 3, image: null } });
		await t.visitor().send("no address", SIGN_IN, { json: { email: "ada", otp: "123456" } });
		await t.visitor().send("no body", SIGN_IN);
	},
};

export const verifying = {
	"verify-email with a mailed code/confirms the address and signs in": async (t) => {
		const ada = await t.member();
		const otp = await mailed(t, ada.person.email, "email-verification", 2);
		const browser = t.visitor();
		await browser.send("wrong", VERIFY, { json: { email: ada.person.email, otp: wrong(otp) } });
		await browser.send("verify", VERIFY, { json: { email: ada.person.email, otp } });
		await browser.send("session", "GET /get-session");
		await browser.send("again", VERIFY, { json: { email: ada.person.email, otp } });
		await t.visitor().send("the password works as before", "POST /sign-in/email", { json: ada.person });
	},

	"verify-email with a mailed code/of the signed-in user": async (t) => {
		const { person, browser } = await t.member();
		const otp = await mailed(t, person.email, "email-verification", 2);
		await browser.send("verify", VERIFY, { json: { email: person.email, otp } });
	},

	"verify-email with a mailed code/names the faults of the body": async (t) => {
		await t.visitor().send("nothing in it", VERIFY, { json: {} });
		await t.visitor().send("no address", VERIFY, { json: { email: "ada", otp: "123456" } });
		await t.visitor().send("unknown", VERIFY, { json: { email: t.person("nobody").email, otp: "123456" } });
	},
};

export const resetting = {
	"reset-password with a mailed code/sets the password and ends all sessions": async (t) => {
		const ada = await t.member();
		await t.mails(ada.person.email, 1);
		await t.visitor().send("ask", REQUEST_RESET, { json: { email: ada.person.email } });
		const otp = await t.code("mail", ada.person.email, 2);
		const json = { email: ada.person.email, otp, password: FRESH };
		await t.visitor().send("short", RESET, { json: { ...json, password: "short" } });
		await t.visitor().send("long", RESET, { json: { ...json, password: "x".repeat(129) } });
		await t.visitor().send("wrong", RESET, { json: { ...json, otp: wrong(otp) } });
		await t.visitor().send("reset", RESET, { json });
		await ada.browser.send("session", "GET /get-session");
		await t.visitor().send("old password", "POST /sign-in/email", { json: ada.person });
		await t.visitor().send("new password", "POST /sign-in/email", { json: { ...ada.person, password: FRESH } });
		await t.visitor().send("again", RESET, { json });
	},

	"reset-password with a mailed code/by the older name": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		await t.visitor().send("ask", OLD_REQUEST, { json: { email: person.email } });
		await t.code("mail", person.email, 2);
		await t.visitor().send("unknown", OLD_REQUEST, { json: { email: t.person("nobody").email } });
		await t.visitor().send("no address", OLD_REQUEST, { json: { email: "ada" } });
	},

	"reset-password with a mailed code/gives a password to who has none": async (t) => {
		const person = t.person();
		await t.must(t.visitor().ask(SIGN_IN, { json: { email: person.email, otp: await mailed(t, person.email, "sign-in", 1) } }));
		const otp = await mailed(t, person.email, "forget-password", 2);
		await t.visitor().send("reset", RESET, { json: { email: person.email, otp, password: FRESH } });
		await t.visitor().send("sign in", "POST /sign-in/email", { json: { email: person.email, password: FRESH } });
	},

	"reset-password with a mailed code/works by the client": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		const { email } = person;
		await t.visitor().call("ask", "emailOtp.requestPasswordReset", (client) => client.emailOtp.requestPasswordReset({ email }));
		await t.code("mail", email, 2);
		await t.visitor().call("wrong", "emailOtp.resetPassword", (client) => client.emailOtp.resetPassword({ email, otp: "x", password: FRESH }));
	},

	"reset-password with a mailed code/answers a known and an unknown address alike": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		const nobody = t.person("nobody");
		for (const [step, email] of [["known", person.email], ["unknown", nobody.email]]) {
			await t.visitor().send(`${step}: ask`, REQUEST_RESET, { json: { email } });
			for (const nth of ["first", "second", "third", "fourth", "fifth"]) {
				await t.visitor().send(`${step}: ${nth}`, RESET, { json: { email, otp: "wrong", password: FRESH } });
			}
		}
	},

	"reset-password with a mailed code/names the faults of the body": async (t) => {
		await t.visitor().send("ask for nothing", REQUEST_RESET, { json: {} });
		await t.visitor().send("ask for no address", REQUEST_RESET, { json: { email: "ada" } });
		await t.visitor().send("nothing in it", RESET, { json: {} });
		await t.visitor().send("no address", RESET, { json: { email: "ada", otp: "123456", password: "short" } });
	},
};

export const changing = {
	"change-email with a mailed code/changes the address": async (t) => {
		const ada = await confirmed(t);
		const { email: to } = t.person("new");
		await ada.browser.send("ask", REQUEST_CHANGE, { json: { newEmail: to.toUpperCase() } });
		const otp = await t.code("mail", to, 1);
		await ada.browser.send("wrong", CHANGE, { json: { newEmail: to, otp: wrong(otp) } });
		await ada.browser.send("change", CHANGE, { json: { newEmail: to, otp } });
		await ada.browser.send("session", "GET /get-session");
		await ada.browser.send("again", CHANGE, { json: { newEmail: to, otp } });
		await t.visitor().send("sign in with the old address", "POST /sign-in/email", { json: ada.person });
		await t.visitor().send("sign in with the new one", "POST /sign-in/email", { json: { ...ada.person, email: to } });
	},

	"change-email with a mailed code/works by the client": async (t) => {
		const { browser } = await t.member();
		const { email: newEmail } = t.person("new");
		await browser.call("ask", "emailOtp.requestEmailChange", (client) => client.emailOtp.requestEmailChange({ newEmail }));
		await t.code("mail", newEmail, 1);
		await browser.call("wrong", "emailOtp.changeEmail", (client) => client.emailOtp.changeEmail({ newEmail, otp: "x" }));
	},

	"change-email with a mailed code/tells nobody that an address is taken": async (t) => {
		const { browser } = await t.member();
		const bob = await t.member("bob");
		await t.mails(bob.person.email, 1);
		await browser.send("taken", REQUEST_CHANGE, { json: { newEmail: bob.person.email } });
		await browser.send("a guess", CHANGE, { json: { newEmail: bob.person.email, otp: "123456" } });
		t.fact("bob gets no code", (await t.mails(bob.person.email, 1)).length === 1);
	},

	"change-email with a mailed code/refuses an address that was taken meanwhile": async (t) => {
		const { browser } = await t.member();
		const bob = t.person("bob");
		await t.must(browser.ask(REQUEST_CHANGE, { json: { newEmail: bob.email } }));
		const [{ code: otp }] = await t.mails(bob.email, 1);
		await t.must(t.visitor().ask("POST /sign-up/email", { json: bob }));
		await browser.send("change", CHANGE, { json: { newEmail: bob.email, otp } });
	},

	"change-email with a mailed code/refuses another user's code": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		const { email: newEmail } = t.person("new");
		await t.must(ada.browser.ask(REQUEST_CHANGE, { json: { newEmail } }));
		const [{ code: otp }] = await t.mails(newEmail, 1);
		await bob.browser.send("bob", CHANGE, { json: { newEmail, otp } });
		await t.visitor().send("nobody", CHANGE, { json: { newEmail, otp } });
	},

	"change-email with a mailed code/names the faults of the body": async (t) => {
		const { browser, person } = await t.member();
		for (const [who, visitor] of [["member", browser], ["nobody", t.visitor()]]) {
			for (const [what, path] of [["ask", REQUEST_CHANGE], ["change", CHANGE]]) {
				await visitor.send(`${who}, ${what}: nothing in it`, path, { json: {} });
				await visitor.send(`${who}, ${what}: no address`, path, { json: { newEmail: "ada", otp: "1" } });
				await visitor.send(`${who}, ${what}: the same`, path, { json: { newEmail: person.email, otp: "1" } });
			}
		}
	},
};

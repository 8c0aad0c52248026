/** POST /sign-in/phone-number, POST /phone-number/… */
import { randomInt } from "node:crypto";

const SIGN_IN = "POST /sign-in/phone-number";
const SEND = "POST /phone-number/send-otp";
const VERIFY = "POST /phone-number/verify";
const REQUEST_RESET = "POST /phone-number/request-password-reset";
const RESET = "POST /phone-number/reset-password";
const FRESH = "another horse battery";

/** A number that nobody had before. */
function numberOf(t, name = "number") {
	const number = `+1555${String(randomInt(1e9)).padStart(9, "0")}`;
	t.names.add(number, `<${name}>`);
	t.names.add(number.slice(1), `<digits of ${name}>`);
	return number;
}

const wrong = (code) => (code === "000000" ? "111111" : "000000");

/** Asks for a code without recording it; answers it. `count` is the number of messages by then. */
async function sent(t, phoneNumber, count = 1) {
	await t.must(t.visitor().ask(SEND, { json: { phoneNumber } }));
	return (await t.mails(phoneNumber, count))[0].code;
}

/** A member who has added a number. Answers {person, browser, number}. */
async function withNumber(t) {
	const member = await t.member();
	const number = numberOf(t);
	await t.must(member.browser.ask(VERIFY, { json: { phoneNumber: number, code: await sent(t, number), updatePhoneNumber: true } }));
	return { ...member, number };
}

export const sending = {
	"phone-number/sends a code": async (t) => {
		const phoneNumber = numberOf(t);
		await t.visitor().send("send", SEND, { json: { phoneNumber } });
		await t.code("message", phoneNumber, 1);
		await t.visitor().call("send by the client", "phoneNumber.sendOtp", (client) => client.phoneNumber.sendOtp({ phoneNumber }));
		await t.code("another message", phoneNumber, 2);
	},

	"phone-number/names the faults of the body": async (t) => {
		for (const path of [SEND, VERIFY, REQUEST_RESET, RESET, SIGN_IN]) {
			await t.visitor().send(`${path}: nothing in it`, path, { json: {} });
			await t.visitor().send(`${path}: wrong types`, path, {
				json: { phoneNumber: 1, code: 2, otp: 3, newPassword: 4, password: 5, rememberMe: 6, disableSession: 7, updatePhoneNumber: 8 },
			});
			await t.visitor().send(`${path}: no body`, path);
		}
	},

	"phone-number/refuses what is no number": async (t) => {
		await t.visitor().send("send", SEND, { json: { phoneNumber: "not a number" } });
		await t.visitor().send("without the country", SEND, { json: { phoneNumber: "0155501001" } });
	},
};

export const verifying = {
	"phone-number/makes an account": async (t) => {
		const phoneNumber = numberOf(t);
		const browser = t.visitor();
		await browser.send("verify", VERIFY, { json: { phoneNumber, code: await sent(t, phoneNumber), name: "Ada", emailVerified: true } });
		await browser.send("session", "GET /get-session");
	},

	"phone-number/signs in": async (t) => {
		const phoneNumber = numberOf(t);
		await t.must(t.visitor().ask(VERIFY, { json: { phoneNumber, code: await sent(t, phoneNumber) } }));
		const code = await sent(t, phoneNumber, 2);
		const browser = t.visitor();
		await browser.send("verify", VERIFY, { json: { phoneNumber, code } });
		await browser.send("session", "GET /get-session");
		await t.visitor().send("again", VERIFY, { json: { phoneNumber, code } });
	},

	"phone-number/works by the client": async (t) => {
		const phoneNumber = numberOf(t);
		await t.must(t.visitor().ask(SEND, { json: { phoneNumber } }));
		await t.visitor().call("wrong", "phoneNumber.verify", (client) => client.phoneNumber.verify({ phoneNumber, code: "x" }));
	},

	"phone-number/opens no session where none is asked for": async (t) => {
		const phoneNumber = numberOf(t);
		const browser = t.visitor();
		await browser.send("verify", VERIFY, { json: { phoneNumber, code: await sent(t, phoneNumber), disableSession: true } });
		await browser.send("session", "GET /get-session");
	},

	"phone-number/ends a code after three wrong tries": async (t) => {
		const phoneNumber = numberOf(t);
		const code = await sent(t, phoneNumber);
		for (const step of ["first", "second", "third", "fourth", "fifth"]) {
			await t.visitor().send(step, VERIFY, { json: { phoneNumber, code: wrong(code) } });
		}
		await t.visitor().send("the right one comes too late", VERIFY, { json: { phoneNumber, code } });
	},

	"phone-number/knows nothing of a code that was not sent": async (t) => {
		await t.visitor().send("verify", VERIFY, { json: { phoneNumber: numberOf(t), code: "123456" } });
	},

	"phone-number/refuses fields that are not to be set": async (t) => {
		const phoneNumber = numberOf(t);
		await t.visitor().send("role", VERIFY, { json: { phoneNumber, code: await sent(t, phoneNumber), role: "admin" } });
	},

	"phone-number/is added to an account": async (t) => {
		const { browser } = await t.member();
		const phoneNumber = numberOf(t);
		await browser.send("add", VERIFY, { json: { phoneNumber, code: await sent(t, phoneNumber), updatePhoneNumber: true } });
		await browser.send("session", "GET /get-session");
		await browser.send("add it again", VERIFY, { json: { phoneNumber, code: await sent(t, phoneNumber, 2), updatePhoneNumber: true } });
	},

	"phone-number/is added by nobody": async (t) => {
		const phoneNumber = numberOf(t);
		await t.visitor().send("add", VERIFY, { json: { phoneNumber, code: await sent(t, phoneNumber), updatePhoneNumber: true } });
	},

	"phone-number/belongs to one user": async (t) => {
		const ada = await withNumber(t);
		const bob = await t.member("bob");
		const code = await sent(t, ada.number, 2);
		await bob.browser.send("bob adds it", VERIFY, { json: { phoneNumber: ada.number, code, updatePhoneNumber: true } });
	},
};

export const passwords = {
	"phone-number/signs in with a password": async (t) => {
		const { person, number: phoneNumber } = await withNumber(t);
		const browser = t.visitor();
		await browser.send("sign in", SIGN_IN, { json: { phoneNumber, password: person.password } });
		await browser.send("session", "GET /get-session");
		await t.visitor().send("not to be remembered", SIGN_IN, { json: { phoneNumber, password: person.password, rememberMe: false } });
		await t.visitor().send("wrong", SIGN_IN, { json: { phoneNumber, password: "wrong horse battery" } });
		await t.visitor().send("too long", SIGN_IN, { json: { phoneNumber, password: "x".repeat(129) } });
		await t.visitor().send("unknown number", SIGN_IN, { json: { phoneNumber: numberOf(t, "another number"), password: person.password } });
		await t.visitor().call("by the client", "signIn.phoneNumber", (client) => client.signIn.phoneNumber({ phoneNumber, password: "wrong horse battery" }));
	},

	"phone-number/signs nobody in who has no password": async (t) => {
		const phoneNumber = numberOf(t);
		await t.must(t.visitor().ask(VERIFY, { json: { phoneNumber, code: await sent(t, phoneNumber) } }));
		await t.visitor().send("sign in", SIGN_IN, { json: { phoneNumber, password: "correct horse battery" } });
	},

	"phone-number/sets a new password": async (t) => {
		const { person, browser, number: phoneNumber } = await withNumber(t);
		await t.visitor().send("ask", REQUEST_RESET, { json: { phoneNumber } });
		const otp = await t.code("message", phoneNumber, 2);
		const json = { phoneNumber, otp, newPassword: FRESH };
		await t.visitor().send("short", RESET, { json: { ...json, newPassword: "short" } });
		await t.visitor().send("wrong", RESET, { json: { ...json, otp: wrong(otp) } });
		await t.visitor().send("reset", RESET, { json });
		await t.visitor().send("again", RESET, { json });
		await browser.send("session", "GET /get-session");
		await t.visitor().send("old password", SIGN_IN, { json: { phoneNumber, password: person.password } });
		await t.visitor().send("new password", SIGN_IN, { json: { phoneNumber, password: FRESH } });
	},

	"phone-number/answers a known and an unknown number alike": async (t) => {
		const { number } = await withNumber(t);
		const unknown = numberOf(t, "another number");
		for (const [step, phoneNumber] of [["known", number], ["unknown", unknown]]) {
			await t.visitor().send(`${step}: ask`, REQUEST_RESET, { json: { phoneNumber } });
			for (const nth of ["first", "second", "third", "fourth", "fifth"]) {
				await t.visitor().send(`${step}: ${nth}`, RESET, { json: { phoneNumber, otp: "wrong", newPassword: FRESH } });
			}
		}
		t.fact("nothing is sent to the unknown", (await t.mails(unknown, 0)).length === 0);
	},
};

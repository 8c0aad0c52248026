/** POST /request-password-reset, GET /reset-password/:token, POST /reset-password */
const REQUEST = "POST /request-password-reset";
const RESET = "POST /reset-password";
const BACK = "http://localhost:3001/reset";
const FRESH = "another horse battery";

/** Asks for a reset; answers the mailed token. The verification mail of the sign-up comes first. */
async function asked(t, email, { redirectTo = BACK, count = 2 } = {}) {
	await t.mails(email, count - 1);
	await t.must(t.visitor().ask(REQUEST, { json: { email, redirectTo } }));
	const [{ links }] = await t.mails(email, count);
	const token = new URL(links[0]).pathname.split("/").pop();
	t.names.add(token, `<mailed token ${count}>`);
	return token;
}

export const requestReset = {
	"request-password-reset/mails a link": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		await t.visitor().send("with a place to go", REQUEST, { json: { email: person.email, redirectTo: `${BACK}?a=b` } });
		await t.mail("mail", person.email, 2);
		await t.visitor().send("with none", REQUEST, { json: { email: person.email } });
		await t.mail("mail with none", person.email, 3);
		await t.visitor().send("in capitals", REQUEST, { json: { email: person.email.toUpperCase(), redirectTo: "/reset" } });
		await t.mail("mail to capitals", person.email, 4);
	},

	"request-password-reset/works by the client": async (t) => {
		const { person } = await t.member();
		const request = { email: person.email, redirectTo: BACK };
		await t.visitor().call("request", "requestPasswordReset", (client) => client.requestPasswordReset(request));
	},

	"request-password-reset/answers a known and an unknown address alike": async (t) => {
		const { person } = await t.member();
		const known = await t.visitor().send("known", REQUEST, { json: { email: person.email, redirectTo: BACK } });
		const nobody = t.person("nobody");
		const unknown = await t.visitor().send("unknown", REQUEST, { json: { email: nobody.email, redirectTo: BACK } });
		t.fact("both answers are the same", known.status === unknown.status && known.text === unknown.text);
		await t.mails(person.email, 2);
		t.fact("nothing is mailed to the unknown", (await t.mails(nobody.email, 0)).length === 0);
	},

	"request-password-reset/refuses an untrusted place to go": async (t) => {
		const { person } = await t.member();
		for (const redirectTo of ["https://evil.example", "//evil.example", "reset", "javascript:alert(1)"]) {
			await t.visitor().send(redirectTo, REQUEST, { json: { email: person.email, redirectTo } });
		}
		await t.visitor().send("not a text", REQUEST, { json: { email: person.email, redirectTo: 1 } });
		await t.visitor().send("empty", REQUEST, { json: { email: person.email, redirectTo: "" } });
	},

	"request-password-reset/names the faults of the body": async (t) => {
		await t.visitor().send("no body", REQUEST);
		await t.visitor().send("nothing in it", REQUEST, { json: {} });
		await t.visitor().send("no address", REQUEST, { json: { email: "ada" } });
		await t.visitor().send("a form", REQUEST, { form: { email: "ada@example.com" } });
		await t.visitor().send("malformed", REQUEST, { body: "{", type: "application/json" });
	},
};

export const followReset = {
	"reset-password link/leads to the callback with the token": async (t) => {
		const { person } = await t.member();
		const token = await asked(t, person.email);
		for (const place of [BACK, `${BACK}?a=b`, "/reset", `${BACK}#part`]) {
			await t.visitor().send(place, `GET /reset-password/${token}?callbackURL=${encodeURIComponent(place)}`);
		}
	},

	"reset-password link/follows the mailed link": async (t) => {
		const { person } = await t.member();
		await t.mails(person.email, 1);
		await t.must(t.visitor().ask(REQUEST, { json: { email: person.email, redirectTo: BACK } }));
		const { link } = await t.mail("mail", person.email, 2);
		await t.visitor({ origin: null }).send("follow", `GET ${link.slice(`${t.base}/api/auth`.length)}`);
		await t.must(t.visitor().ask(REQUEST, { json: { email: person.email } }));
		const bare = await t.mail("mail without a place to go", person.email, 3);
		await t.visitor({ origin: null }).send("follow it", `GET ${bare.link.slice(`${t.base}/api/auth`.length)}`);
	},

	"reset-password link/leads to the callback with an error": async (t) => {
		for (const token of ["unknown", "x".repeat(24)]) {
			await t.visitor().send(token, `GET /reset-password/${token}?callbackURL=${encodeURIComponent(`${BACK}?a=b`)}`);
		}
		const { person } = await t.member();
		const used = await asked(t, person.email);
		await t.must(t.visitor().ask(RESET, { json: { token: used, newPassword: FRESH } }));
		await t.visitor().send("used", `GET /reset-password/${used}?callbackURL=${encodeURIComponent(BACK)}`);
	},

	"reset-password link/refuses other callbacks": async (t) => {
		const { person } = await t.member();
		const token = await asked(t, person.email);
		await t.visitor().send("missing", `GET /reset-password/${token}`);
		await t.visitor().send("empty", `GET /reset-password/${token}?callbackURL=`);
		await t.visitor().send("untrusted", `GET /reset-password/${token}?callbackURL=https%3A%2F%2Fevil.example`);
		await t.visitor().send("two slashes", `GET /reset-password/${token}?callbackURL=%2F%2Fevil.example`);
		await t.visitor().send("no token", "GET /reset-password/?callbackURL=%2Freset");
		await t.visitor().send("no token, no slash", "GET /reset-password?callbackURL=%2Freset");
	},
};

export const reset = {
	"reset-password/sets the password and ends all sessions": async (t) => {
		const ada = await t.member();
		const other = await t.again(ada, "the other browser");
		const token = await asked(t, ada.person.email);
		await t.visitor().send("reset", RESET, { json: { token, newPassword: FRESH } });
		await ada.browser.send("session", "GET /get-session");
		await other.browser.send("session of the other browser", "GET /get-session");
		await t.visitor().send("old password", "POST /sign-in/email", { json: ada.person });
		await t.visitor().send("new password", "POST /sign-in/email", { json: { ...ada.person, password: FRESH } });
	},

	"reset-password/works by the client": async (t) => {
		const { person } = await t.member();
		const change = { token: await asked(t, person.email), newPassword: FRESH };
		await t.visitor().call("reset", "resetPassword", (client) => client.resetPassword(change));
		await t.visitor().call("again", "resetPassword", (client) => client.resetPassword(change));
	},

	"reset-password/takes the token in the query": async (t) => {
		const { person } = await t.member();
		const token = await asked(t, person.email);
		await t.visitor().send("reset", `${RESET}?token=${token}`, { json: { newPassword: FRESH } });
		await t.visitor().send("sign in", "POST /sign-in/email", { json: { ...person, password: FRESH } });
	},

	"reset-password/works once": async (t) => {
		const { person } = await t.member();
		const token = await asked(t, person.email);
		await t.visitor().send("first", RESET, { json: { token, newPassword: FRESH } });
		await t.visitor().send("second", RESET, { json: { token, newPassword: "a third horse battery" } });
		await t.visitor().send("the first password holds", "POST /sign-in/email", { json: { ...person, password: FRESH } });
	},

	"reset-password/keeps the token when the password is refused": async (t) => {
		const { person } = await t.member();
		const token = await asked(t, person.email);
		await t.visitor().send("short", RESET, { json: { token, newPassword: "x".repeat(7) } });
		await t.visitor().send("long", RESET, { json: { token, newPassword: "x".repeat(129) } });
		await t.visitor().send("good", RESET, { json: { token, newPassword: FRESH } });
	},

	"reset-password/of an older token after a newer one was used": async (t) => {
		const { person } = await t.member();
		const older = await asked(t, person.email);
		const newer = await asked(t, person.email, { count: 3 });
		await t.visitor().send("newer", RESET, { json: { token: newer, newPassword: FRESH } });
		await t.visitor().send("older", RESET, { json: { token: older, newPassword: "a third horse battery" } });
	},

	"reset-password/refuses wrong tokens and bodies": async (t) => {
		const { person } = await t.member();
		const token = await asked(t, person.email);
		await t.visitor().send("unknown token", RESET, { json: { token: "unknown", newPassword: FRESH } });
		await t.visitor().send("unknown token, short password", RESET, { json: { token: "unknown", newPassword: "x" } });
		await t.visitor().send("no token", RESET, { json: { newPassword: FRESH } });
		await t.visitor().send("empty token", RESET, { json: { token: "", newPassword: FRESH } });
		await t.visitor().send("no password", RESET, { json: { token } });
		await t.visitor().send("wrong types", RESET, { json: { token: 1, newPassword: 2 } });
		await t.visitor().send("no body", RESET);
		await t.visitor().send("a form", RESET, { form: { token, newPassword: FRESH } });
		await t.visitor().send("the old password holds", "POST /sign-in/email", { json: person });
	},
};

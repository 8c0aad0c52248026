/** The cookie that tells a sign-in form how its user signed in last; the client reads it from the page. */
const METHOD = "better-auth.last_used_login_method";
const shown = (setCookies) => setCookies.filter((cookie) => cookie.startsWith(`${METHOD}=`));

export const lastLoginMethod = {
	"last-login-method/is set by sign-up and sign-in, and readable": async (t) => {
		const browser = t.visitor();
		const person = t.person();
		const up = await browser.ask("POST /sign-up/email", { json: person });
		const { email, password } = person;
		const down = await browser.ask("POST /sign-in/email", { json: { email, password } });
		for (const [step, { setCookies }] of Object.entries({ "sign-up": up, "sign-in": down })) {
			const [cookie] = shown(setCookies);
			t.fact(`${step} sets it to email for thirty days`, /^[^=]+=email; Max-Age=2592000; Path=\//.test(cookie ?? ""));
			t.fact(`scripts may read it after ${step}`, !/httponly/i.test(cookie ?? ""));
		}
	},

	"last-login-method/stays when the user signs out": async (t) => {
		const { browser } = await t.member();
		const { setCookies } = await browser.ask("POST /sign-out", { json: {} });
		t.fact("it is not taken back", shown(setCookies).length === 0);
	},

	"last-login-method/is not set where nobody signs in": async (t) => {
		const { browser, person } = await t.member();
		const { email } = person;
		const wrong = await t.visitor().ask("POST /sign-in/email", { json: { email, password: "not the password" } });
		const session = await browser.ask("GET /get-session");
		t.fact("a wrong password sets none", shown(wrong.setCookies).length === 0);
		t.fact("get-session sets none", shown(session.setCookies).length === 0);
	},
};

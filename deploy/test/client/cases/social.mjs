/**
 * POST /sign-in/social, /link-social, /get-access-token, /refresh-token, GET /account-info, GET and POST /callback/{id}. The
 * reference server has no provider: this is what both answer without one. The rest is tried with a provider of our own.
 */
const SIGN_IN = "POST /sign-in/social";
const LINK = "POST /link-social";
const TOKENS = ["POST /get-access-token", "POST /refresh-token"];

export const signInSocial = {
	"social/unknown provider": async (t) => {
		const browser = t.visitor();
		await browser.send("raw", SIGN_IN, { json: { provider: "nobody" } });
		await browser.send("empty name", SIGN_IN, { json: { provider: "" } });
		await browser.send("everything else given", SIGN_IN, {
			json: {
				provider: "nobody",
				callbackURL: "/home",
				newUserCallbackURL: "/welcome",
				errorCallbackURL: "http://localhost:3001/oops",
				disableRedirect: true,
				scopes: ["calendar"],
				requestSignUp: true,
				loginHint: "ada@example.com",
				additionalParams: { prompt: "login" },
				additionalData: { anything: [1, { deep: null }] },
			},
		});
		await browser.send("id token", SIGN_IN, {
			json: { provider: "nobody", idToken: { token: "x", nonce: "n", accessToken: "a", refreshToken: "r", expiresAt: 1, user: { name: { firstName: "A" }, email: "a" } } },
		});
		await browser.call("client", "signIn.social", (client) => client.signIn.social({ provider: "github", callbackURL: "/home" }));
	},

	"social/checks the body": async (t) => {
		const browser = t.visitor();
		const bad = {
			"nothing in it": {},
			"a provider that is no text": { provider: 1 },
			"lists and records that are none": { provider: "x", scopes: "a", additionalParams: [], additionalData: 5, idToken: "x" },
			"members of the wrong type": { provider: "x", scopes: [1, "a", null], additionalParams: { a: 1, b: "b" }, disableRedirect: "yes", requestSignUp: 1, loginHint: {} },
			"an id token without a token": { provider: "x", idToken: {} },
			"an id token of wrong members": { provider: "x", idToken: { token: 1, nonce: 2, accessToken: 3, refreshToken: 4, expiresAt: "5", user: { name: { firstName: 6, lastName: 7 }, email: 8 } } },
			"an id token's user that is none": { provider: "x", idToken: { token: "x", user: [] } },
			"a name that is none": { provider: "x", idToken: { token: "x", user: { name: "Ada" } } },
			"null everywhere": { provider: null, scopes: null, idToken: null, additionalParams: null },
		};
		for (const [what, json] of Object.entries(bad)) await browser.send(what, SIGN_IN, { json });
		for (const name of ["state", "client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "nonce", "scope"]) {
			await browser.send(`reserved: ${name}`, SIGN_IN, { json: { provider: "x", additionalParams: { [name]: "x" } } });
		}
		await browser.send("a list", SIGN_IN, { json: [] });
		await browser.send("no body", SIGN_IN);
		await browser.send("malformed", SIGN_IN, { body: "{", type: "application/json" });
		await browser.send("a form", SIGN_IN, { form: { provider: "nobody" } });
	},

	"social/goes to trusted places only": async (t) => {
		const browser = t.visitor();
		for (const name of ["callbackURL", "newUserCallbackURL", "errorCallbackURL"]) {
			for (const url of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "home", 5]) {
				await browser.send(`${name}: ${url}`, SIGN_IN, { json: { provider: "nobody", [name]: url } });
			}
			await browser.send(`${name} that is trusted`, SIGN_IN, { json: { provider: "nobody", [name]: "http://localhost:3001/x?y=z#w" } });
		}
		const ada = await t.member();
		await ada.browser.send("from another site", SIGN_IN, { json: { provider: "nobody" }, origin: "https://evil.example" });
		await ada.browser.send("from nowhere", SIGN_IN, { json: { provider: "nobody" }, origin: null });
	},
};

export const linkSocial = {
	"social/link needs a session and a provider": async (t) => {
		const { browser } = await t.member();
		await browser.send("unknown", LINK, { json: { provider: "nobody" } });
		await browser.send("unknown, with an id token", LINK, { json: { provider: "nobody", idToken: { token: "x" } } });
		await browser.call("client", "linkSocial", (client) => client.linkSocial({ provider: "google", callbackURL: "/settings" }));
		await t.visitor().send("nobody", LINK, { json: { provider: "nobody" } });
		for (const visitor of [browser, t.visitor()]) {
			const who = visitor === browser ? "member" : "nobody";
			await visitor.send(`${who}: nothing in it`, LINK, { json: {} });
			await visitor.send(`${who}: wrong members`, LINK, { json: { provider: 1, scopes: [1], idToken: { expiresAt: "x" }, additionalParams: { scope: "x" } } });
			await visitor.send(`${who}: an untrusted place`, LINK, { json: { provider: "nobody", errorCallbackURL: "https://evil.example" } });
		}
	},
};

export const providerTokens = {
	"social/tokens of an account": async (t) => {
		const ada = await t.member();
		const bob = await t.member("bob");
		const [{ id }] = (await ada.browser.ask("GET /list-accounts")).json;
		t.names.add(id, "<the id of ada's password>");
		for (const what of TOKENS) {
			await ada.browser.send(`${what}: of the password`, what, { json: { accountId: id } });
			await ada.browser.send(`${what}: of nothing`, what, { json: { accountId: "unknown" } });
			await ada.browser.send(`${what}: by a cookie`, what, { json: { useAccountCookie: true } });
			await bob.browser.send(`${what}: of another user`, what, { json: { accountId: id, userId: ada.id } });
			await t.visitor().send(`${what}: of nobody`, what, { json: { accountId: id, userId: ada.id } });
		}
		await ada.browser.send("info of the password", `GET /account-info?accountId=${id}`);
		await ada.browser.call("info by the client", "accountInfo", (client) => client.accountInfo({ query: { accountId: "unknown" } }));
		await ada.browser.call("token by the client", "getAccessToken", (client) => client.getAccessToken({ accountId: "unknown" }));
		await ada.browser.call("refresh by the client", "refreshToken", (client) => client.refreshToken({ accountId: "unknown" }));
		await t.visitor().send("info for nobody", "GET /account-info?accountId=unknown");
	},

	"social/the choice of an account is exact": async (t) => {
		const { browser } = await t.member();
		const bad = {
			"nothing": {},
			"more": { accountId: "x", providerId: "github" },
			"both": { accountId: "x", useAccountCookie: true },
			"a number": { accountId: 1 },
			"a user that is none": { accountId: "x", userId: 1 },
			"a cookie that is not true": { useAccountCookie: false },
			"a cookie and more": { useAccountCookie: true, providerId: "x" },
			"much more": { accountId: "x", a: 1, b: 2 },
		};
		for (const what of TOKENS) {
			for (const [why, json] of Object.entries(bad)) {
				await browser.send(`${what}: ${why}`, what, { json });
			}
			await t.visitor().send(`${what}: nobody, nothing`, what, { json: {} });
			await browser.send(`${what}: a list`, what, { json: [] });
			await browser.send(`${what}: no body`, what);
		}
		for (const query of ["", "?accountId=a&accountId=b", "?useAccountCookie=true", "?accountId=x&providerId=y", "?userId=x"]) {
			await browser.send(`info ${query}`, `GET /account-info${query}`);
			await t.visitor().send(`info for nobody ${query}`, `GET /account-info${query}`);
		}
	},
};

export const callback = {
	"social/callback without a flow": async (t) => {
		const browser = t.visitor();
		const queries = ["", "?state=", "?code=x", "?state=unknown", "?state=unknown&code=x", "?error=access_denied&error_description=no%20way", "?state=unknown&error=access_denied", "?code=a&state=b&iss=c&user=d&device_id=e&more=f"];
		for (const query of queries) await browser.send(`GET ${query}`, `GET /callback/github${query}`);
		await browser.send("a code twice", "GET /callback/github?code=a&code=b");
		await browser.send("a state twice", "GET /callback/github?state=a&state=b");
		await browser.send("a made-up cookie", "GET /callback/github?state=x&code=y", { cookie: "better-auth.state=x.made-up" });
	},

	"social/callback that is posted": async (t) => {
		const browser = t.visitor({ origin: null });
		await browser.send("a form", "POST /callback/apple", { form: { state: "s", code: "c", user: '{"name":"A B"}', more: "x" } });
		await browser.send("JSON", "POST /callback/apple", { json: { state: "s", code: "c" } });
		await browser.send("both, the address wins", "POST /callback/apple?code=q", { form: { state: "s", code: "c" } });
		await browser.send("special characters", "POST /callback/apple", { form: { error: "a b&c=d", error_description: "ä+/?#" } });
		await browser.send("a number", "POST /callback/apple", { json: { state: 1 } });
		await browser.send("text", "POST /callback/apple", { body: "state=s", type: "text/plain" });
		await browser.send("nothing", "POST /callback/apple", { form: {} });
	},
};

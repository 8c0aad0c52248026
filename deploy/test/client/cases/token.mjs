import { createLocalJWKSet, jwtVerify } from "jose";

/** GET /token, GET /jwks, and the set-auth-jwt header */
async function verifies(token, jwks, base) {
	try {
		await jwtVerify(token, createLocalJWKSet(jwks), { issuer: base, audience: base });
		return true;
	} catch {
		return false;
	}
}

const keysOf = async (t) => t.must(t.visitor().ask("GET /jwks"));
const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });

export const token = {
	"token/is a JWT that the published keys verify": async (t) => {
		const { browser, id } = await t.member();
		const { json } = await browser.send("token", "GET /token");
		const jwks = await keysOf(t);
		t.fact("the token verifies for issuer and audience", await verifies(json.token, jwks, t.base));
		const { payload } = await jwtVerify(json.token, createLocalJWKSet(jwks));
		t.fact("the subject is the user", payload.sub === id);
		const [head, claims, signature] = json.token.split(".");
		const altered = Buffer.from(JSON.stringify({ ...payload, role: "admin" })).toString("base64url");
		t.fact("changed claims do not verify", claims !== altered && !(await verifies([head, altered, signature].join("."), jwks, t.base)));
	},

	"token/works by the client and for a bearer": async (t) => {
		const { browser, token: secret } = await t.member();
		await browser.call("token", "token", (client) => client.token());
		await t.visitor({ origin: null }).send("by bearer", "GET /token", bearer(secret));
	},

	"token/needs a session": async (t) => {
		await t.visitor().send("no cookie", "GET /token");
		await t.visitor().call("by the client", "token", (client) => client.token());
		await t.visitor().send("POST", "POST /token", { json: {} });
	},

	"token/comes with get-session": async (t) => {
		const { browser } = await t.member();
		const { headers } = await browser.send("session", "GET /get-session");
		t.fact("the header verifies", await verifies(headers["set-auth-jwt"] ?? "", await keysOf(t), t.base));
		const nobody = await t.visitor().ask("GET /get-session");
		t.fact("nobody gets none", nobody.headers["set-auth-jwt"] === undefined);
	},

	"token/as bearer of a session": async (t) => {
		const { browser } = await t.member();
		const { json } = await browser.ask("GET /token");
		await t.visitor({ origin: null }).send("get-session", "GET /get-session", bearer(json.token));
	},
};

export const jwks = {
	"jwks/publishes public keys only": async (t) => {
		const { browser } = await t.member();
		await browser.ask("GET /token");
		const { json } = await t.visitor().send("keys", "GET /jwks");
		t.fact("no private part", json.keys.every((key) => key.d === undefined && key.k === undefined));
		t.fact("each key has its id", new Set(json.keys.map((key) => key.kid)).size === json.keys.length);
	},

	"jwks/works by the client": async (t) => {
		await t.visitor().call("keys", "jwks", (client) => client.jwks());
	},
};

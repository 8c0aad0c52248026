#!/usr/bin/env node
// An OAuth client library that nobody here wrote goes through the life of a token pair:
// node oauth-client.mjs --gatehouse URL, with the token of a session in SESSION_TOKEN.
import { parseArgs } from "node:util";
import assert from "node:assert/strict";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oauth from "openid-client";

const { values } = parseArgs({ options: { gatehouse: { type: "string" } } });
const session = process.env.SESSION_TOKEN;
if (!values.gatehouse || !session) {
	console.error("usage: SESSION_TOKEN=... node oauth-client.mjs --gatehouse http://localhost:3000");
	process.exit(2);
}
const issuer = new URL(values.gatehouse);
let checks = 0;
const holds = (sentence, so) => {
	checks++;
	assert.ok(so, `it does not hold that ${sentence}`);
};
const refused = async (what, asking, error) => {
	checks++;
	await assert.rejects(asking, (found) => found.error === error, `${what} should be refused with ${error}`);
};

// Both kinds of discovery find the same server (RFC 8414, OpenID Connect Discovery).
const discover = (algorithm) =>
	oauth.discovery(issuer, "first-party", undefined, oauth.None(), { algorithm, execute: [oauth.allowInsecureRequests] });
const config = await discover("oauth2");
holds("OpenID Connect discovery says the same", (await discover("oidc")).serverMetadata().token_endpoint === config.serverMetadata().token_endpoint);

// Token exchange (RFC 8693) turns the session into a pair.
const first = await oauth.genericGrantRequest(config, "urn:ietf:params:oauth:grant-type:token-exchange", {
	subject_token: session,
	subject_token_type: "urn:gatehouse:token-type:session",
});
holds("the token is a bearer token", first.token_type === "bearer");
holds("it ends in five minutes", first.expiresIn() > 290 && first.expiresIn() <= 300);
const { payload, protectedHeader } = await jwtVerify(first.access_token, createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri)), {
	issuer: config.serverMetadata().issuer,
	typ: "at+jwt",
});
holds("the published keys verify the access token (RFC 9068)", payload.client_id === "first-party" && protectedHeader.alg === "EdDSA");

// Refresh (RFC 6749, section 6) rotates.
const second = await oauth.refreshTokenGrant(config, first.refresh_token);
holds("another refresh token comes back", second.refresh_token && second.refresh_token !== first.refresh_token);
const me = await oauth.fetchProtectedResource(config, second.access_token, new URL("/api/v1/me", issuer), "GET");
holds("the access token opens a guarded route", me.status === 200 && (await me.json()).id === payload.sub);

// Introspection (RFC 7662).
const alive = await oauth.tokenIntrospection(config, second.access_token);
holds("a live token is active, and whose it is", alive.active && alive.sub === payload.sub && alive.client_id === "first-party");
holds("a rotated token is not", !(await oauth.tokenIntrospection(config, first.refresh_token)).active);
holds("nonsense is not", !(await oauth.tokenIntrospection(config, "nonsense")).active);

// Revocation (RFC 7009) ends the family.
await oauth.tokenRevocation(config, second.refresh_token);
holds("a revoked token is not active", !(await oauth.tokenIntrospection(config, second.refresh_token)).active);
await refused("a revoked token", oauth.refreshTokenGrant(config, second.refresh_token), "invalid_grant");
await oauth.tokenRevocation(config, "nonsense"); // RFC 7009, section 2.2: no error
checks++;

// Errors are those of the specification, so that the library understands them.
await refused("a made-up token", oauth.refreshTokenGrant(config, "made-up"), "invalid_grant");
await refused("an unknown grant", oauth.genericGrantRequest(config, "urn:example:unknown", {}), "unsupported_grant_type");
const stranger = new oauth.Configuration(config.serverMetadata(), "stranger", undefined, oauth.None());
oauth.allowInsecureRequests(stranger);
checks++;
await assert.rejects(oauth.refreshTokenGrant(stranger, second.refresh_token), (found) => found.error === "invalid_client" || found.status === 401);

console.log(`oauth client: ${checks} checks`);

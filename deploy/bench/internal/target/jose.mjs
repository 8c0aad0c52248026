// What a Node.js back end does for a route behind a JWT: node:http, and jose as better-auth installs it.
import { createServer } from "node:http";
import { SignJWT, generateKeyPair, jwtVerify } from "jose";

const origin = process.env.BASE_URL;
const { publicKey, privateKey } = await generateKeyPair("EdDSA");
const expected = { issuer: origin, audience: origin, algorithms: ["EdDSA"] };

const token = () =>
	new SignJWT({ sid: crypto.randomUUID(), roles: ["user"] })
		.setProtectedHeader({ alg: "EdDSA" })
		.setIssuer(origin).setAudience(origin).setSubject(crypto.randomUUID())
		.setIssuedAt().setExpirationTime("5m")
		.sign(privateKey);

async function guarded(request) {
	const [scheme, credential] = (request.headers.authorization ?? "").split(" ");
	if (scheme !== "Bearer" || !credential) return [401, { error: "no token" }];
	try {
		const { payload } = await jwtVerify(credential, publicKey, expected);
		return [200, { sub: payload.sub, sid: payload.sid, roles: payload.roles }];
	} catch {
		return [401, { error: "bad token" }];
	}
}

createServer(async (request, response) => {
	const began = performance.now();
	const [status, body] = request.url === "/token" ? [200, { token: await token() }] : await guarded(request);
	response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
	process.stdout.write(`${JSON.stringify({ method: request.method, route: request.url, status, took_ms: performance.now() - began })}\n`);
}).listen(Number(new URL(origin).port), new URL(origin).hostname);

/** GET /open-api/generate-schema, GET /reference: what they say differs between servers; what they are does not. */
const documentOf = async (t) => t.must(t.visitor().ask("GET /open-api/generate-schema"));

export const generateSchema = {
	"open-api/describes the protocol's endpoints": async (t) => {
		const document = await documentOf(t);
		t.fact("it is OpenAPI 3.1.1", document.openapi === "3.1.1");
		t.fact("the server is the base of the protocol", document.servers[0].url === `${t.base}/api/auth`);
		t.fact("cookie and bearer are explained", Object.keys(document.components.securitySchemes).sort().join() === "apiKeyCookie,bearerAuth");
		t.fact("users and sessions are explained", ["User", "Session"].every((name) => name in document.components.schemas));
		for (const [path, method] of [
			["/sign-in/email", "post"],
			["/sign-up/email", "post"],
			["/get-session", "get"],
			["/sign-in/social", "post"],
			["/callback/{id}", "get"],
			["/change-password", "post"],
			["/two-factor/verify-totp", "post"],
			["/multi-session/set-active", "post"],
			["/one-time-token/verify", "post"],
		]) {
			t.fact(`it has ${method} ${path}`, document.paths[path]?.[method] !== undefined);
		}
	},

	"open-api/describes the body of sign-in": async (t) => {
		const { requestBody } = (await documentOf(t)).paths["/sign-in/email"].post;
		const { properties, required } = requestBody.content["application/json"].schema;
		t.fact("email and password are required", ["email", "password"].every((name) => required.includes(name)));
		t.fact("the members are these", ["callbackURL", "email", "password", "rememberMe"].every((name) => name in properties));
		t.fact("rememberMe is a boolean", properties.rememberMe.type === "boolean");
	},

	"open-api/answers everybody": async (t) => {
		const { status, headers } = await t.visitor({ origin: null }).ask("GET /open-api/generate-schema");
		t.fact("it is JSON", status === 200 && headers["content-type"].startsWith("application/json"));
		await t.visitor().send("POST", "POST /open-api/generate-schema", { json: {} });
	},
};

export const reference = {
	"open-api/shows a page": async (t) => {
		const { status, headers, text } = await t.visitor().ask("GET /reference");
		t.fact("it is HTML", status === 200 && headers["content-type"].startsWith("text/html"));
		t.fact("it names endpoints", text.includes("/sign-in/email"));
	},
};

import { createServer } from "node:http";

/** What the stand-in makes of the response to a challenge; anything else is refused. */
const VERDICTS = {
	solved: (asked) => [200, { success: asked.get("secret") === "a secret of the stand-in" && asked.get("sitekey") === "a-site" }],
	broken: () => [500, { success: true }],
	silent: () => [200, {}],
};
const REFUSED = [200, { success: false, "error-codes": ["invalid-input-response"] }];

/** Stands in for hCaptcha's siteverify at the URL given. Answers {stop}. */
export async function startSiteverify(url) {
	const server = createServer((request, response) => {
		const chunks = [];
		request.on("data", (chunk) => chunks.push(chunk));
		request.on("end", () => {
			const asked = new URLSearchParams(Buffer.concat(chunks).toString());
			const [status, body] = VERDICTS[asked.get("response")]?.(asked) ?? REFUSED;
			response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
		});
	});
	const { hostname, port } = new URL(url);
	await new Promise((resolve, reject) => server.once("error", reject).listen(Number(port), hostname, resolve));
	const stop = () => {
		server.closeAllConnections();
		return new Promise((resolve) => server.close(resolve));
	};
	return { stop };
}

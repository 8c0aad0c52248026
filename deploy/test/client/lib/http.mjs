import { request } from "node:http";

const TIMEOUT_MS = 30_000;

/**
 * Sends exactly the headers given (Node's own fetch would add Sec-Fetch-Mode, which this protocol looks at) and follows no
 * redirect. Answers {status, headers, setCookies, text}; header names are lower-case.
 */
export function exchange(base, { method, path, headers = {}, body }) {
	const url = new URL(base);
	const options = {
		host: url.hostname,
		port: url.port || 80,
		method,
		path,
		headers: { ...headers, ...(body !== undefined && { "content-length": Buffer.byteLength(body) }) },
		agent: false,
		timeout: TIMEOUT_MS,
	};
	return new Promise((resolve, reject) => {
		const outgoing = request(options, (incoming) => {
			const chunks = [];
			incoming.on("data", (chunk) => chunks.push(chunk));
			incoming.on("error", reject);
			incoming.on("end", () => {
				const { "set-cookie": setCookies = [], ...rest } = incoming.headers;
				resolve({ status: incoming.statusCode, headers: rest, setCookies, text: Buffer.concat(chunks).toString() });
			});
		});
		outgoing.on("timeout", () => outgoing.destroy(new Error(`${method} ${path}: no answer in ${TIMEOUT_MS} ms`)));
		outgoing.on("error", reject);
		outgoing.end(body);
	});
}

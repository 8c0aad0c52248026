import { parseSetCookie } from "./jar.mjs";

/** The response headers that belong to the contract; a gateway may add others (security, request id, CORS). */
const CONTRACT = [
	"content-type",
	"cache-control",
	"pragma",
	"location",
	"set-auth-token",
	"set-auth-jwt",
	"access-control-expose-headers",
];

/** Cookies of Gatehouse's own (ADR known-devices). The protocol has none of this name, and scripts do not see them. */
const OWN_COOKIE = /^(__Secure-)?gatehouse\./;

/** One answer in its stable form: status, headers of the contract, cookies, and the body unless `withBody` is false. */
export function normalise(names, answer, { step, arrange, withBody = true }) {
	const body = withBody ? bodyOf(names, answer, step, arrange) : undefined;
	return {
		status: answer.status,
		headers: headersOf(names, answer.headers, step),
		...cookiesOf(names, answer.setCookies, step),
		...(withBody && { body }),
	};
}

/** The body as JSON where it is JSON, else as text; pages are not compared word by word. */
function bodyOf(names, { headers, text }, step, arrange = (body) => body) {
	if (/^text\/html/.test(headers["content-type"] ?? "")) return "<page>";
	const parsed = parse(text);
	return parsed === undefined ? names.text(text) : names.json(arrange(parsed), step);
}

/** The parsed text, or undefined where it is not JSON. */
export function parse(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function headersOf(names, headers, step) {
	const present = CONTRACT.filter((name) => headers[name] !== undefined);
	return Object.fromEntries(present.map((name) => [name, headerOf(names, name, headers[name], step)]));
}

function headerOf(names, name, value, step) {
	if (name === "set-auth-token") return names.signed(value, `${step}.${name}`);
	if (name === "set-auth-jwt") return names.jwt(value, `${step}.${name}`);
	return names.text(value);
}

/** Cookies by name, so that one more does not shift the others; their order is kept beside them. */
function cookiesOf(names, setCookies, step) {
	const ofProtocol = setCookies.map(parseSetCookie).filter(({ name }) => !OWN_COOKIE.test(name));
	if (ofProtocol.length === 0) return {};
	const cookies = {};
	for (const { name, value, attributes } of ofProtocol) {
		const text = cookieValue(names, value, `${step}.cookie`);
		const stable = names.text(name);
		cookies[Object.hasOwn(cookies, stable) ? `${stable} (again)` : stable] = `${text}; ${attributes}`;
	}
	return { cookies, cookieOrder: Object.keys(cookies) };
}

function cookieValue(names, wire, place) {
	const plain = decode(wire);
	if (plain === undefined || encodeURIComponent(plain) !== wire) return `<not percent-encoded: ${names.text(wire)}>`;
	return names.signed(plain, place);
}

function decode(wire) {
	try {
		return decodeURIComponent(wire);
	} catch {
		return undefined;
	}
}

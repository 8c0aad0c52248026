const MINUTE = 60_000;
const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const SIGNED = /^(.+)\.[A-Za-z0-9+/]{43}=$/s;
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const EXACT_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const LOOPBACK = /^(127\.0\.0\.1|::1|[0:]+:0*1)$/;

/** Keys whose values differ from run to run, and what they are called in a transcript. */
const OPAQUE = { id: "id", userId: "id", sub: "id", kid: "id", jti: "id", sid: "id", token: "token", x: "key" };
/** Shorter values are not looked for inside other texts. */
const FINDABLE = 12;
const EPOCH = new Set(["iat", "exp", "nbf", "auth_time"]);

/**
 * Replaces what differs from run to run by a stable name, for one case. A value is named after the place where it was
 * seen first (`<token@sign in.token>`), so that the same value has the same name wherever it comes back, and a
 * difference in one place does not rename the values after it. Length and alphabet of opaque values are not kept.
 */
export class Names {
	#known = new Map();

	constructor(base) {
		this.add(base, "<base>");
		this.add(encodeURIComponent(base), "<base, encoded>");
	}

	/** Gives a value its name; the first name stays. */
	add(value, name) {
		if (value && !this.#known.has(value)) this.#known.set(value, name);
	}

	/** A text with every known value in it replaced, the longest first. */
	text(value) {
		const findable = [...this.#known].filter(([known]) => known.length >= FINDABLE);
		const longestFirst = findable.sort(([a], [b]) => b.length - a.length);
		return longestFirst.reduce((text, [known, name]) => text.replaceAll(known, name), value);
	}

	/** The name of a value that is opaque as a whole. */
	opaque(value, kind, place) {
		this.add(value, `<${kind}@${place}>`);
		if (kind === "token") this.add(value.toLowerCase(), `<lower-case token@${place}>`);
		return this.#known.get(value);
	}

	/** `<token>.<signature>`, or the text itself where it is not signed. */
	signed(value, place) {
		const match = SIGNED.exec(value);
		if (!match) return this.text(value);
		const plain = match[1] === "true" ? "true" : this.opaque(match[1], "token", place);
		return `${plain}.<signature>`;
	}

	/** A JSON value (or what the client made of it, with Dates) in its stable form; `place` says where it was seen. */
	json(value, place, key = "") {
		if (value instanceof Date) return `<Date ${since(value.getTime())}>`;
		if (Array.isArray(value)) return value.map((item, i) => this.json(item, `${place}.${i}`));
		if (value !== null && typeof value === "object") {
			return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.json(v, `${place}.${k}`, k)]));
		}
		if (typeof value === "number" && EPOCH.has(key)) return `<epoch ${since(value * 1000)}>`;
		return typeof value === "string" ? this.#string(value, place, key) : value;
	}

	#string(value, place, key) {
		if (JWT.test(value) && !this.#known.has(value)) return this.jwt(value, place);
		if (EXACT_DATE.test(value)) return `<date ${since(Date.parse(value))}>`;
		if (ISO_DATE.test(value)) return `<date in another format: ${value.replace(/\d/g, "9")}>`;
		if (key === "ipAddress" && LOOPBACK.test(value)) return "<loopback>";
		if (Object.hasOwn(OPAQUE, key) && value !== "") return this.opaque(value, OPAQUE[key], place);
		return this.text(value);
	}

	/** Header and claims of a JWT, or the text itself where it is none. */
	jwt(token, place) {
		const [header, claims] = token.split(".").slice(0, 2).map(decode);
		if (header === undefined || claims === undefined) return this.text(token);
		return { jwtHeader: this.json(header, `${place}.header`), jwtClaims: this.json(claims, `${place}.claims`) };
	}
}

function decode(part) {
	try {
		return JSON.parse(Buffer.from(part, "base64url"));
	} catch {
		return undefined;
	}
}

/** Distance from now to the nearest five minutes: everything that the protocol lets live is a multiple of it. */
function since(time) {
	const minutes = Math.round((time - Date.now()) / MINUTE / 5) * 5;
	return minutes === 0 ? "now" : `now${minutes < 0 ? "-" : "+"}${Math.abs(minutes)} min`;
}

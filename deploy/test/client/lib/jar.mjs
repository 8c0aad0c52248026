/** What a browser keeps of this protocol's cookies: names and values of one host, ended by Max-Age=0. */
export class Jar {
	#cookies = new Map();

	/** Takes the Set-Cookie headers of one answer, in their order. */
	store(setCookies) {
		for (const header of setCookies) {
			const { name, value, attributes } = parseSetCookie(header);
			if (/(^|; )max-age=0(;|$)/i.test(attributes)) this.#cookies.delete(name);
			else this.#cookies.set(name, value);
		}
	}

	/** The value as it went over the wire, or undefined. */
	get(name) {
		return this.#cookies.get(name);
	}

	set(name, value) {
		this.#cookies.set(name, value);
	}

	/** The Cookie header, or undefined where there is nothing to send. */
	header() {
		if (this.#cookies.size === 0) return undefined;
		return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
	}

	/** A second browser that holds the same cookies at this moment. */
	copy() {
		const copy = new Jar();
		for (const [name, value] of this.#cookies) copy.set(name, value);
		return copy;
	}
}

/** Splits one Set-Cookie header; the attributes stay the text they were, because their order is compared. */
export function parseSetCookie(header) {
	const [pair, ...attributes] = header.split(";").map((part) => part.trim());
	const cut = pair.indexOf("=");
	return { name: pair.slice(0, cut), value: pair.slice(cut + 1), attributes: attributes.join("; ") };
}

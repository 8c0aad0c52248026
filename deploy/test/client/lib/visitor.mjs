import { createAuthClient } from "better-auth/client";
import * as plugins from "better-auth/client/plugins";
import { normalise, parse } from "./answer.mjs";
import { exchange } from "./http.mjs";
import { Jar } from "./jar.mjs";

const USER_AGENT = "gatehouse-client-test";
/** The client's half of every plugin that Gatehouse builds. */
const CLIENT_PLUGINS = [
	"adminClient",
	"anonymousClient",
	"emailOTPClient",
	"jwtClient",
	"lastLoginMethodClient",
	"magicLinkClient",
	"multiSessionClient",
	"oneTimeTokenClient",
	"phoneNumberClient",
	"twoFactorClient",
	"usernameClient",
];
const FRONT_END = "http://localhost:3001";

/**
 * Somebody who talks to the server and writes down what it answers: by raw requests (`send`) or through the official
 * client (`call`). Keeps cookies; sends `origin` as a front end does, or none as a program does.
 */
export class Visitor {
	#log;
	#seen = [];

	constructor(log, { origin = FRONT_END, jar = new Jar() } = {}) {
		this.#log = log;
		this.origin = origin;
		this.jar = jar;
		this.client = createAuthClient({
			baseURL: log.base,
			plugins: CLIENT_PLUGINS.map((name) => plugins[name]()),
			fetchOptions: { customFetchImpl: (url, init) => this.#fetch(url, init) },
		});
	}

	/** Another visitor with the same cookies, as a thief or a second tab has them. */
	copy() {
		return new Visitor(this.#log, { origin: this.origin, jar: this.jar.copy() });
	}

	/**
	 * Sends `what` ("POST /sign-out"; a path below /api/auth) and records the answer under the name `step`.
	 * Body: `json`, `form`, or `body` with `type`. `cookie` and `origin` replace what would be sent, null leaves them out.
	 */
	async send(step, what, options = {}) {
		const answer = await this.ask(what, options);
		const { names } = this.#log;
		this.#log.write(step, { request: names.text(what), ...normalise(names, answer, { step, arrange: options.arrange }) });
		return answer;
	}

	/** As send, but leaves no trace in the transcript: for what only prepares a case. */
	async ask(what, { json, form, body, type, headers = {}, cookie = this.jar.header(), origin = this.origin } = {}) {
		const cut = what.indexOf(" ");
		const content = encode({ json, form, body, type });
		const all = {
			"user-agent": USER_AGENT,
			...(content.type && { "content-type": content.type }),
			...(cookie && { cookie }),
			...(origin && { origin }),
			...headers,
		};
		const target = { method: what.slice(0, cut), path: `/api/auth${what.slice(cut + 1)}`, headers: all, body: content.body };
		const answer = await exchange(this.#log.base, target);
		this.jar.store(answer.setCookies);
		return { ...answer, json: parse(answer.text) };
	}

	/**
	 * Runs one call of the official client; records what it sent, what came back and what it made of it. The members of what
	 * it sent that are named in `hide` (codes, which are too short to be found) are left out.
	 */
	async call(step, expression, run, { arrange = (data) => data, hide = [] } = {}) {
		this.#seen = [];
		const { data, error } = await run(this.client);
		const { names } = this.#log;
		this.#log.write(step, {
			call: expression,
			data: names.json(arrange(data), step),
			error: error && { status: error.status, code: error.code ?? null, message: error.message ?? null },
			exchanges: this.#seen.map(({ what, sent, answer }) => ({
				request: names.text(what),
				sent: names.json(without(sent, hide), `${step}.sent`),
				...normalise(names, answer, { step, withBody: false }),
			})),
		});
		return { data, error };
	}

	/** The browser's part of a fetch: cookies, Origin. Redirects are left to the reader. */
	async #fetch(url, init) {
		const headers = new Headers(init.headers);
		const cookie = this.jar.header();
		if (cookie) headers.set("cookie", cookie);
		if (this.origin) headers.set("origin", this.origin);
		const response = await fetch(url, { ...init, headers, redirect: "manual" });
		const setCookies = response.headers.getSetCookie();
		this.jar.store(setCookies);
		const { pathname, search } = new URL(url);
		this.#seen.push({
			what: `${init.method} ${pathname.replace("/api/auth", "")}${search}`,
			sent: init.body ? parse(init.body) : null,
			answer: { status: response.status, headers: Object.fromEntries(response.headers), setCookies },
		});
		return response;
	}
}

function without(sent, hidden) {
	return hidden.length === 0 ? sent : Object.fromEntries(Object.entries(sent).filter(([name]) => !hidden.includes(name)));
}

function encode({ json, form, body, type }) {
	if (json !== undefined) return { body: JSON.stringify(json), type: type ?? "application/json" };
	if (form !== undefined) return { body: new URLSearchParams(form).toString(), type: type ?? "application/x-www-form-urlencoded" };
	return { body, type };
}

import { randomBytes } from "node:crypto";
import { exchange } from "./http.mjs";
import { Names } from "./names.mjs";
import { Visitor } from "./visitor.mjs";

const PATIENCE_MS = 10_000;
const POLL_MS = 25;

/** Whom the default profile makes an administrator, and the sign-ups of that account, by server. */
const ADMIN = { name: "admin", email: "admin@example.com", password: "correct horse battery" };
const ADMITTED = new Map();

/** One case while it runs: its people, its visitors, and the transcript that it writes. */
export class Case {
	steps = {};
	facts = {};

	constructor(base) {
		this.base = base;
		this.names = new Names(base);
	}

	/** Records one step; a name is used once, and is no number, because JSON objects sort those. */
	write(step, entry) {
		if (/^\d+$/.test(step)) throw new Error(`a step is called ${step}: use words`);
		if (Object.hasOwn(this.steps, step)) throw new Error(`two steps are called ${JSON.stringify(step)}`);
		this.steps[step] = entry;
	}

	/** Records whether something holds. The reference server shows which facts hold; `run.mjs` names those that do not. */
	fact(sentence, holds) {
		this.facts[sentence] = Boolean(holds);
	}

	/** Somebody with an address that nobody had before. */
	person(name = "ada") {
		const email = `${name}-${randomBytes(6).toString("hex")}@example.com`;
		this.names.add(email, `<${name}>`);
		this.names.add(encodeURIComponent(email), `<${name}>`);
		this.names.add(email.toUpperCase(), `<${name.toUpperCase()}>`);
		return { name, email, password: "correct horse battery" };
	}

	/** A browser on the front end's origin, or with the origin given; null for a program that sends none. */
	visitor(options) {
		return new Visitor(this, options);
	}

	/** Signs somebody up without recording it. Answers {person, browser, token, id, user}. */
	async member(name) {
		const person = this.person(name);
		const browser = this.visitor();
		const { token, user } = await this.must(browser.ask("POST /sign-up/email", { json: person }));
		this.names.add(token, `<${person.name}'s token>`);
		this.names.add(token.toLowerCase(), `<${person.name}'s token in lower case>`);
		this.names.add(user.id, `<${person.name}'s id>`);
		return { person, browser, token, id: user.id, user };
	}

	/** The administrator of the default profile in a new browser, as `member` answers. */
	async admin() {
		if (!ADMITTED.has(this.base)) ADMITTED.set(this.base, this.visitor().ask("POST /sign-up/email", { json: ADMIN }));
		await ADMITTED.get(this.base); // refused where an earlier run signed up already
		const browser = this.visitor();
		const { token, user } = await this.must(browser.ask("POST /sign-in/email", { json: ADMIN }));
		this.names.add(token, "<admin's token>");
		this.names.add(token.toLowerCase(), "<admin's token in lower case>");
		this.names.add(user.id, "<admin's id>");
		return { person: ADMIN, browser, token, id: user.id, user };
	}

	/** Signs the member in again, in a browser of its own. Answers {browser, token}. */
	async again(member, label, fields = {}) {
		const browser = this.visitor();
		const { email, password } = member.person;
		const { token } = await this.must(browser.ask("POST /sign-in/email", { json: { email, password, ...fields } }));
		this.names.add(token, `<token of ${label}>`);
		this.names.add(token.toLowerCase(), `<token of ${label} in lower case>`);
		return { browser, token };
	}

	/** The JSON of an answer that has to be a success for the case to mean anything. */
	async must(asking) {
		const answer = await asking;
		if (answer.status >= 400) throw new Error(`the case could not be prepared: ${answer.status} ${answer.text}`);
		return answer.json;
	}

	/** Waits until the address has `count` mails; answers them, newest first, without recording them. */
	async mails(email, count) {
		const deadline = Date.now() + PATIENCE_MS;
		for (;;) {
			const path = `/dev/mailbox.json?to=${encodeURIComponent(email)}`;
			const { status, text } = await exchange(this.base, { method: "GET", path });
			if (status !== 200) throw new Error(`GET /dev/mailbox.json answered ${status}`);
			const mails = JSON.parse(text);
			if (mails.length >= count) return mails;
			if (Date.now() > deadline) throw new Error(`${mails.length} of ${count} mails to ${email} after ${PATIENCE_MS} ms`);
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		}
	}

	/**
	 * Records the newest of `count` mails (its words are the server's own affair); answers its link and the one-time token in it. The record does not say whether two
	 * mails carry the same token, because the reference server's are equal when they were made in the same second.
	 */
	async mail(step, email, count) {
		const mails = await this.mails(email, count);
		const { to, links, code, sentAt, text, html, ...rest } = mails[0];
		const token = tokenOf(links[0]);
		const shown = links.map((link) => link.replace(token, "<mailed token>"));
		this.names.add(token, `<mailed token@${step}>`);
		this.write(step, {
			mails: mails.length,
			newest: this.names.json({ to, links: shown, code, sentAt }, step),
			otherFields: Object.keys(rest).sort(),
			linkInText: text.includes(links[0]),
			linkInHTML: html.replace(/&(#38|amp);/g, "&").replaceAll("&#43;", "+").includes(links[0]),
		});
		return { link: links[0], token };
	}

	/** Records the newest of `count` mails (or text messages) with a one-time code; answers the code. */
	async code(step, address, count) {
		const mails = await this.mails(address, count);
		// Mails are sent side by side, so one that was asked for earlier may come last.
		const { to, links, code, sentAt, text, html, ...rest } = mails.find((mail) => mail.code) ?? mails[0];
		this.write(step, {
			mails: mails.length,
			newest: this.names.json({ to, links, code: code?.replace(/\d/g, "9"), sentAt }, step),
			otherFields: Object.keys(rest).sort(),
			codeInText: text.includes(code),
			...(address.includes("@") && { codeInHTML: html.includes(code) }), // a text message has none
		});
		return code;
	}
}

/** The secret of a mailed link: /verify-email?token=… or /reset-password/…?callbackURL= */
function tokenOf(link) {
	const url = new URL(link);
	return url.searchParams.get("token") ?? url.pathname.split("/").pop();
}

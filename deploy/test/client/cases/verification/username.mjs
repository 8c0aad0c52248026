import { randomBytes } from "node:crypto";

/** Usernames where an address has to be confirmed first */
const SIGN_UP = "POST /sign-up/email";

function username(t, name = "Ada") {
	const made = `${name}.${randomBytes(6).toString("hex")}`;
	t.names.add(made, `<username ${name}>`);
	t.names.add(made.toLowerCase(), `<username ${name} in lower case>`);
	return made;
}

export const usernames = {
	"username/signs nobody in before the address is confirmed": async (t) => {
		const person = t.person();
		const made = username(t);
		await t.must(t.visitor().ask(SIGN_UP, { json: { ...person, username: made } }));
		await t.mail("mail", person.email, 1);
		await t.visitor().send("right password", "POST /sign-in/username", { json: { username: made, password: person.password, callbackURL: "/in" } });
		await t.mail("another mail", person.email, 2);
		await t.visitor().send("wrong password", "POST /sign-in/username", { json: { username: made, password: "wrong horse battery" } });
		t.fact("there is no third mail", (await t.mails(person.email, 2)).length === 2);
	},

	"username/tells that it is taken, and of no address": async (t) => {
		const ada = t.person();
		const made = username(t);
		await t.must(t.visitor().ask(SIGN_UP, { json: { ...ada, username: made } }));
		const other = username(t, "Other");
		await t.visitor().send("taken username, free address", SIGN_UP, { json: { ...t.person("bob"), username: made } });
		await t.visitor().send("taken username, taken address", SIGN_UP, { json: { ...ada, username: made } });
		const taken = await t.visitor().send("free username, taken address", SIGN_UP, { json: { ...ada, username: other } });
		t.fact("the username is shown", taken.json.user.username === other.toLowerCase() && taken.json.user.displayUsername === other);
		await t.visitor().send("is it available", "POST /is-username-available", { json: { username: other } });
	},
};

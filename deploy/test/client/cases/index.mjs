import { client } from "./client.mjs";
import { getSession } from "./get-session.mjs";
import { cors, misc, origin } from "./protocol.mjs";
import { followReset, requestReset, reset } from "./reset.mjs";
import { listSessions, revokeOtherSessions, revokeSession, revokeSessions } from "./sessions.mjs";
import { signIn } from "./sign-in.mjs";
import { signOut } from "./sign-out.mjs";
import { signUp } from "./sign-up.mjs";
import { jwks, token } from "./token.mjs";
import { sendVerification, verifyEmail } from "./verification.mjs";

/** Every case by its name, `area/what it shows`, in the order in which they run. */
export const cases = merge(
	signUp,
	signIn,
	signOut,
	getSession,
	listSessions,
	revokeSession,
	revokeSessions,
	revokeOtherSessions,
	sendVerification,
	verifyEmail,
	requestReset,
	followReset,
	reset,
	token,
	jwks,
	misc,
	origin,
	cors,
	client,
);

function merge(...groups) {
	const all = {};
	for (const [name, run] of groups.flatMap(Object.entries)) {
		if (Object.hasOwn(all, name)) throw new Error(`two cases are called ${JSON.stringify(name)}`);
		all[name] = run;
	}
	return all;
}

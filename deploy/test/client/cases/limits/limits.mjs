/** Limits per address. All visitors have the same one, so every case needs a path of its own. */

/** Calls until one call too many; says what that is told. */
async function exhaust(t, what, { allowed, window, json }) {
	for (let i = 1; i <= allowed; i++) {
		const { status } = await t.visitor().ask(what, { json: json() });
		t.fact(`call ${i} is let through`, status !== 429);
	}
	const { headers } = await t.visitor().send("one too many", what, { json: json() });
	const seconds = Number(headers["x-retry-after"]);
	t.fact("it says when to try again", seconds > window - 6 && seconds <= window);
}

const unknown = (t) => () => ({ email: t.person("nobody").email, password: "correct horse battery", name: "nobody" });

export const limits = {
	"limits/three sign-ins in ten seconds": (t) => exhaust(t, "POST /sign-in/email", { allowed: 3, window: 10, json: unknown(t) }),

	"limits/three sign-ups in ten seconds": (t) => exhaust(t, "POST /sign-up/email", { allowed: 3, window: 10, json: unknown(t) }),

	"limits/three reset mails in a minute": (t) =>
		exhaust(t, "POST /request-password-reset", { allowed: 3, window: 60, json: unknown(t) }),

	"limits/three verification mails in a minute": (t) =>
		exhaust(t, "POST /send-verification-email", { allowed: 3, window: 60, json: unknown(t) }),

	"limits/count what is refused too": (t) => exhaust(t, "POST /revoke-session", { allowed: 100, window: 10, json: () => ({}) }),

	"limits/a path that is used up leaves the others alone": async (t) => {
		await t.visitor().send("reset, still used up", "POST /request-password-reset", { json: { email: t.person().email } });
		await t.visitor().send("session", "GET /get-session");
	},
};

/** What endpoints say of bodies that are not what they want: every fault is listed, the first one first. */

/** The endpoints with the fields of their bodies. */
const BODIES = {
	"/sign-up/email": ["name", "email", "password", "image", "callbackURL", "rememberMe"],
	"/sign-in/email": ["email", "password", "callbackURL", "rememberMe"],
	"/sign-in/username": ["username", "password", "rememberMe", "callbackURL"],
	"/sign-in/social": ["callbackURL", "errorCallbackURL", "provider", "disableRedirect", "idToken", "scopes", "requestSignUp", "loginHint", "additionalParams"],
	"/link-social": ["callbackURL", "provider", "idToken", "requestSignUp", "scopes", "errorCallbackURL", "disableRedirect"],
	"/sign-out": ["callbackURL", "disableRedirect", "state"],
	"/is-username-available": ["username"],
	"/reset-password": ["newPassword", "token"],
	"/request-password-reset": ["email", "redirectTo"],
	"/send-verification-email": ["email", "callbackURL"],
	"/verify-password": ["password"],
	"/change-email": ["newEmail", "callbackURL"],
	"/change-password": ["newPassword", "currentPassword", "revokeOtherSessions"],
	"/update-user": ["name", "image", "username", "displayUsername"],
	"/update-session": ["userId"],
	"/delete-user": ["callbackURL", "password", "token"],
	"/revoke-session": ["token"],
	"/unlink-account": ["accountId", "providerId"],
	"/refresh-token": ["accountId", "providerId", "userId"],
	"/get-access-token": ["accountId", "providerId", "userId"],
	"/two-factor/enable": ["password", "method", "issuer"],
	"/two-factor/disable": ["password"],
	"/two-factor/get-totp-uri": ["password"],
	"/two-factor/generate-backup-codes": ["password"],
	"/two-factor/send-otp": ["trustDevice"],
	"/two-factor/verify-totp": ["code", "trustDevice"],
	"/two-factor/verify-otp": ["code", "trustDevice"],
	"/two-factor/verify-backup-code": ["code", "disableSession", "trustDevice"],
	"/admin/set-role": ["userId", "role"],
	"/admin/create-user": ["email", "password", "name", "role", "data"],
	"/admin/update-user": ["userId", "data"],
	"/admin/list-user-sessions": ["userId"],
	"/admin/ban-user": ["userId", "banReason", "banExpiresIn"],
	"/admin/unban-user": ["userId"],
	"/admin/impersonate-user": ["userId"],
	"/admin/revoke-user-session": ["sessionToken"],
	"/admin/revoke-user-sessions": ["userId"],
	"/admin/remove-user": ["userId"],
	"/admin/set-user-password": ["newPassword", "userId"],
	"/admin/has-permission": ["permissions", "permission"],
	"/sign-in/magic-link": ["email", "name", "callbackURL", "newUserCallbackURL", "errorCallbackURL", "metadata"],
	"/email-otp/send-verification-otp": ["email", "type"],
	"/email-otp/check-verification-otp": ["email", "type", "otp"],
	"/email-otp/verify-email": ["email", "otp"],
	"/sign-in/email-otp": ["email", "otp", "name", "image"],
	"/email-otp/request-password-reset": ["email"],
	"/forget-password/email-otp": ["email"],
	"/email-otp/reset-password": ["email", "otp", "password"],
	"/email-otp/request-email-change": ["newEmail", "otp"],
	"/email-otp/change-email": ["newEmail", "otp"],
	"/multi-session/set-active": ["sessionToken"],
	"/multi-session/revoke": ["sessionToken"],
	"/one-time-token/verify": ["token"],
};

/** Bodies that the reference server breaks on (sign-up.mjs and profile.mjs have them). */
const BREAKS = { "/sign-up/email": ["nothing", "null"], "/update-user": ["nothing", "null", "a text", "a number"] };

const WHOLE = { nothing: undefined, null: "null", "a list": "[]", "a text": '"x"', "a number": "1", "an empty object": "{}" };
const VALUES = { null: null, "a number": 1.5, true: true, "an empty text": "", "a list": [1], "an object": { a: 1 } };

export const validation = Object.fromEntries(
	Object.entries(BODIES).map(([path, fields]) => [
		`validation/${path.slice(1)}`,
		async (t) => {
			for (const [what, body] of Object.entries(WHOLE)) {
				if (BREAKS[path]?.includes(what)) continue;
				await t.visitor().send(`the body is ${what}`, `POST ${path}`, body === undefined ? {} : { body, type: "application/json" });
			}
			for (const field of fields) {
				for (const [what, value] of Object.entries(VALUES)) {
					await t.visitor().send(`${field} is ${what}`, `POST ${path}`, { json: { [field]: value } });
				}
			}
			for (const [what, value] of Object.entries(VALUES)) {
				await t.visitor().send(`all are ${what}`, `POST ${path}`, { json: Object.fromEntries(fields.map((field) => [field, value])) });
			}
		},
	]),
);

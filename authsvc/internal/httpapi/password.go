package httpapi

import (
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func (a *API) passwordEndpoints() []endpoint {
	return []endpoint{
		{
			id: "change-password", method: "POST", path: "/change-password", summary: "Replace the password; on request end all sessions", serve: changePassword,
			access: signedIn, answers: httpx.SchemaOf[passwordChanged](),
			body: &schema{fields: []field{
				{name: "newPassword"}, {name: "currentPassword"}, {name: "revokeOtherSessions", kind: boolean, optional: true},
			}},
		},
		{
			id: "verify-password", method: "POST", path: "/verify-password", summary: "Ask whether this is the user's password", serve: verifyPassword,
			access: signedIn, body: &schema{fields: []field{{name: "password"}}}, answers: httpx.SchemaOf[statusAnswer](),
		},
	}
}

// passwordChanged is the answer of a change of password. Token is that of the session which
// replaces all others, null without one.
type passwordChanged struct {
	Token *string    `json:"token"`
	User  userAnswer `json:"user"`
}

func changePassword(x *exchange) error {
	opened, err := x.api.Accounts.ChangePassword(x.r.Context(), x.current, account.PasswordChange{
		Current: x.body.text("currentPassword"), New: x.body.text("newPassword"),
		RevokeOthers: x.body.flag("revokeOtherSessions", false), Origin: x.from(false),
	})
	if err != nil {
		return err
	}
	answer := passwordChanged{User: answerUser(x.current.User)}
	if opened.Token == "" {
		return x.json(answer)
	}
	answer.Token = &opened.Token
	return x.enter(opened, "", func() error { return x.json(answer) })
}

func verifyPassword(x *exchange) error {
	if err := x.api.Accounts.VerifyPassword(x.r.Context(), x.current.User, x.body.text("password"), x.from(false)); err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}

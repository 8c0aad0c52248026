package httpapi

import (
	"slices"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/admin"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

var (
	errActing       = fault.New(fault.Denied, "NOT_WHILE_IMPERSONATING", "Not while you act as somebody else")
	errNoPermission = fault.New(fault.Invalid, "NO_PERMISSION_PASSED", "invalid permission check. no permission(s) were passed.")
	errReason       = fault.New(fault.Invalid, "VALIDATION_ERROR", "[body.reason] Invalid input: too long or with control characters")
)

// maxReason bounds the reason of an impersonation, in bytes.
const maxReason = 1000

// adminEndpoints are asOther all, because the use cases refuse who acts as somebody else in
// the words that the protocol has for each.
func (a *API) adminEndpoints() []endpoint {
	rows := slices.Concat(a.adminUserEndpoints(), a.adminSessionEndpoints())
	for i := range rows {
		rows[i].asOther = true
	}
	return rows
}

func (a *API) adminSessionEndpoints() []endpoint {
	theUser := []field{{name: "userId", judge: coercible}}
	return []endpoint{
		{
			id: "admin-list-user-sessions", method: "POST", path: "/admin/list-user-sessions", summary: "A user's live sessions",
			serve: adminListSessions, access: signedInSilently, body: &schema{fields: theUser}, answers: httpx.SchemaOf[sessionsAnswer](),
		},
		{
			id: "admin-revoke-user-session", method: "POST", path: "/admin/revoke-user-session", summary: "End somebody's session, named by its token field",
			serve: adminRevokeSession, access: signedInSilently, body: &schema{fields: []field{{name: "sessionToken"}}}, answers: httpx.SchemaOf[successAnswer](),
		},
		{
			id: "admin-revoke-user-sessions", method: "POST", path: "/admin/revoke-user-sessions", summary: "End all sessions of a user",
			serve: adminRevokeSessions, access: signedInSilently, body: &schema{fields: theUser}, answers: httpx.SchemaOf[successAnswer](),
		},
		{
			id: "admin-impersonate-user", method: "POST", path: "/admin/impersonate-user", summary: "Act as another user for an hour, with a reason",
			serve: adminImpersonate, access: signedInSilently, answers: httpx.SchemaOf[sessionAndUser](),
			body: &schema{fields: append(theUser, field{name: "reason", optional: true})},
		},
		{
			id: "admin-stop-impersonating", method: "POST", path: "/admin/stop-impersonating", summary: "Be oneself again",
			serve: adminStopImpersonating, access: signedInSilently, answers: httpx.SchemaOf[sessionAndUser](),
		},
		{
			id: "admin-set-user-password", method: "POST", path: "/admin/set-user-password", summary: "Give a user a new password and end all their sessions",
			serve: adminSetPassword, access: signedInSilently, answers: httpx.SchemaOf[statusAnswer](),
			body: &schema{fields: []field{{name: "newPassword", judge: filled("newPassword")}, {name: "userId", judge: filledCoercible("userId")}}},
		},
		{
			id: "admin-has-permission", method: "POST", path: "/admin/has-permission", summary: "Whether the caller may do all of this",
			serve: adminHasPermission, access: optional, answers: httpx.SchemaOf[permissionAnswer](), body: &schema{either: permissionForm},
		},
	}
}

// caller is who asks, for the use cases of administrators.
func (x *exchange) caller() admin.Caller {
	return admin.Caller{SignedIn: x.current, From: x.from(false)}
}

type sessionsAnswer struct {
	Sessions []sessionAnswer `json:"sessions"`
}

func adminListSessions(x *exchange) error {
	sessions, err := x.api.Admin.Sessions(x.r.Context(), x.caller(), coerced(x.body["userId"]))
	if err != nil {
		return err
	}
	answers := make([]sessionAnswer, 0, len(sessions))
	for _, s := range sessions {
		answers = append(answers, answerSession(s))
	}
	return x.json(sessionsAnswer{answers})
}

func adminRevokeSession(x *exchange) error {
	if err := x.api.Admin.RevokeSession(x.r.Context(), x.caller(), named(x.body.text("sessionToken"))...); err != nil {
		return err
	}
	return x.json(successAnswer{true})
}

func adminRevokeSessions(x *exchange) error {
	if err := x.api.Admin.RevokeSessions(x.r.Context(), x.caller(), coerced(x.body["userId"])); err != nil {
		return err
	}
	return x.json(successAnswer{true})
}

// adminImpersonate gives the browser a session as the user, and keeps the caller's own
// beside it.
func adminImpersonate(x *exchange) error {
	reason := x.body.text("reason")
	if len(reason) > maxReason || cleanText(reason) != reason {
		return errReason
	}
	acting, err := x.api.Admin.Impersonate(x.r.Context(), x.caller(), coerced(x.body["userId"]), reason)
	if err != nil {
		return err
	}
	header := x.r.Header.Get("Cookie")
	remember := !x.jar.DontRemember(header)
	if x.bearer {
		remember = x.current.Session.Remember
	}
	own, _, _ := x.api.presented(x.r)
	x.expireSession()
	x.cookies.Add(x.jar.Administrator(own, remember))
	x.setSession(acting.Token, acting.Session.Remember)
	if len(x.jar.DeviceSessions(header)) < maxDeviceSessions { // beside a session that the user has here, not in its place
		x.cookies.Add(x.jar.Device(acting.Token))
	}
	return x.json(sessionAndUser{answerSession(acting.Session), answerUser(acting.User)})
}

func adminStopImpersonating(x *exchange) error {
	own, remember, kept := x.jar.OwnSession(x.r.Header.Get("Cookie"))
	if !kept && x.current.Session.Impersonated() {
		return account.ErrAdminSession
	}
	back, err := x.api.Accounts.StopImpersonating(x.r.Context(), x.current, session.Hash(token.Hash(own)), x.from(false))
	if err != nil {
		return err
	}
	x.setSession(own, remember)
	x.cookies.Add(x.jar.ExpireAdministrator())
	return x.json(sessionAndUser{answerSession(back.Session), answerUser(back.User)})
}

func adminSetPassword(x *exchange) error {
	err := x.api.Admin.SetPassword(x.r.Context(), x.caller(), coerced(x.body["userId"]), x.body.text("newPassword"))
	if err != nil {
		return err
	}
	return x.json(statusAnswer{true})
}

type permissionAnswer struct {
	Error   *string `json:"error"`
	Success bool    `json:"success"`
}

// adminHasPermission judges whoever is signed in, whatever user or role the body names.
func adminHasPermission(x *exchange) error {
	asked, ok := x.body["permissions"].(map[string]any)
	if !ok {
		return errNoPermission
	}
	if x.current.Session.ID == "" {
		return errSilent
	}
	statement := admin.Statement{}
	for resource, actions := range asked {
		statement[resource], _ = textsOf(actions)
	}
	holds, err := x.api.Admin.Holds(x.r.Context(), x.current.User, statement)
	if err != nil {
		return err
	}
	return x.json(permissionAnswer{Success: holds})
}

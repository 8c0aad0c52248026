package httpapi

import (
	"math"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/admin"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func (a *API) adminUserEndpoints() []endpoint {
	theUser := field{name: "userId", judge: coercible}
	bans := &schema{fields: []field{theUser, {name: "banReason", optional: true}, {name: "banExpiresIn", kind: number, optional: true}}}
	return []endpoint{
		{
			id: "admin-create-user", method: "POST", path: "/admin/create-user", summary: "Make a user, who is not signed in by it",
			serve: adminCreateUser, access: signedInSilently, answers: httpx.SchemaOf[aUser](),
			body: &schema{fields: []field{
				{name: "email"},
				{name: "password", optional: true},
				{name: "name"},
				{name: "role", judge: roleForm, optional: true},
				{name: "data", kind: record, optional: true},
			}},
		},
		{
			id: "admin-list-users", method: "GET", path: "/admin/list-users", summary: "Users, searched, filtered, sorted, page by page",
			serve: adminListUsers, access: signedInSilently, query: listForm, answers: httpx.SchemaOf[usersAnswer](),
		},
		{
			id: "admin-get-user", method: "GET", path: "/admin/get-user", summary: "One user",
			serve: adminGetUser, access: signedInSilently, query: &schema{fields: []field{{name: "id"}}}, answers: httpx.SchemaOf[userAnswer](),
		},
		{
			id: "admin-update-user", method: "POST", path: "/admin/update-user", summary: "Change a user",
			serve: adminUpdateUser, access: signedInSilently, answers: httpx.SchemaOf[userAnswer](),
			body: &schema{fields: []field{theUser, {name: "data", kind: record}}},
		},
		{
			id: "admin-set-role", method: "POST", path: "/admin/set-role", summary: "Make the roles of a user exactly these",
			serve: adminSetRole, access: signedInSilently, answers: httpx.SchemaOf[aUser](),
			body: &schema{fields: []field{theUser, {name: "role", judge: roleForm}}},
		},
		{
			id: "admin-ban-user", method: "POST", path: "/admin/ban-user", summary: "Shut a user out and end all their sessions",
			serve: adminBanUser, access: signedInSilently, body: bans, answers: httpx.SchemaOf[aUser](),
		},
		{
			id: "admin-unban-user", method: "POST", path: "/admin/unban-user", summary: "Let a user in again",
			serve: adminUnbanUser, access: signedInSilently, body: &schema{fields: []field{theUser}}, answers: httpx.SchemaOf[aUser](),
		},
		{
			id: "admin-remove-user", method: "POST", path: "/admin/remove-user", summary: "Delete a user for good",
			serve: adminRemoveUser, access: signedInSilently, body: &schema{fields: []field{theUser}}, answers: httpx.SchemaOf[successAnswer](),
		},
	}
}

type aUser struct {
	User userAnswer `json:"user"`
}

// answerAUser answers with a user that a use case returned.
func (x *exchange) answerAUser(user account.User, err error) error {
	if err != nil {
		return adminRefusal(err)
	}
	return x.json(aUser{answerUser(user)})
}

// adminRefusal gives a fault the status that the protocol has for it here: a taken address
// is 400, not 422 as at sign-up.
func adminRefusal(err error) error {
	if f := fault.From(err); f.Is(admin.ErrEmailTaken) {
		return withStatus(f.Kind.Status(), f)
	}
	return err
}

func adminCreateUser(x *exchange) error {
	data, _ := x.body["data"].(map[string]any)
	changes := changesOf(data)
	if role, given := x.body["role"]; given {
		changes.Roles = rolesOf(role)
	}
	name := x.body.text("name")
	if len(name) > maxName || cleanText(name) != name {
		changes.Malformed = errText
	}
	return x.answerAUser(x.api.Admin.Create(x.r.Context(), x.caller(), admin.NewUser{
		Email: x.body.text("email"), Name: name, Password: x.body.text("password"), Changes: changes,
	}))
}

func adminGetUser(x *exchange) error {
	user, err := x.api.Admin.Find(x.r.Context(), x.caller(), x.query.text("id"))
	if err != nil {
		return err
	}
	return x.json(answerUser(user))
}

func adminUpdateUser(x *exchange) error {
	data, _ := x.body["data"].(map[string]any)
	user, err := x.api.Admin.Update(x.r.Context(), x.caller(), coerced(x.body["userId"]), changesOf(data))
	if err != nil {
		return adminRefusal(err)
	}
	return x.json(answerUser(user))
}

func adminSetRole(x *exchange) error {
	return x.answerAUser(x.api.Admin.SetRoles(x.r.Context(), x.caller(), coerced(x.body["userId"]), rolesOf(x.body["role"]).Names))
}

// The protocol's reason for a ban without one, and how long a ban with an end can be.
const (
	noReason    = "No reason"
	longestBan  = 100 * 365 * 24 * time.Hour
	badDuration = "[body.banExpiresIn] Invalid input: a ban has no end or one within 100 years"
)

func adminBanUser(x *exchange) error {
	ban := admin.Ban{Reason: x.body.text("banReason")}
	if ban.Reason == "" {
		ban.Reason = noReason
	}
	if seconds, given := x.body["banExpiresIn"].(float64); given && seconds != 0 {
		if math.Abs(seconds) > longestBan.Seconds() {
			return fault.New(fault.Invalid, "VALIDATION_ERROR", badDuration)
		}
		ban.Until = new(x.api.Now().Add(time.Duration(seconds * float64(time.Second))))
	}
	return x.answerAUser(x.api.Admin.Ban(x.r.Context(), x.caller(), coerced(x.body["userId"]), ban))
}

func adminUnbanUser(x *exchange) error {
	return x.answerAUser(x.api.Admin.Unban(x.r.Context(), x.caller(), coerced(x.body["userId"])))
}

func adminRemoveUser(x *exchange) error {
	if err := x.api.Admin.Remove(x.r.Context(), x.caller(), coerced(x.body["userId"])); err != nil {
		return err
	}
	return x.json(successAnswer{true})
}

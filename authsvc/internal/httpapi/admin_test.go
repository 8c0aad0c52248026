package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

const (
	boss    = "boss@example.com"
	ownName = "__Secure-better-auth.admin_session"
)

// administrator returns a browser in which an administrator is signed in.
func (a *app) administrator(t *testing.T) (*browser, signed) {
	t.Helper()
	b := a.browser()
	in := b.signUp(t, boss)
	a.Identity.Grant(in.User.ID, identityapi.RoleAdmin)
	return b, in
}

// with returns a browser in which somebody who holds exactly these permissions is signed in.
func (a *app) with(t *testing.T, name string, permissions ...string) (*browser, signed) {
	t.Helper()
	b := a.browser()
	in := b.signUp(t, name+"@example.com")
	a.Identity.Role(name, permissions...)
	a.Identity.Grant(in.User.ID, name)
	return b, in
}

// adminCall is a use of one power on a user.
type adminCall struct {
	id, permission, code string
	request              request
}

func adminCalls(userID, sessionToken string) []adminCall {
	post := func(path string, pairs ...any) request {
		return request{path: "/admin/" + path, body: object(append(pairs, "userId", userID)...)}
	}
	return []adminCall{
		{"admin-create-user", "users:create", "YOU_ARE_NOT_ALLOWED_TO_CREATE_USERS", request{path: "/admin/create-user", body: object("email", "new@example.com", "name", "New")}},
		{"admin-list-users", "users:list", "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS", request{path: "/admin/list-users"}},
		{"admin-get-user", "users:get", "YOU_ARE_NOT_ALLOWED_TO_GET_USER", request{path: "/admin/get-user?id=" + userID}},
		{"admin-update-user", "users:update", "YOU_ARE_NOT_ALLOWED_TO_UPDATE_USERS", post("update-user", "data", map[string]any{"name": "New"})},
		{"admin-set-role", "users:set-role", "YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE", post("set-role", "role", "user")},
		{"admin-list-user-sessions", "sessions:list", "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS_SESSIONS", post("list-user-sessions")},
		{"admin-revoke-user-session", "sessions:revoke", "YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS", post("revoke-user-session", "sessionToken", sessionToken)},
		{"admin-revoke-user-sessions", "sessions:revoke", "YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS", post("revoke-user-sessions")},
		{"admin-impersonate-user", "users:impersonate", "YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS", post("impersonate-user")},
		{"admin-set-user-password", "users:set-password", "YOU_ARE_NOT_ALLOWED_TO_SET_USERS_PASSWORD", post("set-user-password", "newPassword", newWords)},
		{"admin-ban-user", "users:ban", "YOU_ARE_NOT_ALLOWED_TO_BAN_USERS", post("ban-user")},
		{"admin-unban-user", "users:ban", "YOU_ARE_NOT_ALLOWED_TO_BAN_USERS", post("unban-user")},
		{"admin-remove-user", "users:delete", "YOU_ARE_NOT_ALLOWED_TO_DELETE_USERS", post("remove-user")},
	}
}

// adminOutages are uses of every power, for the test without storage.
func adminOutages(in signed) map[string]request {
	all := map[string]request{
		"admin-stop-impersonating": {path: "/admin/stop-impersonating", body: "{}"},
		"admin-has-permission":     {path: "/admin/has-permission", body: `{"permissions":{"user":["list"]}}`},
	}
	for _, c := range adminCalls(in.User.ID, in.Token) {
		all[c.id] = c.request
	}
	return all
}

// TestAdmin_TakesThePermission covers authentik CVE-2024-42490 (row 51): each endpoint takes
// its own permission, through whatever role; without it there is the protocol's refusal, and
// a line in the log.
func TestAdmin_TakesThePermission(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	victim := a.browser().signUp(t, ada)
	calls := adminCalls(victim.User.ID, victim.Token)
	for _, route := range a.table.Routes() {
		known := slices.ContainsFunc(calls, func(c adminCall) bool { return c.id == route.ID })
		if strings.HasPrefix(route.ID, "admin-") && !known && route.ID != "admin-stop-impersonating" && route.ID != "admin-has-permission" {
			t.Errorf("%s is not tried", route.ID)
		}
	}
	denied := func() (n int) {
		for _, e := range a.Events(t) {
			if e.Type == authapi.EventAdminDenied && e.Outcome == "denied" {
				n++
			}
		}
		return n
	}
	everything := []string{
		"users:create", "users:list", "users:get", "users:update", "users:set-role", "users:set-email", "users:set-phone", "users:set-two-factor",
		"users:set-password", "users:ban", "users:delete", "users:impersonate", "sessions:list", "sessions:revoke", "users:read", "roles:grant",
	}
	limited, _ := a.with(t, "limited")
	for _, c := range calls {
		a.Identity.Role("limited", slices.DeleteFunc(slices.Clone(everything), func(p string) bool { return p == c.permission })...)
		before := denied()
		limited.do(t, c.request).wants(t, http.StatusForbidden, c.code)
		if after := denied(); after != before+1 {
			t.Errorf("%s: %d refusals are recorded, want 1", c.id, after-before)
		}
		a.Identity.Role("limited", c.permission)
		got := patiently(func() answer { return limited.do(t, c.request) })
		got.wants(t, http.StatusOK, "")
		if limited.cookies[ownName] != "" {
			limited.post(t, "/admin/stop-impersonating").wants(t, http.StatusOK, "")
		}
	}
}

// TestAdmin_NeverOverWhoMayMore covers Keycloak CVE-2025-7784 (row 50): what a limited
// administrator could do to a full one would make the limited one a full one.
func TestAdmin_NeverOverWhoMayMore(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	full, chief := a.administrator(t)
	read := []string{"admin-create-user", "admin-list-users", "admin-get-user", "admin-list-user-sessions"}
	var all []string
	for _, c := range adminCalls("", "") {
		all = append(all, c.permission)
	}
	limited, _ := a.with(t, "limited", append(all, "users:set-email")...)
	for _, c := range adminCalls(chief.User.ID, chief.Token) {
		if slices.Contains(read, c.id) {
			continue
		}
		code := c.code
		if c.id == "admin-impersonate-user" {
			code = "YOU_CANNOT_IMPERSONATE_ADMINS"
		}
		limited.do(t, c.request).wants(t, http.StatusForbidden, code)
	}
	for what, pairs := range map[string][]any{
		"give a role above their own":      {"/admin/set-role", "userId", a.browser().signUp(t, eve).User.ID, "role", "admin"},
		"make an administrator":            {"/admin/create-user", "email", "new@example.com", "name", "New", "role", "admin"},
		"make one by the record":           {"/admin/create-user", "email", "new@example.com", "name", "New", "data", map[string]any{"role": "admin"}},
		"change the administrator's email": {"/admin/update-user", "userId", chief.User.ID, "data", map[string]any{"email": "mine@example.com"}},
	} {
		path, _ := pairs[0].(string)
		if got := limited.post(t, path, pairs[1:]...); got.status != http.StatusForbidden {
			t.Errorf("%s: status %d, body %s", what, got.status, got.body)
		}
	}
	if full.session(t) == "" || len(a.Identity.Active("new@example.com")) != 0 {
		t.Error("something happened all the same")
	}
}

// TestAdmin_Ban covers Zitadel CVE-2024-47000 (row 21): a ban counts on every way in, for as
// long as it lasts.
func TestAdmin_Ban(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b, chief := a.administrator(t)
	user := a.browser()
	in := user.signUp(t, ada)
	p := a.exchanged(t, in.Token)
	got := b.post(t, "/admin/ban-user", "userId", in.User.ID, "banReason", "spam", "banExpiresIn", 60)
	got.wants(t, http.StatusOK, "")
	var answered struct{ User map[string]any }
	got.decode(t, &answered)
	until := a.Clock.Now().Add(time.Minute).Format("2006-01-02T15:04:05.000Z")
	if answered.User["banned"] != true || answered.User["banReason"] != "spam" || answered.User["banExpires"] != until {
		t.Errorf("answer %s", got.body)
	}
	if user.session(t) != "" {
		t.Error("the session lives")
	}
	user.signIn(t, ada, authtest.Password).wants(t, http.StatusForbidden, "BANNED_USER")
	refreshed := a.do(t, request{
		path: "/oauth2/token", body: form("grant_type", "refresh_token", "refresh_token", p.RefreshToken), header: map[string]string{"Content-Type": typeForm},
	})
	refreshed.wants(t, http.StatusBadRequest, "invalid_grant")
	b.post(t, "/admin/impersonate-user", "userId", in.User.ID).wants(t, http.StatusForbidden, "BANNED_USER")
	a.Clock.Advance(time.Minute)
	user.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")

	b.post(t, "/admin/ban-user", "userId", in.User.ID).wants(t, http.StatusOK, "")
	user.signIn(t, ada, authtest.Password).wants(t, http.StatusForbidden, "BANNED_USER")
	b.post(t, "/admin/unban-user", "userId", in.User.ID).wants(t, http.StatusOK, "")
	user.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
	b.post(t, "/admin/update-user", "userId", in.User.ID, "data", map[string]any{"banned": true}).wants(t, http.StatusOK, "")
	if user.session(t) != "" {
		t.Error("a ban by update-user leaves the session")
	}

	b.post(t, "/admin/ban-user", "userId", chief.User.ID).wants(t, http.StatusBadRequest, "YOU_CANNOT_BAN_YOURSELF")
	b.post(t, "/admin/ban-user", "userId", "nobody").wants(t, http.StatusNotFound, "USER_NOT_FOUND")
	b.post(t, "/admin/ban-user", "userId", in.User.ID, "banExpiresIn", 1e300).wants(t, http.StatusBadRequest, "VALIDATION_ERROR")
	b.post(t, "/admin/update-user", "userId", chief.User.ID, "data", map[string]any{"banned": true}).
		wants(t, http.StatusBadRequest, "YOU_CANNOT_BAN_YOURSELF")
}

// TestAdmin_BanBreaksOff: a ban whose sessions could not be ended shuts out all the same,
// and repeating it ends them.
func TestAdmin_BanBreaksOff(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b, _ := a.administrator(t)
	user := a.browser()
	in := user.signUp(t, ada)
	a.Identity.CutOff("ban_user", authtest.BeforeAnswer)
	unavailable(t, "ban", b.post(t, "/admin/ban-user", "userId", in.User.ID))
	a.Identity.CutOff("ban_user", authtest.Whole)
	if user.session(t) != "" {
		t.Error("the session counts")
	}
	b.post(t, "/admin/ban-user", "userId", in.User.ID).wants(t, http.StatusOK, "")
	if n := a.Count(t, "session"); n != 1 {
		t.Errorf("there are %d sessions, want the administrator's", n)
	}
}

func TestAdmin_SetPassword(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b, chief := a.administrator(t)
	user := a.browser()
	in := user.signUp(t, ada)
	a.browser().post(t, "/request-password-reset", "email", ada).wants(t, http.StatusOK, "")
	set := func(id, words string) answer {
		return b.post(t, "/admin/set-user-password", "userId", id, "newPassword", words)
	}
	set(in.User.ID, "short").wants(t, http.StatusBadRequest, "PASSWORD_TOO_SHORT")
	set(in.User.ID, "password123").wants(t, http.StatusBadRequest, "") // ADR 0008
	set(in.User.ID, ada).wants(t, http.StatusBadRequest, "PASSWORD_COMPROMISED")
	set("nobody", newWords).wants(t, http.StatusNotFound, "USER_NOT_FOUND")
	if user.session(t) == "" {
		t.Error("a refused password ended the session")
	}
	set(in.User.ID, newWords).wants(t, http.StatusOK, "")
	if user.session(t) != "" || a.Count(t, "password_reset") != 0 {
		t.Errorf("who had the old password is in, or can reset the new one: %d resets", a.Count(t, "password_reset"))
	}
	user.signIn(t, ada, authtest.Password).wants(t, http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
	user.signIn(t, ada, newWords).wants(t, http.StatusOK, "")
	set(chief.User.ID, newWords).wants(t, http.StatusOK, "")
	if b.session(t) == "" {
		t.Error("administrators who set their own password lose the session in which they do")
	}
	for _, e := range a.Events(t) {
		if e.Type == authapi.EventPasswordSet && e.Actor != chief.User.ID {
			t.Errorf("event %+v", e)
		}
	}
}

// TestAdmin_RemovesALostFactor: it takes a permission of its own, since with a password set
// it opens the account (ASVS V6.4.4).
func TestAdmin_RemovesALostFactor(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	user := a.browser()
	in := user.signUp(t, ada)
	helper, who := a.with(t, "helper", "users:update")
	set := func(on any) answer {
		return helper.post(t, "/admin/update-user", "userId", in.User.ID, "data", map[string]any{"twoFactorEnabled": on})
	}
	user.enrol(t)
	set(false).wants(t, http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_SET_USERS_TWO_FACTOR")
	a.Identity.Role("helper", "users:update", "users:set-two-factor")
	set(true).wants(t, http.StatusOK, "")
	if user.session(t) == "" {
		t.Error("what changed nothing ended the session")
	}
	set(false).wants(t, http.StatusOK, "")
	if user.session(t) != "" {
		t.Error("a session outlived the second factor it was opened with")
	}
	user.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
	if user.session(t) == "" {
		t.Error("the second factor is still asked for")
	}
	for _, e := range a.Events(t) {
		if e.Type == authapi.EventTwoFactorDisabled && e.Actor != who.User.ID {
			t.Errorf("event %+v", e)
		}
	}
}

func TestAdmin_Sessions(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b, _ := a.administrator(t)
	one, two := a.browser(), a.browser()
	in := one.signUp(t, ada)
	two.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
	list := func(id string) (sessions []map[string]any) {
		got := b.post(t, "/admin/list-user-sessions", "userId", id)
		got.wants(t, http.StatusOK, "")
		var answered struct{ Sessions []map[string]any }
		got.decode(t, &answered)
		if strings.Contains(got.body, in.Token) {
			t.Error("the list holds a token")
		}
		return answered.Sessions
	}
	held := list(in.User.ID)
	if len(held) != 2 || len(list("nobody")) != 0 {
		t.Fatalf("sessions %v", held)
	}
	b.post(t, "/admin/revoke-user-session", "sessionToken", "nothing").wants(t, http.StatusOK, "")
	b.post(t, "/admin/revoke-user-session", "sessionToken", held[0]["token"]).wants(t, http.StatusOK, "")
	if one.session(t) != "" || two.session(t) == "" {
		t.Error("not the named session ended")
	}
	b.post(t, "/admin/revoke-user-sessions", "userId", in.User.ID).wants(t, http.StatusOK, "")
	if two.session(t) != "" || b.session(t) == "" {
		t.Error("not the sessions of the user ended")
	}
	b.post(t, "/admin/revoke-user-sessions", "userId", "nobody").wants(t, http.StatusOK, "")
}

func TestAdmin_HasPermission(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	full, _ := a.administrator(t)
	clerk, _ := a.with(t, "clerk", "users:list", "sessions:list", "orders:ship")
	for asked, want := range map[string][2]bool{ // of the administrator, of the clerk
		`{"user":["list"]}`:                                      {true, true},
		`{"user":["list"],"session":["list"]}`:                   {true, true},
		`{"user":["list","ban"]}`:                                {true, false},
		`{"session":["list","revoke","delete"]}`:                 {true, false},
		`{"orders":["ship"]}`:                                    {true, true}, // of a role made at /api/v1/roles
		`{"user":["list"],"orders":["ship","cancel"]}`:           {true, false},
		`{"user":["impersonate-admins"]}`:                        {false, false},
		`{"user":["fly"]}`:                                       {false, false},
		`{"users":["Fly away"]}`:                                 {false, false},
		`{"user":[]}`:                                            {false, false},
		`{}`:                                                     {false, false},
		`{"user":["list"],"session":[]}`:                         {false, false},
		`{"user":["` + strings.Repeat("x", 200) + `"]}`:          {false, false},
		`{"user":["list"` + strings.Repeat(`,"get"`, 300) + `]}`: {false, false},
	} {
		for i, b := range []*browser{full, clerk} {
			got := b.do(t, request{path: "/admin/has-permission", body: `{"role":"admin","permissions":` + asked + `}`})
			got.wants(t, http.StatusOK, "")
			if success := fmt.Sprintf(`{"error":null,"success":%t}`, want[i]); strings.TrimSpace(got.body) != success {
				t.Errorf("%.80s: %s, want %s", asked, got.body, success)
			}
		}
	}
	for body, message := range map[string]string{
		`{}`: "[body] Invalid input", `{"permissions":{"user":"list"}}`: "[body] Invalid input",
		`{"permissions":{},"permission":{}}`: "[body] Invalid input: more than one option matched",
		`{"permission":{"user":["list"]}}`:   "invalid permission check. no permission(s) were passed.",
	} {
		got := full.do(t, request{path: "/admin/has-permission", body: body})
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, message) {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	got := a.do(t, request{path: "/admin/has-permission", body: `{"permissions":{}}`, header: map[string]string{"Origin": frontEnd}})
	if got.status != http.StatusUnauthorized || got.body != "" || got.header.Get("Content-Type") != typeJSON {
		t.Errorf("without a session: %d %q", got.status, got.body)
	}
}

package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// acting is an administrator who acts as Ada.
type acting struct {
	*app
	b     *browser // the administrator's
	chief signed
	ada   signed
	hers  *browser
}

func newActing(t *testing.T) acting {
	t.Helper()
	a := acting{app: newApp(t, authtest.Options{})}
	a.b, a.chief = a.administrator(t)
	a.hers = a.browser()
	a.ada = a.hers.signUp(t, ada)
	a.b.post(t, "/admin/impersonate-user", "userId", a.ada.User.ID, "reason", "ticket 7").wants(t, http.StatusOK, "")
	return a
}

// as returns the id of the user whose session the browser holds.
func as(t *testing.T, b *browser) string {
	t.Helper()
	var current *struct{ User struct{ ID string } }
	b.do(t, request{path: "/get-session"}).decode(t, &current)
	if current == nil {
		return ""
	}
	return current.User.ID
}

func TestImpersonation(t *testing.T) {
	t.Parallel()
	a := newActing(t)
	got := a.b.do(t, request{path: "/get-session"})
	for _, part := range []string{`"userId":"` + a.ada.User.ID + `"`, `"impersonatedBy":"` + a.chief.User.ID + `"`, `"impersonationReason":"ticket 7"`} {
		if !strings.Contains(got.body, part) {
			t.Errorf("the session does not say %s: %s", part, got.body)
		}
	}
	t.Run("shows in the user's list of sessions", func(t *testing.T) {
		var held []map[string]any
		a.hers.do(t, request{path: "/list-sessions"}).decode(t, &held)
		seen := slices.ContainsFunc(held, func(s map[string]any) bool { return s["impersonatedBy"] == a.chief.User.ID })
		if len(held) != 2 || !seen {
			t.Errorf("sessions %v", held)
		}
	})
	t.Run("ends by itself after an hour, however often it is used", func(t *testing.T) {
		late := newActing(t)
		late.Clock.Advance(time.Hour - time.Second)
		if as(t, late.b) != late.ada.User.ID {
			t.Error("it ended before")
		}
		late.Clock.Advance(time.Second)
		if as(t, late.b) != "" {
			t.Error("it lives")
		}
	})
	t.Run("makes no refresh tokens", func(t *testing.T) {
		var token string
		other := newActing(t)
		token = other.b.post(t, "/admin/stop-impersonating").header.Get("Set-Auth-Token")
		got := other.do(t, request{path: "/admin/impersonate-user", body: object("userId", other.ada.User.ID), header: map[string]string{"Authorization": "Bearer " + token}})
		got.wants(t, http.StatusOK, "")
		actingToken, _, _ := strings.Cut(got.header.Get("Set-Auth-Token"), ".")
		exchange := form("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token", actingToken,
			"subject_token_type", "urn:gatehouse:token-type:session")
		refused := other.do(t, request{path: "/oauth2/token", body: exchange, header: map[string]string{"Content-Type": typeForm}})
		refused.wants(t, http.StatusBadRequest, "invalid_grant")
	})
	t.Run("stops, and gives the administrator's own session back", func(t *testing.T) {
		got := a.b.post(t, "/admin/stop-impersonating")
		got.wants(t, http.StatusOK, "")
		if as(t, a.b) != a.chief.User.ID || a.b.cookies[ownName] != "" || as(t, a.hers) != a.ada.User.ID {
			t.Errorf("the administrator is %s", as(t, a.b))
		}
		again := a.b.post(t, "/admin/stop-impersonating")
		if again.status != http.StatusBadRequest || strings.TrimSpace(again.body) != `{"message":"You are not impersonating anyone"}` {
			t.Errorf("a second time: %d %s", again.status, again.body)
		}
		var started, ended authtest.Recorded
		for _, e := range a.Events(t) {
			switch e.Type {
			case authapi.EventImpersonationStarted:
				started = e
			case authapi.EventImpersonationEnded:
				ended = e
			}
		}
		for _, e := range []authtest.Recorded{started, ended} {
			if e.Key != a.ada.User.ID || e.Actor != a.chief.User.ID {
				t.Errorf("event %+v", e)
			}
		}
		if !strings.Contains(string(started.Body), "ticket 7") {
			t.Errorf("the log does not say why: %s", started.Body)
		}
	})
}

// TestImpersonation_ChangesNothing walks the table: who acts as somebody else looks, and
// changes nothing that proves who the user is, nor administers.
func TestImpersonation_ChangesNothing(t *testing.T) {
	t.Parallel()
	a := newActing(t)
	a.Identity.Role("helper", "users:impersonate", "users:set-password", "users:list")
	a.Identity.Grant(a.ada.User.ID, "helper")
	other := a.browser().signUp(t, eve)
	open := []string{"admin-stop-impersonating", "admin-has-permission", // for who acts as somebody else
		"multi-session-set-active"} // asks what the browser holds, not who is signed in
	for _, route := range a.table.Routes() {
		if route.Method == http.MethodGet || slices.Contains(open, route.ID) {
			continue
		}
		body := object("userId", other.User.ID, "id", "x", "token", a.ada.Token, "email", eve, "password", authtest.Password, "newPassword", newWords,
			"currentPassword", authtest.Password, "name", "Ada", "accountId", "guess", "role", "user", "data", map[string]any{}, "sessionToken", a.ada.Token)
		path := strings.TrimPrefix(strings.ReplaceAll(route.Path, "{token}", "guess"), "/api/auth")
		stranger := patiently(func() answer { return a.browser().do(t, request{path: path, body: body}) })
		if stranger.status != http.StatusUnauthorized && stranger.status != http.StatusBadRequest {
			continue // it is for everybody
		}
		got := a.b.do(t, request{path: path, body: body})
		if got.status != http.StatusForbidden && got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d, body %s; want a refusal, or asOther and a line here", route.ID, got.status, got.body)
		}
	}
	a.b.post(t, "/change-password", "currentPassword", authtest.Password, "newPassword", newWords).wants(t, http.StatusForbidden, "NOT_WHILE_IMPERSONATING")
	a.b.post(t, "/admin/impersonate-user", "userId", other.User.ID).wants(t, http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS")
	a.b.do(t, request{path: "/admin/list-users"}).wants(t, http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS")
}

// TestImpersonation_EndsWithThePower covers Pocket ID CVE-2026-43983 (row 7): what the
// administrator loses is lost at once, in sessions as somebody else too.
func TestImpersonation_EndsWithThePower(t *testing.T) {
	t.Parallel()
	second := func(t *testing.T, a acting) *browser {
		t.Helper()
		b := a.browser()
		a.Identity.Grant(b.signUp(t, "second@example.com").User.ID, identityapi.RoleAdmin)
		return b
	}
	for name, lose := range map[string]func(*testing.T, acting){
		"by a ban": func(t *testing.T, a acting) {
			t.Helper()
			second(t, a).post(t, "/admin/ban-user", "userId", a.chief.User.ID).wants(t, http.StatusOK, "")
			if n := a.Count(t, "session"); n != 2 {
				t.Errorf("there are %d sessions, want Ada's and the second administrator's", n)
			}
		},
		"by a demotion": func(t *testing.T, a acting) {
			t.Helper()
			second(t, a).post(t, "/admin/set-role", "userId", a.chief.User.ID, "role", "user").wants(t, http.StatusOK, "")
		},
		"by the end of all sessions": func(t *testing.T, a acting) {
			t.Helper()
			second(t, a).post(t, "/admin/revoke-user-sessions", "userId", a.chief.User.ID).wants(t, http.StatusOK, "")
		},
		"by deletion": func(t *testing.T, a acting) {
			t.Helper()
			second(t, a).post(t, "/admin/remove-user", "userId", a.chief.User.ID).wants(t, http.StatusOK, "")
		},
		"by the promotion of the user": func(t *testing.T, a acting) {
			t.Helper()
			a.Identity.Role("limited", "users:impersonate")
			a.Identity.Change(a.chief.User.ID, func(u *identityapi.User) { u.Roles = []string{"limited", "user"} })
			a.Identity.Grant(a.ada.User.ID, identityapi.RoleAdmin)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newActing(t)
			if as(t, a.b) != a.ada.User.ID {
				t.Fatal("nobody acts")
			}
			lose(t, a)
			if as(t, a.b) != "" {
				t.Error("the session as somebody else lives")
			}
			if as(t, a.hers) != a.ada.User.ID {
				t.Error("the user's own session ended")
			}
		})
	}
}

// TestImpersonation_NeedsItsOwnSession: the way back takes the cookie that was set on the way
// in, of the same administrator.
func TestImpersonation_NeedsItsOwnSession(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*testing.T, acting){
		"without the cookie":             func(_ *testing.T, a acting) { delete(a.b.cookies, ownName) },
		"with a forged cookie":           func(_ *testing.T, a acting) { a.b.cookies[ownName] = a.ada.Token + ":" },
		"with the cookie of another one": func(_ *testing.T, a acting) { a.b.cookies[ownName] = a.hers.cookies[sessionID] },
		"when the own session is over": func(t *testing.T, a acting) {
			t.Helper()
			if _, err := a.Pool.Exec(t.Context(), "delete from session where user_id = $1", a.chief.User.ID); err != nil {
				t.Fatal(err)
			}
		},
		"when it is another administrator's": func(t *testing.T, a acting) {
			t.Helper()
			other := a.browser()
			in := other.signUp(t, "second@example.com")
			a.Identity.Grant(in.User.ID, identityapi.RoleAdmin)
			other.post(t, "/admin/impersonate-user", "userId", a.ada.User.ID).wants(t, http.StatusOK, "")
			a.b.cookies[ownName] = other.cookies[ownName]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newActing(t)
			spoil(t, a)
			got := a.b.post(t, "/admin/stop-impersonating")
			if got.status != http.StatusBadRequest || strings.TrimSpace(got.body) != `{"message":"Failed to find admin session"}` {
				t.Errorf("status %d, body %s", got.status, got.body)
			}
			if as(t, a.b) != a.ada.User.ID {
				t.Error("a refused way back ended the session")
			}
		})
	}
}

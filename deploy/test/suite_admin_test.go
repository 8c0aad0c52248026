package test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// adminUsers is what an administrator does with somebody: make, find, change, ban, delete.
//
// Covers ASVS V8.2.1, V7.4.5.
func (s *suite) adminUsers(t *testing.T) {
	boss := s.administrator(t)
	p := &person{visitor: s.visitor(), email: "made-by-the-administrator@example.com", password: goodPassword}
	made := boss.send(t, "POST /api/auth/admin/create-user", map[string]any{"email": p.email, "name": "Made", "password": p.password})
	s.status(t, "make a user", made, 200)
	p.id = made.at("user.id")
	s.status(t, "make them twice", boss.send(t, "POST /api/auth/admin/create-user", map[string]any{"email": p.email, "name": "Made"}), 400)
	browser := s.signIn(t, p)

	found := boss.send(t, "GET /api/auth/admin/list-users?searchValue="+url.QueryEscape(p.email), nil)
	s.status(t, "search", found, 200)
	s.is(t, "how many are found", found.at("total"), "1")
	s.is(t, "one user", boss.send(t, "GET /api/auth/admin/get-user?id="+p.id, nil).at("email"), p.email)
	changed := boss.send(t, "POST /api/auth/admin/update-user", map[string]any{"userId": p.id, "data": map[string]any{"name": "Changed"}})
	s.is(t, "a changed name", changed.at("name"), "Changed")
	s.is(t, "they see it at once", browser.send(t, "GET /api/auth/get-session", nil).at("user.name"), "Changed")

	s.status(t, "end their sessions", boss.send(t, "POST /api/auth/admin/revoke-user-sessions", map[string]any{"userId": p.id}), 200)
	s.status(t, "a session that ended", browser.send(t, "GET /api/v1/me", nil), 401)
	browser = s.signIn(t, p)
	s.status(t, "ban", boss.send(t, "POST /api/auth/admin/ban-user", map[string]any{"userId": p.id, "banReason": "spam"}), 200)
	s.status(t, "a session of the banned", browser.send(t, "GET /api/v1/me", nil), 401)
	refused := browser.send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	s.is(t, "a sign-in of the banned", refused.at("code"), "BANNED_USER")
	s.status(t, "unban", boss.send(t, "POST /api/auth/admin/unban-user", map[string]any{"userId": p.id}), 200)

	p.password = "another-horse-battery-9"
	s.hide(p.password)
	s.status(t, "set a password", boss.send(t, "POST /api/auth/admin/set-user-password", map[string]any{"userId": p.id, "newPassword": p.password}), 200)
	browser = s.signIn(t, p)
	p.visitor = browser
	s.enrol(t, p)
	lost := map[string]any{"userId": p.id, "data": map[string]any{"twoFactorEnabled": false}}
	s.is(t, "a lost second factor", boss.send(t, "POST /api/auth/admin/update-user", lost).at("twoFactorEnabled"), "false")
	s.status(t, "a session from before", browser.send(t, "GET /api/v1/me", nil), 401)
	browser = s.signIn(t, p)
	s.status(t, "delete", boss.send(t, "POST /api/auth/admin/remove-user", map[string]any{"userId": p.id}), 200)
	s.status(t, "a session of the deleted", browser.send(t, "GET /api/v1/me", nil), 401)
	s.status(t, "a sign-in of the deleted", browser.send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password}), 401)
	s.status(t, "find the deleted", boss.send(t, "GET /api/auth/admin/get-user?id="+p.id, nil), 404)
	s.recorded(t, boss, p.id, "identity.user_banned.v1", "identity.user_unbanned.v1", "authsvc.password_set.v1", "identity.user_deleted.v1", "authsvc.account_deleted.v1")
}

// recorded waits until the audit log has each of the actions about somebody, all by an
// administrator.
func (s *suite) recorded(t *testing.T, boss *visitor, subject string, wanted ...string) {
	t.Helper()
	administrator := boss.send(t, "GET /api/v1/me", nil).at("id")
	shape.Until(t, 20*time.Second, func(context.Context) error {
		query := "GET /api/v1/audit/events?limit=100&actor=" + administrator + "&subject=" + subject
		found := actions(boss.send(t, query, nil).list("events"))
		for _, action := range wanted {
			if !slices.Contains(found, action) {
				return fmt.Errorf("the log has %q, and not %s", found, action)
			}
		}
		return nil
	})
	s.checks.Add(int64(len(wanted)))
}

// adminRoles is what a role made at /api/v1/roles allows.
//
// Covers Keycloak CVE-2025-7784 (row 50), Authelia GHSA-x883-2vmg-xwf7 (row 22: a role that
// was taken counts no more), ASVS V8.2.1, V8.3.1.
func (s *suite) adminRoles(t *testing.T) {
	boss, p, other := s.administrator(t), s.signUp(t), s.signUp(t)
	bossID := boss.send(t, "GET /api/v1/me", nil).at("id")
	may := func(permissions map[string]any) string {
		return p.send(t, "POST /api/auth/admin/has-permission", map[string]any{"permissions": permissions}).at("success")
	}
	ban := func(id string) answer {
		return p.send(t, "POST /api/auth/admin/ban-user", map[string]any{"userId": id})
	}
	s.is(t, "a user may ban", may(map[string]any{"user": []string{"ban"}}), "false")
	s.status(t, "a ban by a user", ban(other.id), 403)
	s.status(t, "a list for nobody", s.visitor().send(t, "GET /api/auth/admin/list-users", nil), 401)
	role := map[string]any{"name": "moderator", "permissions": []string{"users:ban", "users:set-role", "users:set-password", "orders:ship"}}
	s.status(t, "make a role", boss.send(t, "POST /api/v1/roles", role), 201)
	s.status(t, "give it", boss.send(t, "POST /api/auth/admin/set-role", map[string]any{"userId": p.id, "role": "moderator"}), 200)
	s.is(t, "a moderator may ban and ship", may(map[string]any{"user": []string{"ban"}, "orders": []string{"ship"}}), "true")
	s.is(t, "a moderator may delete", may(map[string]any{"user": []string{"delete"}}), "false")
	s.status(t, "a ban by a moderator", ban(other.id), 200)
	s.status(t, "a ban of the administrator", ban(bossID), 403)
	s.status(t, "the administrator's password", p.send(t, "POST /api/auth/admin/set-user-password", map[string]any{"userId": bossID, "newPassword": goodPassword}), 403)
	s.status(t, "a role above their own", p.send(t, "POST /api/auth/admin/set-role", map[string]any{"userId": p.id, "role": "admin"}), 403)
	s.status(t, "a role that there is not", p.send(t, "POST /api/auth/admin/set-role", map[string]any{"userId": other.id, "role": "nothing"}), 400)
	s.status(t, "take it", boss.send(t, "POST /api/auth/admin/set-role", map[string]any{"userId": p.id, "role": "user"}), 200)
	s.is(t, "who was a moderator may ban", may(map[string]any{"user": []string{"ban"}}), "false")
	s.status(t, "a ban by who was one", ban(other.id), 403)
}

// impersonation is an administrator who acts as somebody, in the open.
func (s *suite) impersonation(t *testing.T) {
	p := s.signUp(t)
	s.administrator(t)
	browser := s.signIn(t, &person{email: administrator, password: goodPassword})
	acting := browser.send(t, "POST /api/auth/admin/impersonate-user", map[string]any{"userId": p.id, "reason": "ticket 7"})
	s.status(t, "act", acting, 200)
	session := browser.send(t, "GET /api/auth/get-session", nil)
	s.is(t, "whom the browser is", session.at("user.id"), p.id)
	s.is(t, "why", session.at("session.impersonationReason"), "ticket 7")
	s.is(t, "what gateways see", browser.send(t, "GET /api/v1/me", nil).at("id"), p.id)
	s.is(t, "the user sees two sessions", len(p.send(t, "GET /api/auth/list-sessions", nil).list("")), 2)
	s.status(t, "change the password", browser.send(t, "POST /api/auth/change-password", map[string]any{"currentPassword": p.password, "newPassword": goodPassword + "x"}), 403)
	s.status(t, "administer", browser.send(t, "GET /api/auth/admin/list-users", nil), 403)
	s.status(t, "stop", browser.send(t, "POST /api/auth/admin/stop-impersonating", map[string]any{}), 200)
	s.status(t, "be oneself", browser.send(t, "GET /api/auth/admin/list-users?limit=1", nil), 200)
	s.is(t, "the user sees one session", len(p.send(t, "GET /api/auth/list-sessions", nil).list("")), 1)
	s.recorded(t, s.administrator(t), p.id, "authsvc.impersonation_started.v1", "authsvc.impersonation_ended.v1")
}

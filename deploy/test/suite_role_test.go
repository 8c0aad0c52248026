package test

import (
	"strings"
	"testing"
)

// administrator returns a visitor who is the administrator that the settings appoint, and
// signs them up the first time.
func (s *suite) administrator(t *testing.T) *visitor {
	t.Helper()
	s.boss.once.Do(func() { s.boss.token = s.signUpAs(t, administrator).token })
	if s.boss.token == "" {
		t.Fatal("there is no administrator")
	}
	return s.visitor().with(s.boss.token)
}

// roles makes a role, gives it and takes it away. What counts is what one may do at once.
//
// Covers Authelia GHSA-x883-2vmg-xwf7; ASVS V8.2.1.
func (s *suite) roles(t *testing.T) {
	boss, p := s.administrator(t), s.signUp(t)
	s.status(t, "roles for who may not", p.send(t, "GET /api/v1/roles", nil), 403)
	made := boss.send(t, "POST /api/v1/roles", map[string]any{"name": "auditor", "permissions": []string{"audit:read"}})
	s.status(t, "make a role", made, 201)
	s.is(t, "where it is", made.header.Get("Location"), "/api/v1/roles/auditor")
	s.status(t, "make it twice", boss.send(t, "POST /api/v1/roles", map[string]any{"name": "auditor", "permissions": []string{}}), 409)

	s.status(t, "the log before", p.send(t, "GET /api/v1/audit/events", nil), 403)
	given := boss.send(t, "PUT /api/v1/users/"+p.id+"/roles/auditor", nil)
	s.status(t, "give it", given, 200)
	s.holds(t, "the answer names it", strings.Contains(given.at("roles"), "auditor"))
	s.status(t, "the log with it", p.send(t, "GET /api/v1/audit/events", nil), 200)
	s.holds(t, "the profile names what it allows", strings.Contains(p.send(t, "GET /api/v1/me", nil).at("permissions"), "audit:read"))
	s.status(t, "give away what one does not hold", p.send(t, "PUT /api/v1/users/"+p.id+"/roles/admin", nil), 403)
	s.status(t, "delete a role that somebody has", boss.send(t, "DELETE /api/v1/roles/auditor", nil), 409)

	s.status(t, "take it", boss.send(t, "DELETE /api/v1/users/"+p.id+"/roles/auditor", nil), 200)
	s.status(t, "the log after", p.send(t, "GET /api/v1/audit/events", nil), 403)
	s.status(t, "delete it", boss.send(t, "DELETE /api/v1/roles/auditor", nil), 204)
	s.status(t, "a role that is gone", boss.send(t, "GET /api/v1/roles/auditor", nil), 404)
	s.status(t, "the built-in role", boss.send(t, "DELETE /api/v1/roles/admin", nil), 409)

	found := boss.send(t, "GET /api/v1/users?email="+p.email, nil)
	s.status(t, "users by address", found, 200)
	s.holds(t, "they are found", len(found.list("users")) >= 1)
	s.status(t, "one user", boss.send(t, "GET /api/v1/users/"+p.id, nil), 200)
	s.status(t, "users for who may not", p.send(t, "GET /api/v1/users", nil), 403)
}

// appoint makes an administrator with the operator's command, beside the running system.
func (s *suite) appoint(t *testing.T) {
	p := s.signUp(t)
	s.status(t, "before", p.send(t, "GET /api/v1/roles", nil), 403)
	said, err := run(t.Context(), s.system.Environ, "admin", "grant", p.email)
	s.is(t, "the command's error", err, nil)
	s.is(t, "what it says", said, p.email+" is an administrator now.\n")
	s.status(t, "after", p.send(t, "GET /api/v1/roles", nil), 200)
	_, err = run(t.Context(), s.system.Environ, "admin", "grant", "nobody-at-all@example.com")
	s.holds(t, "an unknown address is an error that names it", err != nil && strings.Contains(err.Error(), "nobody-at-all@example.com"))
}

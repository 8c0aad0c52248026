package test

import (
	"net/url"
	"strings"
	"testing"
)

// badInput sends what no client should. Each row says who asks, what, and what it gets.
//
// Covers ASVS V2.2.1, V4.1.1, V8.2.3.
func (s *suite) badInput(t *testing.T) {
	p, boss := s.signUp(t), s.administrator(t)
	before := p.send(t, "GET /api/v1/me", nil).String()
	long := strings.Repeat("x", 100<<10)
	const protocol, oauth, problem = "message", "error", "title" // what each format of errors has
	rows := []struct {
		who    *visitor
		what   string
		body   any
		header []string
		status int
		format string // a member of the body; empty: no body
		detail string // in the body
	}{
		{p.visitor, "POST /api/auth/sign-in/email", "{", nil, 400, protocol, "BAD_REQUEST"},
		{p.visitor, "POST /api/auth/sign-in/email", map[string]any{"email": 1}, nil, 400, protocol, "VALIDATION_ERROR"},
		{p.visitor, "POST /api/auth/sign-in/email", "x", []string{"Content-Type", "text/plain"}, 415, protocol, "UNSUPPORTED_MEDIA_TYPE"},
		{p.visitor, "POST /api/auth/sign-up/email", map[string]any{"name": long, "email": "a@example.com", "password": goodPassword}, nil, 413, protocol, ""},
		{p.visitor, "POST /api/auth/sign-up/email", map[string]any{"name": "x", "email": "no address", "password": goodPassword}, nil, 400, protocol, ""},
		{p.visitor, "POST /api/auth/sign-up/email", map[string]any{"name": "x", "email": "new@example.com", "password": "short"}, nil, 400, protocol, "PASSWORD_TOO_SHORT"},
		{p.visitor, "POST /api/auth/sign-up/email", map[string]any{"name": "x", "email": "new@example.com", "password": goodPassword, "role": "admin"}, nil, 400, protocol, ""},
		{p.visitor, "POST /api/auth/sign-out", nil, []string{"Origin", "https://evil.example"}, 403, protocol, "INVALID_ORIGIN"},
		{p.visitor, "POST /api/auth/request-password-reset", map[string]any{"email": p.email, "redirectTo": "https://evil.example/"}, nil, 403, protocol, ""},
		{p.visitor, "GET /api/auth/no-such-thing", nil, nil, 404, "", ""},
		{p.visitor, "DELETE /api/auth/get-session", nil, nil, 404, "", ""},
		{p.visitor, "GET /api/auth//get-session", nil, nil, 404, "", ""},
		{p.visitor, "POST /api/auth/oauth2/token", map[string]any{"grant_type": "refresh_token"}, nil, 400, oauth, "invalid_request"},
		{p.visitor, "POST /api/auth/oauth2/token", url.Values{"grant_type": {"password"}}, nil, 400, oauth, "unsupported_grant_type"},
		{p.visitor, "POST /api/auth/oauth2/token", url.Values{}, nil, 400, oauth, "invalid_request"},
		{p.visitor, "POST /api/auth/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"a", "b"}}, nil, 400, oauth, "invalid_request"},
		{p.visitor, "POST /api/auth/oauth2/token", url.Values{"client_id": {"somebody"}}, nil, 401, oauth, "invalid_client"},
		{p.visitor, "GET /api/v1/no-such-thing", nil, nil, 404, problem, "route_unknown"},
		{p.visitor, "POST /api/v1/me", nil, nil, 405, problem, "gateway.method"},
		{p.visitor, "GET /api/v1/../v1/me", nil, nil, 404, problem, "route_unknown"},
		{p.visitor, "GET /api/v1/%6de", nil, nil, 404, problem, "route_unknown"},
		{p.visitor.with("no.such.token"), "GET /api/v1/me", nil, nil, 401, problem, "unauthenticated"},
		{boss, "POST /api/v1/roles", "{", nil, 400, problem, "request.body"},
		{boss, "POST /api/v1/roles", map[string]any{"name": "Not A Name", "permissions": []string{}}, nil, 400, problem, "role_invalid"},
		{boss, "POST /api/v1/roles", map[string]any{"name": "thing", "permissions": []string{}, "extra": 1}, nil, 400, problem, "request.body"},
		{boss, "POST /api/v1/roles", "{}", []string{"Content-Type", "text/plain"}, 415, problem, "media_type"},
		{boss, "POST /api/v1/roles", `{"name":"` + long + `"}`, nil, 413, problem, "too_large"},
		{boss, "GET /api/v1/users/no-uuid", nil, nil, 400, problem, "user_id_invalid"},
		{boss, "GET /api/v1/users?limit=1000", nil, nil, 400, problem, "query_invalid"},
		{boss, "GET /api/v1/audit/events?limit=0", nil, nil, 400, problem, ""},
		{boss, "GET /api/v1/audit/events?no_such=1", nil, nil, 400, problem, ""},
		{boss, "GET /api/v1/audit/events/00000000-0000-7000-8000-000000000000/proof", nil, nil, 404, problem, ""},
	}
	for _, row := range rows {
		got := row.who.send(t, row.what, row.body, row.header...)
		s.is(t, row.what+" "+got.String(), got.status, row.status)
		if row.format == "" {
			s.is(t, "the body of "+row.what, string(got.body), "")
			continue
		}
		s.holds(t, row.what+" is refused in its format: "+got.String(), got.at(row.format) != "")
		s.holds(t, row.what+" says "+row.detail+": "+got.String(), strings.Contains(string(got.body), row.detail))
		s.holds(t, row.what+" does not repeat what was sent", !strings.Contains(string(got.body), "xxxxxxxxxx"))
	}
	s.is(t, "who asked is as before", p.send(t, "GET /api/v1/me", nil).String(), before)
	s.status(t, "the address of refused sign-ups is free", s.signUpAs(t, "new@example.com").send(t, "GET /api/v1/me", nil), 200)
}

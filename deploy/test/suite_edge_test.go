package test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// browsers looks at the headers that browsers obey (Fetch Standard; ASVS V3.4).
func (s *suite) browsers(t *testing.T) {
	v := s.visitor()
	asked := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"}
	preflight := v.send(t, "OPTIONS /api/auth/sign-in/email", nil, asked...)
	s.status(t, "preflight", preflight, 204)
	s.is(t, "a trusted origin", preflight.header.Get("Access-Control-Allow-Origin"), shape.Origin)
	s.is(t, "its cookies", preflight.header.Get("Access-Control-Allow-Credentials"), "true")
	evil := v.send(t, "OPTIONS /api/auth/sign-in/email", nil, append(asked, "Origin", "https://evil.example")...)
	s.is(t, "another origin", evil.header.Get("Access-Control-Allow-Origin"), "")
	null := v.send(t, "GET /api/auth/get-session", nil, "Origin", "null")
	s.is(t, "no origin at all", null.header.Get("Access-Control-Allow-Origin"), "")

	for _, what := range []string{"GET /", "GET /api/auth/ok", "GET /api/v1/me", "GET /nothing", "GET /openapi.json"} {
		got := v.send(t, what, nil)
		s.is(t, what+" sniffs nothing", got.header.Get("X-Content-Type-Options"), "nosniff")
		s.holds(t, what+" is in nobody's frame", strings.Contains(got.header.Get("Content-Security-Policy"), "frame-ancestors 'none'"))
		s.holds(t, what+" has a policy", strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'"))
		s.is(t, what+" tells nobody where one comes from", got.header.Get("Referrer-Policy"), "no-referrer")
		s.is(t, what+" varies", got.header.Get("Vary"), "Origin")
		s.is(t, what+" does not say what serves it", got.header.Get("Server"), "")
		s.holds(t, what+" has a request id", got.header.Get("X-Request-Id") != "")
		for name := range got.header {
			s.holds(t, what+" shows no header of the inside: "+name, !strings.HasPrefix(name, "X-Gatehouse"))
		}
	}
	s.is(t, "a request id that came along", v.send(t, "GET /api/auth/ok", nil, "X-Request-Id", "from-outside-1").header.Get("X-Request-Id"), "from-outside-1")
	head := v.send(t, "HEAD /api/auth/ok", nil)
	s.status(t, "HEAD", head, 200)
	s.is(t, "its body", string(head.body), "")

	p := s.signUp(t)
	s.status(t, "a change with a cookie from another site", p.send(t, "PUT /api/v1/users/"+p.id+"/roles/admin", nil, "Origin", "https://evil.example"), 403)
	signedUp := s.visitor().send(t, "POST /api/auth/sign-up/email", map[string]any{"name": "x", "email": "cookie@example.com", "password": goodPassword})
	s.hide(signedUp.at("token"))
	i := slices.IndexFunc(signedUp.header.Values("Set-Cookie"), func(c string) bool { return strings.HasPrefix(c, "better-auth.session_token=") })
	s.holds(t, "signing up sets the session's cookie", i >= 0)
	for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		s.holds(t, "the cookie is "+attribute, strings.Contains(signedUp.header.Values("Set-Cookie")[max(i, 0)], attribute))
	}
}

// document compares the API document with what is there: every operation answers with
// something else than "there is nothing here". No field asks for a hint or a secret question
// (ASVS V6.4.2).
func (s *suite) document(t *testing.T) {
	got := s.visitor().send(t, "GET /openapi.json", nil)
	s.status(t, "the API document", got, 200)
	tree, _ := got.json().(map[string]any)
	s.holds(t, "it is OpenAPI 3.1", strings.HasPrefix(got.at("openapi"), "3.1"))
	for _, word := range []string{"hint", "secretQuestion", "securityQuestion"} {
		s.holds(t, "nothing in it is called "+word, !strings.Contains(string(got.body), `"`+word))
	}
	paths, _ := tree["paths"].(map[string]any)
	var operations []string
	for path, item := range paths {
		methods, _ := item.(map[string]any)
		for method := range methods {
			operations = append(operations, strings.ToUpper(method)+" "+path)
		}
	}
	for _, known := range []string{
		"POST /api/auth/sign-up/email", "GET /api/auth/get-session", "POST /api/auth/oauth2/token", "GET /api/v1/me",
		"PUT /api/v1/users/{id}/roles/{role}", "GET /api/v1/audit/events", "GET /api/v1/audit/events/{id}/proof", "GET /openapi.json",
	} {
		s.holds(t, known+" is in the document", slices.Contains(operations, known))
	}
	s.holds(t, fmt.Sprintf("all modules are in it: %d operations", len(operations)), len(operations) >= 38)
	for _, op := range s.operations(t) {
		what, answered := op.what(), s.visitor().send(t, op.what(), nil)
		s.holds(t, what+" is served: "+answered.String(), !strings.Contains(string(answered.body), "route_unknown") &&
			answered.status != http.StatusMethodNotAllowed || what == "POST /api/auth/get-session")
	}
}

// operators looks at the private listener.
func (s *suite) operators(t *testing.T) {
	ops := newVisitor(s.system.Ops)
	s.is(t, "alive", string(ops.send(t, "GET /livez", nil).body), "ok\n")
	s.is(t, "ready", ops.send(t, "GET /readyz", nil).at("ready"), "true")
	s.status(t, "nothing else", ops.send(t, "GET /api/v1/me", nil), 404)
	s.visitor().send(t, "GET /api/auth/ok", nil)
	shape.Until(t, 5*time.Second, func(context.Context) error {
		metrics := string(ops.send(t, "GET /metrics", nil).body)
		for _, want := range []string{`http_request_seconds_count{module="gateway",route="/api/auth/ok",status="200"}`, "go_goroutines", "process_resident_memory_bytes"} {
			if !strings.Contains(metrics, want) {
				return fmt.Errorf("the metrics lack %s", want)
			}
		}
		return nil
	})
	for _, path := range []string{"/livez", "/readyz", "/metrics"} {
		s.status(t, path+" on the public listener", s.visitor().send(t, "GET "+path, nil), 404)
	}
}

package front_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Covers ASVS V8.2.1, V10.3.2.
func TestFront_EnforcesGuards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.SignIn("of-ada", "ada")
	w.SignIn("of-bob", "bob")
	w.Permit("ada", "echo:read")
	ada, bob, forged := []string{"Authorization", "Bearer of-ada"}, []string{"Authorization", "Bearer of-bob"}, []string{"Authorization", "Bearer a.b.c"}
	jwt := []string{"Authorization", "Bearer " + w.key.Token(t, time.Now(), nil)}
	for _, try := range []struct {
		method, path string
		headers      []string
		status       int
		code, caller string
	}{
		{"GET", "/api/v1/echo/public", nil, 200, "", ""},
		{"GET", "/api/v1/echo/public", forged, 200, "", ""},
		{"GET", "/api/v1/echo/public", ada, 200, "", ""},
		{"POST", "/api/auth/sign-in", ada, 200, "", ""},
		{"GET", "/api/v1/echo/known", nil, 401, "authsvc.unauthenticated", ""},
		{"GET", "/api/v1/echo/known", forged, 401, "authsvc.unauthenticated", ""},
		{"GET", "/api/v1/echo/known", bob, 200, "", "bob"},
		{"GET", "/api/v1/echo/known", jwt, 200, "", "ada"},
		{"GET", "/api/v1/echo/known", []string{"Cookie", "session=of-ada"}, 200, "", "ada"},
		{"POST", "/api/v1/echo/known", []string{"Cookie", "session=of-ada"}, 403, "gateway.origin", ""},
		{"POST", "/api/v1/echo/known", []string{"Cookie", "session=of-ada", "Origin", "https://evil.example"}, 403, "gateway.origin", ""},
		{"POST", "/api/v1/echo/known", []string{"Cookie", "session=of-ada", "Origin", trustedOrigin}, 200, "", "ada"},
		{"GET", "/api/v1/echo/allowed", nil, 401, "authsvc.unauthenticated", ""},
		{"GET", "/api/v1/echo/allowed", bob, 403, "gateway.forbidden", ""},
		{"GET", "/api/v1/echo/allowed", ada, 200, "", "ada"},
		{"GET", "/api/v1/echo/allowed", jwt, 200, "", "ada"},
	} {
		before := w.seen.times()
		answer, body := w.ask(t, try.method, try.path, "", try.headers...)
		if try.status == http.StatusOK {
			if answer.StatusCode != 200 || w.seen.caller.Subject != try.caller || w.seen.times() != before+1 {
				t.Errorf("%s %s %v: status %d, caller %q", try.method, try.path, try.headers, answer.StatusCode, w.seen.caller.Subject)
			}
			continue
		}
		problem(t, answer, body, try.status, try.code)
		if w.seen.times() != before {
			t.Errorf("%s %s %v reached the module", try.method, try.path, try.headers)
		}
		if try.status == 401 && answer.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s %s: WWW-Authenticate %q", try.method, try.path, answer.Header.Get("WWW-Authenticate"))
		}
	}
}

// What cannot be found out is 503 with Retry-After, and no module is asked.
func TestFront_FailsClosed(t *testing.T) {
	t.Parallel()
	for method, token := range map[string]string{"authenticate": "session", "authorize": "session", "signing_keys": "jwt"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{})
			w.SignIn("of-ada", "ada")
			w.Permit("ada", "echo:read")
			headers := []string{"Authorization", "Bearer of-ada"}
			if token == "jwt" {
				headers[1] = "Bearer " + w.key.Token(t, time.Now(), gatewaytest.Claims{"sub": "ada"})
			}
			w.Fail(method, fault.New(fault.Unavailable, "rpc.unreached", "It cannot be reached now. Try again."))
			answer, body := w.ask(t, "GET", "/api/v1/echo/allowed", "", headers...)
			problem(t, answer, body, 503, "rpc.unreached")
			if answer.Header.Get("Retry-After") == "" || w.seen.times() != 0 {
				t.Errorf("Retry-After %q, the module was asked %d times", answer.Header.Get("Retry-After"), w.seen.times())
			}
			if answer, _ := w.ask(t, "GET", "/api/v1/echo/public", ""); answer.StatusCode != 200 {
				t.Errorf("a public route: %d", answer.StatusCode)
			}
		})
	}
}

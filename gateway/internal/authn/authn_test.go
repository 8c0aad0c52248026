package authn_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/authn"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func TestAuthenticator_ResolvesSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SignIn("secret-of-ada", "ada")
	w.SignIn("secret-of-bob", "bob")
	want := principal.Principal{
		Subject: "ada", SID: "session of ada", Roles: []string{"user"}, AMR: []string{"pwd"}, AuthTime: time.Unix(1767225600, 0).UTC(),
	}
	for name, headers := range map[string][]string{
		"a cookie":                       {"Cookie", "session=secret-of-ada"},
		"one cookie of two lines":        {"Cookie", "theme=dark", "Cookie", "session=secret-of-ada"},
		"a bearer token":                 {"Authorization", "Bearer secret-of-ada"},
		"a bearer token before a cookie": {"Authorization", "Bearer secret-of-ada", "Cookie", "session=secret-of-bob"},
		"a cookie beside another scheme": {"Authorization", "Basic eDp5", "Cookie", "session=secret-of-ada"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := w.with(t, httpx.Authenticated(), http.MethodGet, headers...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for name, headers := range map[string][]string{
		"nothing":                                       nil,
		"an unknown cookie":                             {"Cookie", "session=guess"},
		"a bearer token that proves nothing":            {"Authorization", "Bearer guess", "Cookie", "session=secret-of-ada"},
		"a forged JWT beside a good cookie":             {"Authorization", "Bearer a.b.c", "Cookie", "session=secret-of-ada"},
		"two Authorization headers, the good one first": {"Authorization", "Bearer secret-of-ada", "Authorization", "Bearer guess"},
		"two Authorization headers":                     {"Authorization", "Bearer guess", "Authorization", "Bearer secret-of-ada"},
		"another scheme alone":                          {"Authorization", "Basic eDp5"},
		"a token under another scheme":                  {"Authorization", "Basic secret-of-ada"},
		"an empty bearer token beside a cookie":         {"Authorization", "Bearer", "Cookie", "session=secret-of-ada"},
	} {
		t.Run(name, func(t *testing.T) {
			if p, err := w.with(t, httpx.Authenticated(), http.MethodGet, headers...); !errors.Is(err, authapi.ErrUnauthenticated) || p.Subject != "" {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
}

// ASVS V3.5.1: a cookie changes something only from a trusted origin.
func TestAuthenticator_CookiesNeedATrustedOriginForChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SignIn("secret", "ada")
	cookie := []string{"Cookie", "session=secret"}
	untrusted := map[string][]string{
		"no origin":                 nil,
		"an untrusted origin":       {"Origin", "https://evil.example"},
		"the null origin":           {"Origin", "null"},
		"an empty origin":           {"Origin", ""},
		"a longer host":             {"Origin", trustedOrigin + ".evil.example"},
		"another scheme":            {"Origin", "http://app.example.com"},
		"two origins":               {"Origin", "https://evil.example", "Origin", trustedOrigin},
		"a referer in its place":    {"Referer", trustedOrigin + "/"},
		"beside another credential": {"Authorization", "Basic eDp5"},
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		for name, headers := range untrusted {
			if p, err := w.with(t, httpx.Authenticated(), method, append(cookie, headers...)...); !errors.Is(err, authn.ErrOrigin) || p.Subject != "" {
				t.Errorf("%s with %s: %+v, %v", method, name, p, err)
			}
		}
		if p, err := w.with(t, httpx.Authenticated(), method, append(cookie, "Origin", trustedOrigin)...); err != nil || p.Subject != "ada" {
			t.Errorf("%s from a trusted origin: %+v, %v", method, p, err)
		}
		if p, err := w.with(t, httpx.Authenticated(), method, "Authorization", "Bearer secret"); err != nil || p.Subject != "ada" {
			t.Errorf("%s with a bearer token: %+v, %v", method, p, err)
		}
		if p, err := w.with(t, httpx.Authenticated(), method, "Authorization", "Bearer guess", "Cookie", "session=secret"); err == nil {
			t.Errorf("%s with a bearer token that proves nothing, and a cookie: %+v", method, p)
		}
	}
	for _, method := range []string{"GET", "HEAD"} {
		for name, headers := range untrusted {
			if _, err := w.with(t, httpx.Authenticated(), method, append(cookie, headers...)...); err != nil {
				t.Errorf("%s with %s: %v", method, name, err)
			}
		}
	}
}

func TestAuthenticator_Enforce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SignIn("secret-of-ada", "ada")
	w.SignIn("secret-of-bob", "bob")
	w.Permit("ada", "books:read")
	ada, bob := []string{"Authorization", "Bearer secret-of-ada"}, []string{"Authorization", "Bearer secret-of-bob"}
	for _, try := range []struct {
		name    string
		guard   httpx.Guard
		headers []string
		caller  string
		err     error
	}{
		{"public, nobody", httpx.Public(), nil, "", nil},
		{"public, credentials that prove nothing", httpx.Public(), []string{"Authorization", "Bearer guess"}, "", nil},
		{"public, a user who is not asked for", httpx.Public(), ada, "", nil},
		{"module, a user who is not asked for", httpx.Module(), ada, "", nil},
		{"authenticated, nobody", httpx.Authenticated(), nil, "", authapi.ErrUnauthenticated},
		{"authenticated, anybody", httpx.Authenticated(), bob, "bob", nil},
		{"permission, nobody", httpx.Permission("books:read"), nil, "", authapi.ErrUnauthenticated},
		{"permission, who holds it", httpx.Permission("books:read"), ada, "ada", nil},
		{"permission, who does not hold it", httpx.Permission("books:read"), bob, "", authn.ErrForbidden},
		{"permission, who holds another", httpx.Permission("books:write"), ada, "", authn.ErrForbidden},
		{"no guard", httpx.Guard{}, ada, "", authn.ErrForbidden},
		{"an unknown guard", httpx.Guard{Level: "friends"}, ada, "", authn.ErrForbidden},
	} {
		t.Run(try.name, func(t *testing.T) {
			p, err := w.with(t, try.guard, http.MethodGet, try.headers...)
			if !errors.Is(err, try.err) || (err == nil) != (try.err == nil) {
				t.Errorf("got %v, want %v", err, try.err)
			}
			if err == nil && p.Subject != try.caller {
				t.Errorf("caller %q, want %q", p.Subject, try.caller)
			}
		})
	}
	t.Run("a permission that is taken away counts at once", func(t *testing.T) {
		w.Permit("ada")
		if _, err := w.with(t, httpx.Permission("books:read"), http.MethodGet, ada...); !errors.Is(err, authn.ErrForbidden) {
			t.Errorf("got %v", err)
		}
	})
}

// The gateway fails closed: what it cannot find out is an outage, and nobody passes.
func TestAuthenticator_FailsClosed(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.Unavailable, "test.down", "Down.").WithRetryAfter(time.Second)
	for method, headers := range map[string][]string{
		"authenticate": {"Cookie", "session=secret"},
		"authorize":    {"Cookie", "session=secret"},
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.SignIn("secret", "ada")
			w.Permit("ada", "books:read")
			for _, outage := range []error{down, errors.New("a bug"), fault.New(fault.Deadline, "test.late", "Late."), fault.New(fault.Overloaded, "test.busy", "Busy.")} {
				w.Fail(method, outage)
				_, err := w.with(t, httpx.Permission("books:read"), http.MethodGet, headers...)
				if err == nil || fault.KindOf(err) != fault.KindOf(outage) {
					t.Errorf("%v became %v", outage, err)
				}
			}
			w.Fail(method, nil)
			if _, err := w.with(t, httpx.Permission("books:read"), http.MethodGet, headers...); err != nil {
				t.Errorf("after the outage: %v", err)
			}
		})
	}
	t.Run("nobody serves the methods", func(t *testing.T) {
		t.Parallel()
		server, err := rpc.NewServer(zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t)
		alone := authn.New(authn.Config{
			Call: rpc.NewDirect(server), Issuer: gatewaytest.Issuer, Trusted: func(string) bool { return true },
			Changes: gatewaytest.Changes(rpc.NewDirect(server)), Now: w.clock.Now, Keep: true,
		})
		for _, authorization := range []string{"Bearer secret", "Bearer " + w.key.Token(t, w.clock.Now(), nil)} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header.Set("Authorization", authorization)
			if _, err := alone.Enforce(t.Context(), httpx.Authenticated(), r); fault.KindOf(err) != fault.Unavailable || fault.From(err).RetryAfter == 0 {
				t.Errorf("got %v", err)
			}
		}
	})
}

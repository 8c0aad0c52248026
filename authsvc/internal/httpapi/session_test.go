package httpapi_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// Covers ASVS V15.3.1.
func TestGetSession(t *testing.T) {
	t.Parallel()

	t.Run("is null without one, and never stored", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		got := a.browser().do(t, request{path: "/get-session"})
		got.wants(t, http.StatusOK, "")
		if strings.TrimSpace(got.body) != "null" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("body %q, Cache-Control %q", got.body, got.header.Get("Cache-Control"))
		}
	})

	t.Run("shows a handle, dates of three digits and no secret (ADR 0002)", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		token := b.signUp(t, ada).Token
		got := b.do(t, request{path: "/get-session", header: map[string]string{"Gatehouse-Client-Ip": "192.0.2.9", "User-Agent": "test"}})
		var current struct{ Session map[string]any }
		got.decode(t, &current)
		if strings.Contains(got.body, token) {
			t.Error("the answer holds the token")
		}
		date := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
		for _, name := range []string{"createdAt", "updatedAt", "expiresAt"} {
			if text, _ := current.Session[name].(string); !date.MatchString(text) {
				t.Errorf("%s is %q", name, text)
			}
		}
		var names []string
		for name := range current.Session {
			names = append(names, name)
		}
		want := map[string]bool{
			"expiresAt": true, "token": true, "createdAt": true, "updatedAt": true, "ipAddress": true, "userAgent": true,
			"userId": true, "impersonatedBy": true, "id": true,
		}
		for _, name := range names {
			delete(want, name)
		}
		if len(names) != 9 || len(want) != 0 {
			t.Errorf("members are %v, missing %v", names, want)
		}
	})

	t.Run("renews after a day, unless asked not to", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		a.Clock.Advance(24 * time.Hour)
		if got := b.do(t, request{path: "/get-session?disableRefresh=true"}); got.cookie(sessionID) != nil {
			t.Error("the session was renewed although asked not to")
		}
		got := b.do(t, request{path: "/get-session"})
		if c := got.cookie(sessionID); c == nil || c.MaxAge != 604800 {
			t.Errorf("the renewed cookie is %v", c)
		}
		var current struct{ Session struct{ ExpiresAt time.Time } }
		got.decode(t, &current)
		if want := a.Clock.Now().Add(7 * 24 * time.Hour); !current.Session.ExpiresAt.Equal(want) {
			t.Errorf("it ends at %v, want %v", current.Session.ExpiresAt, want)
		}
		if again := b.do(t, request{path: "/get-session"}); again.cookie(sessionID) != nil {
			t.Error("it was renewed twice")
		}
	})

	t.Run("refuses POST as the protocol says", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		a.browser().do(t, request{path: "/get-session", body: "{}"}).
			wants(t, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED")
	})

	t.Run("takes back copies of the session that another server made", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		b.cookies["__Secure-better-auth.session_data"] = "forged"
		if got := b.do(t, request{path: "/get-session"}); got.cookie("__Secure-better-auth.session_data") == nil {
			t.Error("the copy stays")
		}
	})
}

// sessions lists the browser's user's sessions: id to handle.
func (b *browser) sessions(t *testing.T) map[string]string {
	t.Helper()
	got := b.do(t, request{path: "/list-sessions"})
	got.wants(t, http.StatusOK, "")
	var listed []struct{ ID, Token string }
	got.decode(t, &listed)
	handles := map[string]string{}
	for _, s := range listed {
		handles[s.ID] = s.Token
	}
	return handles
}

// Covers Zitadel CVE-2025-27507; ASVS V7.5.2, V8.2.2.
func TestRevokeSession(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		path string
		body func(own, other, foreign string) string // of handles
		want [3]bool                                 // own, other and foreign session live on
	}{
		"another one by its handle": {"/revoke-session", func(_, other, _ string) string { return object("token", other) }, [3]bool{true, false, true}},
		"its own by its handle":     {"/revoke-session", func(own, _, _ string) string { return object("token", own) }, [3]bool{false, true, true}},
		"a foreign one (row 49)":    {"/revoke-session", func(_, _, foreign string) string { return object("token", foreign) }, [3]bool{true, true, true}},
		"all":                       {"/revoke-sessions", func(string, string, string) string { return "" }, [3]bool{false, false, true}},
		"all others":                {"/revoke-other-sessions", func(string, string, string) string { return "" }, [3]bool{true, false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, authtest.Options{})
			own, other, foreign := a.browser(), a.browser(), a.browser()
			own.signUp(t, ada)
			other.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
			foreign.signUp(t, eve)
			handles := own.sessions(t)
			if len(handles) != 2 {
				t.Fatalf("%d sessions are listed, want 2", len(handles))
			}
			body := tc.body(handles[own.session(t)], handles[other.session(t)], foreign.sessions(t)[foreign.session(t)])
			got := own.do(t, request{method: http.MethodPost, path: tc.path, body: body})
			got.wants(t, http.StatusOK, "")
			live := [3]bool{own.session(t) != "", other.session(t) != "", foreign.session(t) != ""}
			if diff := cmp.Diff(tc.want, live); diff != "" {
				t.Errorf("own, other and foreign session live (-want +got):\n%s", diff)
			}
			if c := got.cookie(sessionID); (c != nil) == tc.want[0] {
				t.Errorf("the cookie is taken back: %t, want %t", c != nil, !tc.want[0])
			}
		})
	}
}

func TestRevokeSession_ByToken(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	own, other := a.browser(), a.browser()
	own.signUp(t, ada)
	got := other.signIn(t, ada, authtest.Password)
	var in signed
	got.decode(t, &in)
	own.do(t, request{path: "/revoke-session", body: object("token", in.Token)}).wants(t, http.StatusOK, "")
	if other.session(t) != "" || own.session(t) == "" {
		t.Error("the wrong session ended")
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	b.signUp(t, ada)
	got := b.do(t, request{path: "/token"})
	got.wants(t, http.StatusOK, "")
	var minted struct{ Token string }
	got.decode(t, &minted)
	if n := strings.Count(minted.Token, "."); n != 2 {
		t.Errorf("the token has %d dots", n)
	}
	keys := a.do(t, request{path: "/jwks"})
	keys.wants(t, http.StatusOK, "")
	var set struct {
		Keys []map[string]string
	}
	keys.decode(t, &set)
	if len(set.Keys) != 1 || set.Keys[0]["crv"] != "Ed25519" || set.Keys[0]["d"] != "" {
		t.Errorf("the keys are %s", keys.body)
	}
}

func TestErrorPage(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	got := a.do(t, request{path: "/error?error=%3Cscript%3E&error_description=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E"})
	got.wants(t, http.StatusOK, "")
	if strings.Contains(got.body, "<script>") || strings.Contains(got.body, "<img") || !strings.Contains(got.body, "UNKNOWN") {
		t.Errorf("the page repeats what it was given: %s", got.body)
	}
	if got := a.do(t, request{path: "/error?error=invalid_token"}); !strings.Contains(got.body, "invalid_token") {
		t.Error("the page does not name the error")
	}
}

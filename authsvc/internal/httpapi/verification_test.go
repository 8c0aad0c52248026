package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// link returns the path below /api/auth of the link in the newest mail to an address.
func (a *app) link(t *testing.T, to string) string {
	t.Helper()
	mails := a.Mails(t, to)
	if len(mails) == 0 {
		t.Fatalf("no mail to %s", to)
	}
	path, ours := strings.CutPrefix(mails[len(mails)-1].Links[0], authtest.Base+"/api/auth")
	if !ours {
		t.Fatalf("the link leads to %s", mails[len(mails)-1].Links[0])
	}
	return path
}

func TestVerifyEmail(t *testing.T) {
	t.Parallel()

	t.Run("signs in and leads to the callback, once", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{RequireVerification: true})
		a.browser().signUp(t, ada)
		link := a.link(t, ada)
		for i, signsIn := range []bool{true, false} {
			b := a.browser()
			got := b.do(t, request{path: link})
			got.wants(t, http.StatusFound, "")
			if got.header.Get("Location") != "/" || (b.session(t) != "") != signsIn {
				t.Errorf("use %d: to %q, signed in %t", i+1, got.header.Get("Location"), b.session(t) != "")
			}
		}
	})

	t.Run("answers a program without a callback", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		a.browser().signUp(t, ada)
		link, _, _ := strings.Cut(a.link(t, ada), "&callbackURL")
		got := a.do(t, request{path: link})
		got.wants(t, http.StatusOK, "")
		if strings.TrimSpace(got.body) != `{"status":true,"user":null}` {
			t.Errorf("body %s", got.body)
		}
	})

	t.Run("tells the front end what is wrong with a link", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		a.browser().signUp(t, ada)
		link := a.link(t, ada)
		a.Clock.Advance(time.Hour)
		for path, want := range map[string]string{
			link: "/?error=TOKEN_EXPIRED", "/verify-email?token=a&callbackURL=/in?b=c": "/in?b=c&error=INVALID_TOKEN",
		} {
			got := a.do(t, request{path: path})
			got.wants(t, http.StatusFound, "")
			if to := got.header.Get("Location"); to != want {
				t.Errorf("it leads to %q, want %q", to, want)
			}
		}
		a.do(t, request{path: "/verify-email?token=a"}).wants(t, http.StatusUnauthorized, "INVALID_TOKEN")
		a.do(t, request{path: "/verify-email"}).wants(t, http.StatusBadRequest, "VALIDATION_ERROR")
	})

	t.Run("is needed before the sign-in where that is set", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{RequireVerification: true})
		b := a.browser()
		if in := b.signUp(t, ada); in.Token != "" || b.session(t) != "" {
			t.Error("there is a session before")
		}
		b.signIn(t, ada, authtest.Password).wants(t, http.StatusForbidden, "EMAIL_NOT_VERIFIED")
		if n := len(a.Mails(t, ada)); n != 2 {
			t.Errorf("%d mails, want 2", n)
		}
		b.do(t, request{path: a.link(t, ada)}).wants(t, http.StatusFound, "")
		b.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
	})
}

// Covers Zitadel CVE-2024-41952.
func TestSendVerification(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	b.signUp(t, ada)

	t.Run("does not tell who exists, by answer or time (row 36)", func(t *testing.T) {
		t.Parallel()
		for _, email := range []string{ada, "nobody@example.com"} {
			start := time.Now()
			got := a.do(t, request{path: "/send-verification-email", body: object("email", email)})
			if spent := time.Since(start); got.status != http.StatusOK || spent < 500*time.Millisecond {
				t.Errorf("%s: status %d after %v", email, got.status, spent)
			}
		}
	})

	t.Run("tells a user who is signed in what is wrong", func(t *testing.T) {
		t.Parallel()
		b.do(t, request{path: "/send-verification-email", body: object("email", eve)}).wants(t, http.StatusBadRequest, "EMAIL_MISMATCH")
	})
}

// Covers Zitadel CVE-2024-41952; ASVS V2.3.1, V6.5.1.
func TestResetPassword(t *testing.T) {
	t.Parallel()

	t.Run("leads from the mail over the front end to a new password", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		b.do(t, request{path: "/request-password-reset", body: object("email", ada, "redirectTo", frontEnd+"/reset")}).wants(t, http.StatusOK, "")
		got := a.do(t, request{path: a.link(t, ada)})
		got.wants(t, http.StatusFound, "")
		to, err := url.Parse(got.header.Get("Location"))
		if err != nil || to.Scheme+"://"+to.Host+to.Path != frontEnd+"/reset" {
			t.Fatalf("it leads to %q, %v", got.header.Get("Location"), err)
		}
		use := request{path: "/reset-password", body: object("newPassword", newWords, "token", to.Query().Get("token"))}
		patiently(func() answer { return a.do(t, use) }).wants(t, http.StatusOK, "")
		a.do(t, use).wants(t, http.StatusBadRequest, "INVALID_TOKEN")
		if b.session(t) != "" {
			t.Error("the old session goes on")
		}
		b.signIn(t, ada, authtest.Password).wants(t, http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
		b.signIn(t, ada, newWords).wants(t, http.StatusOK, "")
	})

	t.Run("takes the token from the query too", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		a.browser().signUp(t, ada)
		a.do(t, request{path: "/request-password-reset", body: object("email", ada)}).wants(t, http.StatusOK, "")
		link, _, _ := strings.Cut(strings.TrimPrefix(a.link(t, ada), "/reset-password/"), "?")
		patiently(func() answer {
			return a.do(t, request{path: "/reset-password?token=" + link, body: object("newPassword", newWords)})
		}).wants(t, http.StatusOK, "")
	})

	t.Run("answers for an address that nobody has as for any other (row 36)", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		a.browser().signUp(t, ada)
		known := a.do(t, request{path: "/request-password-reset", body: object("email", ada)})
		unknown := a.do(t, request{path: "/request-password-reset", body: object("email", "nobody@example.com")})
		if diff := cmp.Diff([]any{known.status, known.body, known.header}, []any{unknown.status, unknown.body, unknown.header}); diff != "" {
			t.Errorf("(-known +unknown):\n%s", diff)
		}
	})

	t.Run("refuses what cannot be", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		for name, tc := range map[string]struct {
			request  request
			status   int
			code     string
			location string
		}{
			"no token":           {request{path: "/reset-password", body: object("newPassword", newWords)}, http.StatusBadRequest, "INVALID_TOKEN", ""},
			"a guessed token":    {request{path: "/reset-password", body: object("newPassword", newWords, "token", "guess")}, http.StatusBadRequest, "INVALID_TOKEN", ""},
			"a short password":   {request{path: "/reset-password", body: object("newPassword", "short", "token", "guess")}, http.StatusBadRequest, "PASSWORD_TOO_SHORT", ""},
			"a foreign redirect": {request{path: "/request-password-reset", body: object("email", ada, "redirectTo", evil)}, http.StatusForbidden, "INVALID_REDIRECT_URL", ""},
			"a foreign callback": {request{path: "/reset-password/guess?callbackURL=" + evil}, http.StatusForbidden, "INVALID_CALLBACK_URL", ""},
			"a guessed link":     {request{path: "/reset-password/guess?callbackURL=/in"}, http.StatusFound, "", authtest.Base + "/in?error=INVALID_TOKEN"},
			"an empty callback":  {request{path: "/reset-password/guess?callbackURL="}, http.StatusFound, "", authtest.Base + "/api/auth/error?error=INVALID_TOKEN"},
		} {
			got := a.do(t, tc.request)
			got.wants(t, tc.status, tc.code)
			if to := got.header.Get("Location"); to != tc.location {
				t.Errorf("%s: it leads to %q, want %q", name, to, tc.location)
			}
		}
	})
}

// TestMail_IgnoresHosts covers Zitadel CVE-2025-64101 and others (row 40): no header chooses
// where a mailed link leads.
func TestMail_IgnoresHosts(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	a.browser().signUp(t, ada)
	a.do(t, request{path: "/request-password-reset", body: object("email", ada), header: map[string]string{
		"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=http",
		"X-Forwarded-Proto": "http", "X-Forwarded-Server": "evil.example", "X-Original-Host": "evil.example", "X-Rewrite-URL": evil,
	}}).wants(t, http.StatusOK, "")
	a.link(t, ada) // fails for a link to anywhere else
	for _, m := range a.Mails(t, ada) {
		if strings.Contains(m.Text+m.HTML, "evil.example") {
			t.Errorf("the mail %q names another host", m.Subject)
		}
	}
}

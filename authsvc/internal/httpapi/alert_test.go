package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
)

// alerted makes an alert about a user happen and returns the path of its link.
func (a *app) alerted(t *testing.T, email string) string {
	t.Helper()
	user := account.User{}
	user.ID, user.Email = a.Identity.Active(email)[0], email
	err := a.Store.InTx(t.Context(), func(tx account.Tx) error {
		return a.Accounts.Alert(t.Context(), tx, user, notice.PasswordChanged, account.Origin{})
	})
	if err != nil {
		t.Fatal(err)
	}
	return a.link(t, email)
}

// submit posts a form of a page as a browser does: with the page's origin and no script.
func (b *browser) submit(t *testing.T, path string, fields ...string) answer {
	t.Helper()
	return patiently(func() answer {
		return b.do(t, request{method: http.MethodPost, path: path, body: form(fields...), header: map[string]string{
			"Content-Type": typeForm, "Origin": authtest.Base, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate",
		}})
	})
}

// hidden returns the value of the hidden field of a page, "" if it has none.
func (a answer) hidden() string {
	_, rest, _ := strings.Cut(a.body, `name="token" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func TestNotMe(t *testing.T) {
	t.Parallel()

	t.Run("asks, ends all sessions, and offers a new password, without any session of its own", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		thief := a.browser()
		thief.signUp(t, ada)
		link := a.alerted(t, ada)
		owner := a.browser()
		for range 2 { // a scanner of mails may come first
			page := owner.do(t, request{path: link})
			page.wants(t, http.StatusOK, "")
			if !strings.Contains(page.body, `<form method="post"><button>`) || thief.session(t) == "" {
				t.Errorf("the page is %s", page.body)
			}
		}
		ended := owner.submit(t, link)
		ended.wants(t, http.StatusOK, "")
		if thief.session(t) != "" {
			t.Error("the thief is still signed in")
		}
		secret := ended.hidden()
		short := owner.submit(t, "/not-me", "token", secret, "newPassword", "short")
		short.wants(t, http.StatusBadRequest, "")
		if short.hidden() != secret || !strings.Contains(short.body, "too short") {
			t.Errorf("the page is %s", short.body)
		}
		owner.submit(t, "/not-me", "token", secret, "newPassword", newWords).wants(t, http.StatusOK, "")
		owner.signIn(t, ada, newWords).wants(t, http.StatusOK, "")
		for name, again := range map[string]answer{
			"the link": owner.submit(t, link), "its page": owner.do(t, request{path: link}),
			"the form": owner.submit(t, "/not-me", "token", secret, "newPassword", newWords+"!"),
		} {
			if again.status != http.StatusNotFound || !strings.Contains(again.body, "does not work any more") {
				t.Errorf("%s again: status %d, %s", name, again.status, again.body)
			}
		}
	})

	t.Run("works in a browser that is signed in, as somebody else too", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		thief, other := a.browser(), a.browser()
		thief.signUp(t, ada)
		other.signUp(t, eve)
		other.submit(t, a.alerted(t, ada)).wants(t, http.StatusOK, "")
		if thief.session(t) != "" || other.session(t) == "" {
			t.Error("the wrong sessions have ended")
		}
	})

	t.Run("refuses other sites' forms (ASVS V3.5.1)", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		link := a.alerted(t, ada)
		got := b.do(t, request{method: http.MethodPost, path: link, header: map[string]string{"Origin": evil, "Content-Type": typeForm}})
		got.wants(t, http.StatusForbidden, "INVALID_ORIGIN")
		if b.session(t) == "" {
			t.Error("the session has ended")
		}
	})

	t.Run("shows pages that run nothing, in the reader's language", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		a.browser().signUp(t, ada)
		link := a.alerted(t, ada)
		for language, want := range map[string]string{"de-AT,de;q=0.9": `lang="de"`, "fr": `lang="en"`, "": `lang="en"`} {
			got := a.do(t, request{path: link, header: map[string]string{"Accept-Language": language}})
			if !strings.Contains(got.body, want) {
				t.Errorf("%q: the page lacks %s", language, want)
			}
			policy := got.header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "form-action 'self'") || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("the header is %v", got.header)
			}
		}
		for _, path := range []string{"/not-me/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/not-me/guess"} {
			got := a.do(t, request{path: path})
			if got.status != http.StatusNotFound || strings.Contains(got.body, "<script") {
				t.Errorf("%s: status %d, %s", path, got.status, got.body)
			}
		}
		a.Clock.Advance(account.AlertLife)
		a.do(t, request{path: link}).wants(t, http.StatusNotFound, "")
	})

	t.Run("offers no new password after an hour", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		a.browser().signUp(t, ada)
		link := a.alerted(t, ada)
		a.Clock.Advance(2 * time.Hour)
		got := a.browser().submit(t, link)
		got.wants(t, http.StatusOK, "")
		if got.hidden() != "" || !strings.Contains(got.body, "forgot password") {
			t.Errorf("the page is %s", got.body)
		}
	})
}

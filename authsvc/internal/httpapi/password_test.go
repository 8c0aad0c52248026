package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// post sends a body from this browser, as often as an overloaded machine wants it.
func (b *browser) post(t *testing.T, path string, members ...any) answer {
	t.Helper()
	return patiently(func() answer { return b.do(t, request{path: path, body: object(members...)}) })
}

func TestChangePassword(t *testing.T) {
	t.Parallel()

	t.Run("answers without a token and keeps the cookie", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		before := b.session(t)
		got := b.post(t, "/change-password", "currentPassword", authtest.Password, "newPassword", newWords)
		got.wants(t, http.StatusOK, "")
		var changed struct{ Token *string }
		got.decode(t, &changed)
		if changed.Token != nil || got.cookie(sessionID) != nil || b.session(t) != before {
			t.Errorf("the session was changed: %s", got.body)
		}
	})

	t.Run("gives this browser a new session when all others end", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b, other := a.browser(), a.browser()
		b.signUp(t, ada)
		other.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
		before := b.session(t)
		got := b.post(t, "/change-password", "currentPassword", authtest.Password, "newPassword", newWords, "revokeOtherSessions", true)
		got.wants(t, http.StatusOK, "")
		var changed struct{ Token string }
		got.decode(t, &changed)
		if after := b.session(t); changed.Token == "" || after == "" || after == before {
			t.Errorf("the session was %s and is %s", before, after)
		}
		if other.session(t) != "" {
			t.Error("the other session lives")
		}
	})

	t.Run("names what is wrong", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		for _, c := range []struct {
			current, words, code string
		}{
			{newWords, "yet other words", "INVALID_PASSWORD"},
			{authtest.Password, "short", "PASSWORD_TOO_SHORT"},
			{authtest.Password, "password123", "PASSWORD_COMPROMISED"},
			{string(make([]byte, 129)), newWords, "PASSWORD_TOO_LONG"},
		} {
			b.post(t, "/change-password", "currentPassword", c.current, "newPassword", c.words).wants(t, http.StatusBadRequest, c.code)
		}
		a.browser().post(t, "/change-password", "currentPassword", "a", "newPassword", newWords).wants(t, http.StatusUnauthorized, "UNAUTHORIZED")
	})
}

func TestVerifyPassword(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	b.signUp(t, ada)
	b.post(t, "/verify-password", "password", authtest.Password).wants(t, http.StatusOK, "")
	b.post(t, "/verify-password", "password", newWords).wants(t, http.StatusBadRequest, "INVALID_PASSWORD")
	b.post(t, "/verify-password", "password", string(make([]byte, 129))).wants(t, http.StatusBadRequest, "PASSWORD_TOO_LONG")
}

// TestLinkedAccounts covers ASVS V7.5.1 for the protocol's own list: ways in are shown without
// secrets, and taking one away asks for a recent sign-in.
func TestLinkedAccounts(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	in := b.signUp(t, ada)
	got := b.do(t, request{path: "/list-accounts"})
	got.wants(t, http.StatusOK, "")
	var listed []map[string]any
	got.decode(t, &listed)
	if len(listed) != 1 || listed[0]["providerId"] != "credential" || listed[0]["accountId"] != in.User.ID || len(listed[0]) != 7 {
		t.Fatalf("listed is %s", got.body)
	}
	b.post(t, "/unlink-account", "accountId", listed[0]["id"]).wants(t, http.StatusBadRequest, "FAILED_TO_UNLINK_LAST_ACCOUNT")
	a.Clock.Advance(24 * time.Hour)
	b.post(t, "/unlink-account", "accountId", listed[0]["id"]).wants(t, http.StatusForbidden, "SESSION_NOT_FRESH")
}

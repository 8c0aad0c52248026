package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// heldSessions returns what the browser holds, as the list shows it.
func (b *browser) heldSessions(t *testing.T) []struct {
	Session struct{ ID, Token string }
	User    struct{ ID string }
} {
	t.Helper()
	var list []struct {
		Session struct{ ID, Token string }
		User    struct{ ID string }
	}
	got := b.do(t, request{path: "/multi-session/list-device-sessions"})
	got.wants(t, http.StatusOK, "")
	got.decode(t, &list)
	return list
}

func TestMultiSession(t *testing.T) {
	t.Parallel()

	t.Run("goes on with another session, named by its handle", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		first, second := b.signUp(t, ada), b.signUp(t, eve)
		list := b.heldSessions(t)
		if len(list) != 2 || list[0].User.ID != first.User.ID || list[1].User.ID != second.User.ID {
			t.Fatalf("the browser holds %v", list)
		}
		if list[0].Session.Token == first.Token {
			t.Error("the list hands out a token")
		}
		b.do(t, request{path: "/multi-session/set-active", body: object("sessionToken", list[0].Session.Token)}).wants(t, http.StatusOK, "")
		if b.session(t) != list[0].Session.ID {
			t.Error("the browser has another session")
		}
		b.do(t, request{path: "/multi-session/revoke", body: object("sessionToken", first.Token)}).wants(t, http.StatusOK, "")
		if b.session(t) != list[1].Session.ID || len(b.heldSessions(t)) != 1 {
			t.Error("the browser does not go on with what is left")
		}
	})

	t.Run("takes no session that the browser does not hold (past-vulnerabilities row 48)", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		victim, thief := a.browser(), a.browser()
		in := victim.signUp(t, ada)
		thief.signUp(t, eve)
		handle := victim.heldSessions(t)[0].Session.Token
		own := thief.session(t)
		for _, name := range []string{handle, in.Token, strings.ToLower(in.Token), "", "guess"} {
			for _, path := range []string{"/multi-session/set-active", "/multi-session/revoke"} {
				thief.do(t, request{path: path, body: object("sessionToken", name)}).wants(t, http.StatusUnauthorized, "INVALID_SESSION_TOKEN")
			}
		}
		// A forged cookie under the name of the victim's token.
		for cookie := range victim.cookies {
			if strings.Contains(cookie, "_multi-") {
				thief.cookies[cookie] = thief.cookies[sessionID]
			}
		}
		thief.do(t, request{path: "/multi-session/set-active", body: object("sessionToken", in.Token)}).wants(t, http.StatusUnauthorized, "INVALID_SESSION_TOKEN")
		if thief.session(t) != own || victim.session(t) == "" {
			t.Error("sessions have changed")
		}
	})
}

func TestAnonymous(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	var stranger signed
	got := b.do(t, request{path: "/sign-in/anonymous", body: "{}"})
	got.wants(t, http.StatusOK, "")
	got.decode(t, &stranger)
	b.do(t, request{path: "/sign-in/anonymous", body: "{}"}).wants(t, http.StatusBadRequest, "ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY")

	b.signIn(t, ada, newWords).wants(t, http.StatusUnauthorized, "")
	if len(a.Identity.Active(stranger.User.Email)) != 1 {
		t.Fatal("a failed sign-in deletes the stranger")
	}
	thief := a.browser()
	thief.signUp(t, eve)
	if len(a.Identity.Active(stranger.User.Email)) != 1 {
		t.Fatal("another browser deletes the stranger")
	}
	b.signUp(t, ada)
	if len(a.Identity.Active(stranger.User.Email)) != 0 {
		t.Error("the stranger is still there after a sign-up")
	}
	b.do(t, request{path: "/delete-anonymous-user", body: "{}"}).wants(t, http.StatusForbidden, "USER_IS_NOT_ANONYMOUS")
	if b.session(t) == "" {
		t.Error("the member is signed out")
	}
}

func TestOneTimeToken(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	here, there := a.browser(), a.browser()
	here.signUp(t, ada)
	var issued struct{ Token string }
	here.do(t, request{path: "/one-time-token/generate"}).decode(t, &issued)
	there.do(t, request{path: "/one-time-token/verify", body: object("token", issued.Token)}).wants(t, http.StatusOK, "")
	if there.session(t) == "" || there.session(t) != here.session(t) {
		t.Error("the other browser has another session")
	}
	again := a.do(t, request{path: "/one-time-token/verify", body: object("token", issued.Token)})
	if again.status != http.StatusBadRequest || strings.TrimSpace(again.body) != `{"message":"Invalid token"}` {
		t.Errorf("again: status %d, %s", again.status, again.body)
	}
}

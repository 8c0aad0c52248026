package account_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

func change(t *testing.T, s *account.Service, current account.SignedIn, in account.PasswordChange) (account.SignedIn, error) {
	t.Helper()
	in.Origin = from
	return authtest.Patiently(func() (account.SignedIn, error) { return s.ChangePassword(t.Context(), current, in) })
}

func TestService_ChangePassword(t *testing.T) {
	t.Parallel()

	t.Run("replaces the password, ends reset links and leaves sessions alone (ASVS V6.2.2, V6.2.3)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada)
		other, err := w.SignIn(t, ada, authtest.Password)
		if err != nil {
			t.Fatal(err)
		}
		link := requestReset(t, w, ada)
		opened, err := change(t, w.Accounts, ours, account.PasswordChange{Current: authtest.Password, New: newWords})
		if err != nil || opened.Token != "" {
			t.Fatalf("a session was opened: %t, %v", opened.Token != "", err)
		}
		if !live(t, w, ours.Session.TokenHash) || !live(t, w, other.Session.TokenHash) {
			t.Error("a session has ended")
		}
		if _, err := w.SignIn(t, ada, authtest.Password); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("the old password: %v, want ErrCredentials", err)
		}
		if _, err := w.SignIn(t, ada, newWords); err != nil {
			t.Errorf("the new password: %v", err)
		}
		if err := use(t, w.Accounts, link, authtest.Password); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("the older reset link (Supabase Auth 35d38d9, row 44): %v, want ErrInvalidToken", err)
		}
		if types := w.Types(t, ours.User.ID); !slices.Contains(types, authapi.EventPasswordChanged) {
			t.Errorf("events %v", types)
		}
	})

	t.Run("ends all sessions on request and opens one in place of the current one (ASVS V7.4.3)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada)
		stranger := w.SignUp(t, "eve@example.com")
		other, err := w.SignIn(t, ada, authtest.Password)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(25 * time.Hour)
		opened, err := change(t, w.Accounts, ours, account.PasswordChange{Current: authtest.Password, New: newWords, RevokeOthers: true})
		if err != nil {
			t.Fatal(err)
		}
		if live(t, w, ours.Session.TokenHash) || live(t, w, other.Session.TokenHash) || !live(t, w, stranger.Session.TokenHash) {
			t.Error("the wrong sessions live")
		}
		if !live(t, w, opened.Session.TokenHash) || !opened.Session.Remember || !opened.Session.Fresh(w.Clock.Now()) {
			t.Errorf("the new session is %+v", opened.Session)
		}
		if !slices.Equal(opened.Session.AMR, []string{"pwd"}) {
			t.Errorf("the new session was proved by %v", opened.Session.AMR)
		}
	})

	t.Run("keeps what else proved the session", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada)
		ours.Session.AMR = []string{"hwk", "otp"}
		opened, err := change(t, w.Accounts, ours, account.PasswordChange{Current: authtest.Password, New: newWords, RevokeOthers: true})
		if err != nil || !slices.Equal(opened.Session.AMR, []string{"hwk", "otp", "pwd"}) {
			t.Errorf("the new session was proved by %v, %v", opened.Session.AMR, err)
		}
	})

	t.Run("refuses a wrong password and records it", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada)
		_, err := change(t, w.Accounts, ours, account.PasswordChange{Current: newWords, New: "yet other words", RevokeOthers: true})
		if !errors.Is(err, account.ErrPassword) {
			t.Errorf("ChangePassword = %v, want ErrPassword", err)
		}
		if !live(t, w, ours.Session.TokenHash) {
			t.Error("the session has ended")
		}
		last := w.Events(t)[len(w.Events(t))-1]
		var body account.Details
		if err := json.Unmarshal(last.Body, &body); err != nil || last.Type != authapi.EventPasswordRefused || last.Outcome != "failure" || body.Reason != "change password" {
			t.Errorf("recorded is %+v, %v", last, err)
		}
	})

	t.Run("refuses a new password that cannot be one, and an account without any", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada)
		for words, want := range map[string]error{"short": password.ErrTooShort, "password123": password.ErrCommon} {
			if _, err := change(t, w.Accounts, ours, account.PasswordChange{Current: authtest.Password, New: words}); !errors.Is(err, want) {
				t.Errorf("%q: %v, want %v", words, err, want)
			}
		}
		if _, err := w.Pool.Exec(t.Context(), "delete from credential"); err != nil {
			t.Fatal(err)
		}
		if _, err := change(t, w.Accounts, ours, account.PasswordChange{Current: authtest.Password, New: newWords}); !errors.Is(err, account.ErrNoPassword) {
			t.Errorf("without a password: %v, want ErrNoPassword", err)
		}
	})

	t.Run("loses the race against a reset and against the end of its session", func(t *testing.T) {
		t.Parallel()
		for name, lost := range map[string]struct {
			before func(*testing.T, *authtest.World, account.SignedIn)
			want   error
		}{
			"a reset": {func(t *testing.T, w *authtest.World, _ account.SignedIn) { reset(t, w, newWords) }, account.ErrPassword},
			"a sign-out": {func(t *testing.T, w *authtest.World, ours account.SignedIn) {
				if err := w.Accounts.SignOut(t.Context(), ours.Session.TokenHash); err != nil {
					t.Error(err)
				}
			}, account.ErrUnauthorized},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := authtest.New(t, authtest.Options{})
				ours := w.SignUp(t, ada)
				racing := meanwhile(w, func() { lost.before(t, w, ours) })
				_, err := change(t, racing, ours, account.PasswordChange{Current: authtest.Password, New: "yet other words", RevokeOthers: true})
				if !errors.Is(err, lost.want) {
					t.Errorf("ChangePassword = %v, want %v", err, lost.want)
				}
				if n := w.Count(t, "session"); n != 0 {
					t.Errorf("%d sessions live, want none", n)
				}
			})
		}
	})
}

// TestService_RefusesObviousPasswords: what others know of a user is no secret (ASVS V6.2.11).
func TestService_RefusesObviousPasswords(t *testing.T) {
	t.Parallel()
	const obvious = "Ada@Example.com-1815"
	w := authtest.New(t, authtest.Options{})
	if _, err := signUp(t, w.Accounts, ada, obvious); !errors.Is(err, password.ErrObvious) {
		t.Errorf("at sign-up: %v", err)
	}
	ours := w.SignUp(t, ada)
	_, err := change(t, w.Accounts, ours, account.PasswordChange{Current: authtest.Password, New: obvious})
	if !errors.Is(err, password.ErrObvious) {
		t.Errorf("as a changed password: %v", err)
	}
	secret := requestReset(t, w, ada)
	if err := w.Accounts.ResetPassword(t.Context(), secret, obvious, account.Origin{}); !errors.Is(err, password.ErrObvious) {
		t.Errorf("after a reset: %v", err)
	}
	if err := w.Accounts.ResetPassword(t.Context(), secret, newWords, account.Origin{}); err != nil {
		t.Errorf("the refusal used the link up: %v", err)
	}
}

func TestService_VerifyPassword(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	user := w.SignUp(t, ada).User
	verify := func(words string) error {
		_, err := authtest.Patiently(func() (any, error) { return nil, w.Accounts.VerifyPassword(t.Context(), user, words, from) })
		return err
	}
	if err := verify(authtest.Password); err != nil {
		t.Errorf("the password: %v", err)
	}
	if err := verify(newWords); !errors.Is(err, account.ErrPassword) {
		t.Errorf("a wrong one: %v, want ErrPassword", err)
	}
	if types := w.Types(t, user.ID); types[len(types)-1] != authapi.EventPasswordRefused {
		t.Errorf("events %v, want the refusal at the end", types)
	}
	for range 4 {
		if err := verify(newWords); !errors.Is(err, account.ErrPassword) {
			t.Errorf("another wrong one: %v, want ErrPassword", err)
		}
	}
	if err := verify(authtest.Password); !errors.Is(err, throttle.ErrLimited) {
		t.Errorf("after five wrong ones (ASVS V6.3.1): %v, want ErrLimited", err)
	}
	if _, err := w.SignIn(t, ada, authtest.Password); !errors.Is(err, throttle.ErrLimited) {
		t.Errorf("a sign-in then: %v, want ErrLimited: the guesses count together", err)
	}
	w.Clock.Advance(time.Hour)
	if _, err := w.Pool.Exec(t.Context(), "delete from credential"); err != nil {
		t.Fatal(err)
	}
	if err := verify(authtest.Password); !errors.Is(err, account.ErrPassword) {
		t.Errorf("without a password: %v, want ErrPassword", err)
	}
}

// TestService_ResetIsBoundToItsAddress covers row 44 (Supabase Auth commit 35d38d9): a link
// that was mailed to an address which is the user's no more gives nobody a new password.
func TestService_ResetIsBoundToItsAddress(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*authtest.World, string){
		"another address": func(w *authtest.World, id string) {
			w.Identity.Change(id, func(u *identityapi.User) { u.Email = "other@example.com" })
		},
		"nobody": func(w *authtest.World, id string) { w.Identity.Delete(id) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			id := w.SignUp(t, ada).User.ID
			link := requestReset(t, w, ada)
			change(w, id)
			if pending, err := w.Accounts.ResetPending(t.Context(), link); pending || err != nil {
				t.Errorf("pending is %t, %v", pending, err)
			}
			if err := use(t, w.Accounts, link, newWords); !errors.Is(err, account.ErrInvalidToken) {
				t.Errorf("ResetPassword = %v, want ErrInvalidToken", err)
			}
		})
	}
}

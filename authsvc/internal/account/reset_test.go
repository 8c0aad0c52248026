package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
)

// requestReset returns the secret of a new reset mail.
func requestReset(t *testing.T, w *authtest.World, email string) string {
	t.Helper()
	if err := w.Accounts.RequestReset(t.Context(), email, "/reset", from); err != nil {
		t.Fatal(err)
	}
	mails := w.Mails(t, email)
	return secretOf(t, mails[len(mails)-1], "")
}

func use(t *testing.T, s *account.Service, secret, words string) error {
	t.Helper()
	_, err := authtest.Patiently(func() (any, error) { return nil, s.ResetPassword(t.Context(), secret, words, from) })
	return err
}

// reset gives Ada a new password, by mail.
func reset(t *testing.T, w *authtest.World, words string) {
	t.Helper()
	if err := use(t, w.Accounts, requestReset(t, w, ada), words); err != nil {
		t.Error(err)
	}
}

// Covers Supabase Auth commit 35d38d9; ASVS V6.5.1, V7.4.3.
func TestService_ResetPassword(t *testing.T) {
	t.Parallel()

	t.Run("replaces the password and ends all sessions", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		signed := w.SignUp(t, ada)
		other := w.SignUp(t, "eve@example.com")
		reset(t, w, newWords)
		if _, err := w.Accounts.Current(t.Context(), signed.Session.TokenHash); !errors.Is(err, account.ErrUnauthorized) {
			t.Errorf("the old session: %v, want ErrUnauthorized", err)
		}
		if _, err := w.Accounts.Current(t.Context(), other.Session.TokenHash); err != nil {
			t.Errorf("another user's session: %v", err)
		}
		if _, err := w.SignIn(t, ada, authtest.Password); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("the old password: %v, want ErrCredentials", err)
		}
		if _, err := w.SignIn(t, ada, newWords); err != nil {
			t.Errorf("the new password: %v", err)
		}
	})

	t.Run("ends older links, and each link after its use (Supabase Auth 35d38d9, row 44)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		older, newer := requestReset(t, w, ada), requestReset(t, w, ada)
		if err := use(t, w.Accounts, newer, newWords); err != nil {
			t.Fatal(err)
		}
		for name, secret := range map[string]string{"the older link": older, "the used link": newer} {
			if pending, err := w.Accounts.ResetPending(t.Context(), secret); pending || err != nil {
				t.Errorf("%s: pending is %t, %v", name, pending, err)
			}
			if err := use(t, w.Accounts, secret, authtest.Password); !errors.Is(err, account.ErrInvalidToken) {
				t.Errorf("%s: %v, want ErrInvalidToken", name, err)
			}
		}
	})

	t.Run("refuses a link at the end of its life, sweeper or not (authentik CVE-2025-64708)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		secret := requestReset(t, w, ada)
		w.Clock.Advance(account.ResetLife - time.Second)
		if pending, err := w.Accounts.ResetPending(t.Context(), secret); !pending || err != nil {
			t.Errorf("a second before the end: pending is %t, %v", pending, err)
		}
		w.Clock.Advance(time.Second)
		if err := use(t, w.Accounts, secret, newWords); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("at the end: %v, want ErrInvalidToken", err)
		}
	})

	t.Run("does not consume the link for a password that it refuses", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		secret := requestReset(t, w, ada)
		if err := use(t, w.Accounts, secret, "short"); !errors.Is(err, password.ErrTooShort) {
			t.Errorf("ResetPassword = %v, want ErrTooShort", err)
		}
		if err := use(t, w.Accounts, secret, newWords); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})

	t.Run("does all of it or nothing", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		signed := w.SignUp(t, ada)
		secret := requestReset(t, w, ada)
		tooLarge := account.Origin{UserAgent: strings.Repeat("a", 1<<17)} // for an event
		_, err := authtest.Patiently(func() (any, error) {
			return nil, w.Accounts.ResetPassword(t.Context(), secret, newWords, tooLarge)
		})
		if err == nil {
			t.Fatal("an event of that size was stored")
		}
		if _, err := w.Accounts.Current(t.Context(), signed.Session.TokenHash); err != nil {
			t.Errorf("the session: %v", err)
		}
		if err := use(t, w.Accounts, secret, newWords); err != nil {
			t.Errorf("the link: %v", err)
		}
	})

	t.Run("takes nothing but a reset secret (Better Auth GHSA-965c-763c-88jm, row 45)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		signed := w.SignUp(t, ada)
		secret := requestReset(t, w, ada)
		for name, presented := range map[string]string{
			"nothing": "", "a session token": signed.Token, "the session's handle": signed.Session.TokenHash.Handle(),
			"a mailed proof": secretOf(t, w.Mails(t, ada)[0], "token"), "a secret cut short": secret[1:], "another case": swapCase(secret),
		} {
			if err := use(t, w.Accounts, presented, newWords); !errors.Is(err, account.ErrInvalidToken) {
				t.Errorf("%s: %v, want ErrInvalidToken", name, err)
			}
		}
	})
}

// TestService_ResetPasswordParallel covers Better Auth CVE-2026-53518 (row 6): of 64 uses of
// one link, on two instances, one succeeds.
//
// Covers ASVS V2.3.4, V6.5.1.
func TestService_ResetPasswordParallel(t *testing.T) {
	t.Parallel()
	for name, links := range map[string]int{"one link": 1, "two links of one user": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			id := w.SignUp(t, ada).User.ID
			secrets := make([]string, links)
			for i := range secrets {
				secrets[i] = requestReset(t, w, ada)
			}
			instances := []*account.Service{w.Accounts, w.Replica(t).Accounts}
			var errs [64]error
			authtest.Parallel(len(errs), func(i int) {
				errs[i] = use(t, instances[i/2%2], secrets[i%links], newWords)
			})
			successes := 0
			for i, err := range errs {
				if err == nil {
					successes++
				} else if !errors.Is(err, account.ErrInvalidToken) {
					t.Errorf("use %d: %v, want ErrInvalidToken", i, err)
				}
			}
			resets := 0
			for _, eventType := range w.Types(t, id) {
				if eventType == authapi.EventPasswordReset {
					resets++
				}
			}
			if successes != 1 || resets != 1 {
				t.Errorf("%d uses succeeded and %d were recorded, want 1 and 1", successes, resets)
			}
		})
	}
}

func TestService_RequestReset(t *testing.T) {
	t.Parallel()

	t.Run("does nothing for an address that nobody has", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		if err := w.Accounts.RequestReset(t.Context(), "nobody@example.com", "/", from); err != nil {
			t.Errorf("RequestReset = %v, want nil", err)
		}
		if n := w.Count(t, "river_job") + w.Count(t, "password_reset") + len(w.Events(t)); n != 0 {
			t.Errorf("%d rows were written, want none", n)
		}
	})

	t.Run("stores link, mail and event together or not at all", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		err := w.Accounts.RequestReset(t.Context(), ada, "/", account.Origin{UserAgent: strings.Repeat("a", 1<<17)})
		if err == nil {
			t.Fatal("an event of that size was stored")
		}
		if mails, links := len(w.Mails(t, ada)), w.Count(t, "password_reset"); mails != 1 || links != 0 {
			t.Errorf("%d mails and %d links, want the mail of the sign-up only", mails, links)
		}
	})

	t.Run("stores the secret as a hash only", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		secret := requestReset(t, w, ada)
		var rows string
		const dump = `select (select json_agg(p)::text from password_reset p) || (select json_agg(j)::text from river_job j) || (select json_agg(o)::text from outbox o)`
		if err := w.Pool.QueryRow(t.Context(), dump).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(rows, secret) {
			t.Error("the secret is in the database")
		}
	})
}

func swapCase(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return c - 'a' + 'A'
		case c >= 'A' && c <= 'Z':
			return c - 'A' + 'a'
		}
		return c
	}, text)
}

package account_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

const nobodys = "nobody@example.com"

// outcome is what a guess is told.
func outcome(err error) string {
	switch {
	case err == nil:
		return "in"
	case errors.Is(err, account.ErrCredentials):
		return "wrong"
	case errors.Is(err, throttle.ErrLimited):
		return "wait " + fault.From(err).RetryAfter.String()
	}
	return err.Error()
}

// guesses makes n wrong guesses, each as early as it counts, and lists the pauses between.
func guesses(t *testing.T, w *authtest.World, email string, n int) []string {
	t.Helper()
	var told []string
	for len(told) < n {
		_, err := w.SignIn(t, email, newWords)
		told = append(told, outcome(err))
		if pause := fault.From(err).RetryAfter; errors.Is(err, throttle.ErrLimited) {
			w.Clock.Advance(pause)
		}
	}
	return told
}

// TestService_SignInGuesses covers ASVS V6.3.1, and rows 33 and 35 of the past
// vulnerabilities (Keycloak CVE-2024-4629, Authelia CVE-2025-24806, Vault CVE-2025-6004).
func TestService_SignInGuesses(t *testing.T) {
	t.Parallel()
	want := []string{"wrong", "wrong", "wrong", "wrong", "wrong", "wait 1s", "wrong", "wait 2s", "wrong", "wait 4s", "wrong", "wait 8s"}

	t.Run("five are free, then pauses double; a stranger's address shows the same", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		for _, email := range []string{ada, nobodys} {
			if diff := cmp.Diff(want, guesses(t, w, email, len(want))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", email, diff)
			}
		}
	})

	t.Run("the right password waits too, then opens and clears the count", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		guesses(t, w, ada, 5)
		if _, err := w.SignIn(t, ada, authtest.Password); outcome(err) != "wait 1s" {
			t.Errorf("during the pause: %s", outcome(err))
		}
		w.Clock.Advance(time.Second)
		if _, err := w.SignIn(t, ada, authtest.Password); err != nil {
			t.Errorf("after the pause: %s", outcome(err))
		}
		if diff := cmp.Diff(want, guesses(t, w, ada, len(want))); diff != "" {
			t.Errorf("afterwards (-want +got):\n%s", diff)
		}
	})

	t.Run("the longest pause is a quarter of an hour, and a quiet time takes guesses off", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		told := guesses(t, w, nobodys, 5+2*15)
		if last := told[len(told)-2]; last != "wait 15m0s" {
			t.Errorf("the last pause is %q", last)
		}
		w.Clock.Advance(24 * time.Hour)
		if diff := cmp.Diff(want, guesses(t, w, nobodys, len(want))); diff != "" {
			t.Errorf("a day later (-want +got):\n%s", diff)
		}
	})

	t.Run("the count outlives the process and holds in the other replica", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		guesses(t, w, ada, 5)
		if _, err := w.Replica(t).SignIn(t, ada, authtest.Password); outcome(err) != "wait 1s" {
			t.Errorf("in a replica: %s", outcome(err))
		}
	})

	t.Run("a mailed link lets the owner in", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		guesses(t, w, ada, 12)
		reset(t, w, newWords)
		if _, err := w.SignIn(t, ada, newWords); err != nil {
			t.Errorf("after a reset: %s", outcome(err))
		}
	})

	t.Run("a browser that the owner knows gets in while others guess, and has a limit too", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		from := func(browser string, password string) error {
			_, err := authtest.Patiently(func() (account.SignedIn, error) {
				return w.Accounts.SignIn(t.Context(), account.SignIn{Email: ada, Password: password, Origin: account.Origin{IP: "192.0.2.9", UserAgent: "test", Browser: browser}})
			})
			return err
		}
		if err := from("known", authtest.Password); err != nil {
			t.Fatal(err)
		}
		guesses(t, w, ada, 5)
		if err := from("unknown", authtest.Password); outcome(err) != "wait 1s" {
			t.Errorf("in a browser that nobody knows: %s", outcome(err))
		}
		if err := from("known", authtest.Password); err != nil {
			t.Errorf("in the owner's browser: %s", outcome(err))
		}
		if _, err := w.SignIn(t, ada, authtest.Password); outcome(err) != "wait 1s" {
			t.Errorf("the owner's sign-in has cleared the count of the others: %s", outcome(err))
		}
		for range 5 {
			if err := from("known", newWords); outcome(err) != "wrong" {
				t.Errorf("a wrong password in the owner's browser: %s", outcome(err))
			}
		}
		if err := from("known", authtest.Password); outcome(err) != "wait 1s" {
			t.Errorf("after five of them: %s", outcome(err))
		}
	})

	t.Run("an outage is no pause and no wrong password", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		w.Pool.Close()
		for _, password := range []string{authtest.Password, newWords} {
			if _, err := w.SignIn(t, ada, password); fault.KindOf(err) != fault.Unavailable {
				t.Errorf("without the database: %v", err)
			}
		}
	})
}

// TestService_SignInGuessesParallel covers Keycloak CVE-2024-4629
// (row 33): of 64 guesses at once, through two replicas, five learn anything.
func TestService_SignInGuessesParallel(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	w.SignUp(t, ada)
	replicas := []*authtest.World{w, w.Replica(t)}
	var wrong, limited atomic.Int32
	authtest.Parallel(64, func(i int) {
		_, err := replicas[i%2].SignIn(t, ada, fmt.Sprintf("guess number %d", i))
		switch {
		case errors.Is(err, account.ErrCredentials):
			wrong.Add(1)
		case errors.Is(err, throttle.ErrLimited):
			limited.Add(1)
		}
	})
	if wrong.Load() != 5 || limited.Load() != 59 {
		t.Errorf("%d guesses were answered and %d turned away, want 5 and 59", wrong.Load(), limited.Load())
	}
}

// TestService_SignUpGuesses: who looks for taken addresses by signing up is slowed down,
// and who signs up is not.
func TestService_SignUpGuesses(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{LimitMembers: true})
	w.SignUp(t, ada)
	signUp := func(email, ip string) error {
		_, err := authtest.Patiently(func() (account.SignedIn, error) {
			return w.Accounts.SignUp(context.WithoutCancel(t.Context()), account.SignUp{
				Email: email, Password: authtest.Password, Name: "Eve", Origin: account.Origin{IP: ip},
			})
		})
		return err
	}
	for i := range 10 {
		if err := signUp(fmt.Sprintf("new-%d@example.com", i), "2001:db8::1"); err != nil {
			t.Fatalf("sign-up %d: %v", i, err)
		}
		if err := signUp(ada, fmt.Sprintf("2001:db8::%x", i)); !errors.Is(err, account.ErrUserExists) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	for _, email := range []string{ada, "one-more@example.com"} {
		if err := signUp(email, "2001:db8::ffff"); outcome(err) != "wait 1s" {
			t.Errorf("%s after ten taken addresses: %v", email, err)
		}
	}
	if err := signUp(ada, "2001:db8:0:1::1"); !errors.Is(err, account.ErrUserExists) {
		t.Errorf("a neighbour: %v", err)
	}
}

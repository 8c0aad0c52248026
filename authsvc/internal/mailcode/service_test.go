package mailcode_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func TestService_SignIn(t *testing.T) {
	t.Parallel()

	t.Run("signs a user in", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		was := w.SignUp(t, ada)
		w.Identity.Change(was.User.ID, func(u *identityapi.User) { u.EmailVerified = true })
		got, err := signIn(t, w, ada, mailed(t, w, code.SignIn, ada))
		if err != nil || got.User.ID != was.User.ID || got.Token == "" {
			t.Fatalf("signed in as %q, %v", got.User.ID, err)
		}
		if diff := cmp.Diff([]string{account.AMRMail}, got.Session.AMR); diff != "" {
			t.Errorf("amr (-want +got):\n%s", diff)
		}
		if _, err := w.Accounts.Current(t.Context(), was.Session.TokenHash); err != nil {
			t.Errorf("the other session: %v", err)
		}
		if _, err := w.SignIn(t, ada, authtest.Password); err != nil {
			t.Errorf("the password: %v", err)
		}
	})

	t.Run("makes an account with a confirmed address and without a password", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{RequireVerification: true})
		got, err := signIn(t, w, ada, mailed(t, w, code.SignIn, ada))
		if err != nil || !got.User.EmailVerified || got.User.Name != "Ada" || got.Token == "" {
			t.Fatalf("got %+v, %v", got.User.User, err)
		}
		want := []string{authapi.EventSignedUp, authapi.EventSignedIn}
		if diff := cmp.Diff(want, w.Types(t, got.User.ID)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if n := w.Count(t, "credential"); n != 0 {
			t.Errorf("%d passwords are stored", n)
		}
	})

	t.Run("makes none if that is not allowed, and keeps the code", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		plain := mailed(t, w, code.SignIn, ada)
		_, err := w.MailCodes.SignIn(t.Context(), signInOf(plain), func() error { return account.ErrEmailMismatch })
		if !errors.Is(err, account.ErrEmailMismatch) || len(w.Identity.Active(ada)) != 0 {
			t.Errorf("%v, accounts %v", err, w.Identity.Active(ada))
		}
		if _, err := signIn(t, w, ada, plain); err != nil {
			t.Errorf("allowed: %v", err)
		}
	})

	t.Run("refuses a banned user and keeps the code", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		was := w.SignUp(t, ada)
		plain := mailed(t, w, code.SignIn, ada)
		w.Identity.Change(was.User.ID, func(u *identityapi.User) { u.Banned, u.EmailVerified = true, true })
		if got, err := signIn(t, w, ada, plain); !errors.Is(err, account.ErrBanned) || got.Token != "" {
			t.Errorf("banned: %v", err)
		}
		if n := w.Count(t, "one_time_code"); n != 1 {
			t.Errorf("%d codes are left", n)
		}
	})
}

// TestService_SignIn_AsksForTheSecondFactor covers Zitadel CVE-2025-64103 (row 23): who has
// enrolled a second factor is asked for it on every way in.
func TestService_SignIn_AsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	was := w.SignUp(t, ada)
	w.Identity.Change(was.User.ID, func(u *identityapi.User) { u.EmailVerified = true })
	enrol(t, w, was.User.ID)
	got, err := signIn(t, w, ada, mailed(t, w, code.SignIn, ada))
	if err != nil || got.Asked == nil || got.Token != "" {
		t.Errorf("signed in %t, asked %v, %v", got.Token != "", got.Asked, err)
	}
	verified, err := w.MailCodes.VerifyEmail(t.Context(), ada, mailed(t, w, code.Verification, ada), from)
	if err != nil || verified.Asked == nil || verified.Token != "" {
		t.Errorf("verified: signed in %t, asked %v, %v", verified.Token != "", verified.Asked, err)
	}
}

// enrol gives the user an authenticator.
func enrol(t *testing.T, w *authtest.World, userID string) {
	t.Helper()
	const statement = "insert into two_factor (user_id, enabled, secret, verified) values ($1, true, 'sealed', true)"
	if _, err := w.Pool.Exec(t.Context(), statement, userID); err != nil {
		t.Fatal(err)
	}
}

// TestService_SignIn_TakesAnUnconfirmedAccount covers Better Auth CVE-2026-53516 (row 42):
// who signs up with somebody else's address keeps no way in once its owner comes.
func TestService_SignIn_TakesAnUnconfirmedAccount(t *testing.T) {
	t.Parallel()
	number := "+4915550100"
	prepare := func(t *testing.T) (*authtest.World, account.SignedIn) {
		w := authtest.New(t, authtest.Options{})
		attacker := w.SignUp(t, ada)
		enrol(t, w, attacker.User.ID)
		w.Identity.Change(attacker.User.ID, func(u *identityapi.User) { u.PhoneNumber, u.PhoneNumberVerified = &number, true })
		if err := w.Accounts.RequestReset(t.Context(), ada, "/", from); err != nil {
			t.Fatal(err)
		}
		return w, attacker
	}

	t.Run("by the owner's code", func(t *testing.T) {
		t.Parallel()
		w, attacker := prepare(t)
		got, err := signIn(t, w, ada, mailed(t, w, code.SignIn, ada))
		if err != nil || got.Token == "" || !got.User.EmailVerified || got.User.ID != attacker.User.ID || got.User.PhoneNumber != nil {
			t.Fatalf("the owner: %+v, %v", got, err)
		}
		if _, err := w.Accounts.Current(t.Context(), attacker.Session.TokenHash); !errors.Is(err, account.ErrUnauthorized) {
			t.Errorf("the attacker's session: %v", err)
		}
		if _, err := w.SignIn(t, ada, authtest.Password); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("the attacker's password: %v", err)
		}
		for _, table := range []string{"credential", "two_factor", "password_reset"} {
			if n := w.Count(t, table); n != 0 {
				t.Errorf("%d rows of %s are left", n, table)
			}
		}
		if !slices.Contains(w.Types(t, got.User.ID), authapi.EventAccountClaimed) {
			t.Error("the audit log does not tell")
		}
	})

	t.Run("never confirms the address before the attacker's keys are gone", func(t *testing.T) {
		t.Parallel()
		w, _ := prepare(t)
		plain := mailed(t, w, code.SignIn, ada)
		for _, method := range []string{"update_user", "verify_email"} {
			w.Identity.CutOff(method, authtest.BeforeAnswer)
			if _, err := signIn(t, w, ada, plain); fault.KindOf(err) != fault.Unavailable {
				t.Fatalf("without %s: %v", method, err)
			}
			w.Identity.CutOff(method, authtest.Whole)
			if n := w.Count(t, "credential") + w.Count(t, "two_factor") + w.Count(t, "session"); n != 0 {
				t.Errorf("broken off in %s, %d keys are left", method, n)
			}
		}
		if got, err := signIn(t, w, ada, plain); err != nil || got.Token == "" {
			t.Errorf("the code is lost to an outage: %v", err)
		}
	})

	t.Run("by the owner's new password", func(t *testing.T) {
		t.Parallel()
		w, attacker := prepare(t)
		plain := mailed(t, w, code.Reset, ada)
		if err := resetTo(t, w, plain, newWords); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Accounts.Current(t.Context(), attacker.Session.TokenHash); !errors.Is(err, account.ErrUnauthorized) {
			t.Errorf("the attacker's session: %v", err)
		}
		got, err := w.SignIn(t, ada, newWords)
		if err != nil || got.Asked != nil || !got.User.EmailVerified || got.User.PhoneNumber != nil {
			t.Errorf("the owner: %+v, %v", got, err)
		}
	})
}

// TestService_SignIn_InParallel covers ASVS V2.3.4, also for an account that does not exist
// yet: of many uses at once through two processes one signs in, and there is one account.
func TestService_SignIn_InParallel(t *testing.T) {
	t.Parallel()
	for name, exists := range map[string]bool{"of a user": true, "of a newcomer": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			if exists {
				w.SignUp(t, ada)
			}
			plain := mailed(t, w, code.SignIn, ada)
			replicas := []*authtest.World{w, w.Replica(t)}
			outcomes := make([]error, 64)
			authtest.Parallel(len(outcomes), func(i int) { _, outcomes[i] = signIn(t, replicas[i%2], ada, plain) })
			succeeded := 0
			for _, err := range outcomes {
				switch {
				case err == nil:
					succeeded++
				case !errors.Is(err, code.ErrInvalid) && !errors.Is(err, account.ErrUserNotFound):
					t.Errorf("refused with %v", err)
				}
			}
			if accounts := w.Identity.Active(ada); succeeded != 1 || len(accounts) != 1 {
				t.Errorf("%d of %d signed in, accounts %v", succeeded, len(outcomes), accounts)
			}
			if n := w.Count(t, "session"); n != 1 {
				t.Errorf("there are %d sessions", n)
			}
		})
	}
}

// TestService_TellsNobodyWhoHasAnAccount covers ASVS V6.3.8.
func TestService_TellsNobodyWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	w.SignUp(t, ada)
	answers := map[string][]error{}
	for _, email := range []string{ada, bob} {
		for _, p := range []code.Purpose{code.Verification, code.Reset} {
			answers[email] = append(answers[email], w.MailCodes.Send(t.Context(), p, email, from))
			for range code.Attempts + 2 {
				answers[email] = append(answers[email], w.MailCodes.Check(t.Context(), p, email, "x", from))
			}
		}
		_, err := w.MailCodes.VerifyEmail(t.Context(), email, "x", from)
		answers[email] = append(answers[email], err)
	}
	for i, known := range answers[ada] {
		if unknown := answers[bob][i]; !errors.Is(unknown, known) {
			t.Errorf("answer %d: %v to the known, %v to the unknown", i, known, unknown)
		}
	}
	if n := len(w.Mails(t, bob)); n != 0 {
		t.Errorf("%d mails to nobody", n)
	}
}

func TestService_VerifyEmail(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{RequireVerification: true})
	w.SignUp(t, ada)
	plain := mailed(t, w, code.Verification, ada)
	if _, err := w.MailCodes.VerifyEmail(t.Context(), ada, "x", from); !errors.Is(err, code.ErrInvalid) {
		t.Errorf("a wrong code: %v", err)
	}
	w.Identity.CutOff("verify_email", authtest.BeforeCall)
	if _, err := w.MailCodes.VerifyEmail(t.Context(), ada, plain, from); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("without identity: %v", err)
	}
	w.Identity.CutOff("verify_email", authtest.Whole)
	got, err := w.MailCodes.VerifyEmail(t.Context(), ada, plain, from)
	if err != nil || !got.User.EmailVerified || got.Token == "" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := w.SignIn(t, ada, authtest.Password); err != nil {
		t.Errorf("the password that its owner chose: %v", err)
	}
	if _, err := w.MailCodes.VerifyEmail(t.Context(), ada, plain, from); !errors.Is(err, code.ErrInvalid) {
		t.Errorf("again: %v", err)
	}
}

package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func deleteMyself(t *testing.T, s *account.Service, current account.SignedIn, in account.Deletion) (bool, error) {
	t.Helper()
	in.Origin = from
	return authtest.Patiently(func() (bool, error) { return s.DeleteMyself(t.Context(), current, in) })
}

// deletionLink asks for a deletion and returns the secret of the newest mail.
func deletionLink(t *testing.T, w *authtest.World, current account.SignedIn) string {
	t.Helper()
	if deleted, err := deleteMyself(t, w.Accounts, current, account.Deletion{}); deleted || err != nil {
		t.Fatalf("deleted is %t, %v; want a mail", deleted, err)
	}
	mails := w.Mails(t, current.User.Email)
	return secretOf(t, mails[len(mails)-1], "token")
}

// TestService_DeleteMyself covers ASVS V7.5.1: deleting oneself takes the password, a recent
// sign-in or a mailed link.
func TestService_DeleteMyself(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		age  time.Duration // of the sign-in
		in   account.Deletion
		want error
	}{
		"a recent sign-in":                     {23 * time.Hour, account.Deletion{}, nil},
		"an old one":                           {24 * time.Hour, account.Deletion{}, account.ErrNotFresh},
		"an old one and the password":          {24 * time.Hour, account.Deletion{Password: authtest.Password}, nil},
		"a recent one and a wrong password":    {0, account.Deletion{Password: newWords}, account.ErrPassword},
		"a guessed token":                      {0, account.Deletion{Token: "guess"}, account.ErrInvalidToken},
		"a guessed token and the password":     {0, account.Deletion{Token: "guess", Password: authtest.Password}, account.ErrInvalidToken},
		"a recent one and a password too long": {0, account.Deletion{Password: string(make([]byte, 129))}, fault.New(fault.Invalid, "PASSWORD_TOO_LONG", "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			ours := w.SignUp(t, ada)
			w.Clock.Advance(tc.age)
			deleted, err := deleteMyself(t, w.Accounts, ours, tc.in)
			if !errors.Is(err, tc.want) || deleted != (tc.want == nil) {
				t.Errorf("deleted is %t, %v, want %v", deleted, err, tc.want)
			}
			if gone := len(w.Identity.Active(ada)) == 0; gone != deleted {
				t.Errorf("gone: %t", gone)
			}
		})
	}

	t.Run("the password of an account without one", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada)
		if _, err := w.Pool.Exec(t.Context(), "delete from credential"); err != nil {
			t.Fatal(err)
		}
		if _, err := deleteMyself(t, w.Accounts, ours, account.Deletion{Password: authtest.Password}); !errors.Is(err, account.ErrNoPassword) {
			t.Errorf("%v, want ErrNoPassword", err)
		}
	})
}

func TestService_DeleteByToken(t *testing.T) {
	t.Parallel()
	options := authtest.Options{ConfirmDeletions: true}

	t.Run("takes the mailed link, even from who has the password", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, options)
		ours := w.SignUp(t, ada)
		if deleted, err := deleteMyself(t, w.Accounts, ours, account.Deletion{Password: authtest.Password}); deleted || err != nil {
			t.Errorf("deleted is %t, %v; want a mail", deleted, err)
		}
		secret := deletionLink(t, w, ours)
		if err := w.Accounts.DeleteByToken(t.Context(), ours.User, secret, from); err != nil {
			t.Fatal(err)
		}
		if live(t, w, ours.Session.TokenHash) || len(w.Identity.Active(ada)) != 0 || w.Count(t, "user_deletion") != 0 {
			t.Error("something is left")
		}
	})

	t.Run("is worth nothing to anybody once somebody else has shown it, or at its end", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, options)
		ours, eve := w.SignUp(t, ada), w.SignUp(t, "eve@example.com")
		shown, late := deletionLink(t, w, ours), deletionLink(t, w, ours)
		for _, user := range []account.User{eve.User, ours.User} {
			if err := w.Accounts.DeleteByToken(t.Context(), user, shown, from); !errors.Is(err, account.ErrInvalidToken) {
				t.Errorf("%s: %v, want ErrInvalidToken", user.Email, err)
			}
		}
		w.Clock.Advance(account.DeletionLife)
		if err := w.Accounts.DeleteByToken(t.Context(), ours.User, late, from); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("at its end: %v, want ErrInvalidToken", err)
		}
		if len(w.Identity.Active(ada))+len(w.Identity.Active("eve@example.com")) != 2 {
			t.Error("somebody was deleted")
		}
	})

	t.Run("takes no token of another kind (Better Auth GHSA-965c-763c-88jm, row 45)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, options)
		ours := w.SignUp(t, ada)
		deletion := deletionLink(t, w, ours)
		for name, secret := range map[string]string{"nothing": "", "a reset": requestReset(t, w, ada), "a session": ours.Token} {
			if err := w.Accounts.DeleteByToken(t.Context(), ours.User, secret, from); !errors.Is(err, account.ErrInvalidToken) {
				t.Errorf("%s: %v, want ErrInvalidToken", name, err)
			}
		}
		if err := use(t, w.Accounts, deletion, newWords); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("a deletion token as a reset: %v, want ErrInvalidToken", err)
		}
	})

	t.Run("has one success among 64 uses at once (Better Auth GHSA-7w99-5wm4-3g79, row 6)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, options)
		ours := w.SignUp(t, ada)
		secret := deletionLink(t, w, ours)
		instances := []*account.Service{w.Accounts, w.Replica(t).Accounts}
		var errs [64]error
		authtest.Parallel(len(errs), func(i int) { errs[i] = instances[i%2].DeleteByToken(t.Context(), ours.User, secret, from) })
		successes := 0
		for _, err := range errs {
			if err == nil {
				successes++
			} else if !errors.Is(err, account.ErrInvalidToken) {
				t.Errorf("%v, want ErrInvalidToken", err)
			}
		}
		recorded := 0
		for _, eventType := range w.Types(t, ours.User.ID) {
			if eventType == authapi.EventAccountDeleted {
				recorded++
			}
		}
		if successes != 1 || recorded != 1 {
			t.Errorf("%d uses succeeded and %d were recorded, want 1 and 1", successes, recorded)
		}
	})
}

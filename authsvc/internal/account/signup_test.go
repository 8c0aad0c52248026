package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func signUp(t *testing.T, s *account.Service, email, words string) (account.SignedIn, error) {
	t.Helper()
	return authtest.Patiently(func() (account.SignedIn, error) {
		return s.SignUp(t.Context(), account.SignUp{Email: email, Password: words, Name: "Ada", Origin: from})
	})
}

func TestService_SignUp(t *testing.T) {
	t.Parallel()

	t.Run("signs in, mails a link and records both", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		signed, err := signUp(t, w.Accounts, ada, authtest.Password)
		if err != nil {
			t.Fatal(err)
		}
		current, err := w.Accounts.Current(t.Context(), signed.Session.TokenHash)
		if err != nil || current.User.Email != ada {
			t.Errorf("the new session is of %q, %v", current.User.Email, err)
		}
		want := []string{authapi.EventSignedUp, authapi.EventVerificationMailSent}
		if diff := cmp.Diff(want, w.Types(t, signed.User.ID)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if n := len(w.Mails(t, ada)); n != 1 {
			t.Errorf("%d mails wait, want 1", n)
		}
		if _, err := w.SignIn(t, ada, authtest.Password); err != nil {
			t.Errorf("sign in afterwards: %v", err)
		}
	})

	t.Run("opens no session where the address must be confirmed first", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{RequireVerification: true})
		signed, err := signUp(t, w.Accounts, ada, authtest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if signed.Token != "" || w.Count(t, "session") != 0 {
			t.Errorf("there is a session before the address is confirmed")
		}
		if n := len(w.Mails(t, ada)); n != 1 {
			t.Errorf("%d mails wait, want 1", n)
		}
	})

	t.Run("refuses a taken address and changes nothing", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		if _, err := signUp(t, w.Accounts, ada, newWords); !errors.Is(err, account.ErrUserExists) {
			t.Errorf("SignUp = %v, want ErrUserExists", err)
		}
		if _, err := w.SignIn(t, ada, newWords); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("the second password: %v, want ErrCredentials", err)
		}
		if n := len(w.Mails(t, ada)); n != 1 {
			t.Errorf("%d mails wait, want the first one only", n)
		}
	})

	t.Run("does not tell a taken address where addresses must be confirmed (ASVS V6.3.8)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{RequireVerification: true})
		first := w.SignUp(t, ada)
		events := len(w.Events(t))
		again, err := signUp(t, w.Accounts, ada, newWords)
		if err != nil {
			t.Fatalf("the second sign-up: %v, want what looks like success", err)
		}
		if again.User.ID == first.User.ID || len(again.User.ID) != len(first.User.ID) {
			t.Errorf("the second answer's id %q gives it away (first %q)", again.User.ID, first.User.ID)
		}
		again.User.ID, again.User.CreatedAt, again.User.UpdatedAt = first.User.ID, first.User.CreatedAt, first.User.UpdatedAt
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("the answers differ (-first +second):\n%s", diff)
		}
		if len(w.Events(t)) != events || len(w.Mails(t, ada)) != 1 || w.Count(t, "credential") != 1 {
			t.Error("the second sign-up left something behind")
		}
	})

	t.Run("refuses a bad password before it asks anybody", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.Identity.CutOff("reserve_user", authtest.BeforeCall)
		for words, want := range map[string]error{
			"seven77": password.ErrTooShort, strings.Repeat("a", 129): password.ErrTooLong, "password123": password.ErrCommon,
		} {
			if _, err := signUp(t, w.Accounts, ada, words); !errors.Is(err, want) {
				t.Errorf("a password of %d characters: %v, want %v", len(words), err, want)
			}
		}
	})
}

// TestService_SignUpCrashes stops a sign-up at every place between the two schemas. Afterwards
// the address is free, or the account works: never neither (DESIGN.md, section 10).
func TestService_SignUpCrashes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method string
		cut    authtest.Cut
		usable bool // with the password of the attempt that broke off
	}{
		"before the reservation":          {"reserve_user", authtest.BeforeCall, false},
		"after the reservation":           {"reserve_user", authtest.BeforeAnswer, false},
		"after the credential":            {"activate_user", authtest.BeforeCall, false},
		"after the user exists, unheard":  {"activate_user", authtest.BeforeAnswer, true},
		"after the user exists, rejected": {"", authtest.Whole, true}, // the last transaction fails
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			in := account.SignUp{Email: ada, Password: authtest.Password, Name: "Ada", Origin: from}
			if tc.method == "" {
				in.Origin.UserAgent = strings.Repeat("a", 1<<17) // no event may be that large
			}
			w.Identity.CutOff(tc.method, tc.cut)
			if _, err := w.Accounts.SignUp(t.Context(), in); err == nil {
				t.Fatal("the sign-up did not break off")
			}
			w.Identity.CutOff(tc.method, authtest.Whole)
			if sessions, mails := w.Count(t, "session"), w.Count(t, "river_job"); sessions+mails != 0 {
				t.Errorf("%d sessions and %d mails are left of it", sessions, mails)
			}
			_, signInErr := w.SignIn(t, ada, authtest.Password)
			_, signUpErr := signUp(t, w.Accounts, ada, newWords)
			if usable, free := signInErr == nil, signUpErr == nil; usable != tc.usable || free == usable {
				t.Errorf("usable is %t (%v), free is %t (%v); want usable %t and the other", usable, signInErr, free, signUpErr, tc.usable)
			}
			if n := len(w.Identity.Active(ada)); n != 1 {
				t.Errorf("%d users have the address, want 1", n)
			}
		})
	}
}

// TestService_SignUpParallel races 64 sign-ups for one address: one wins, and only its
// password works.
func TestService_SignUpParallel(t *testing.T) {
	t.Parallel()
	const parallel = 64
	w := authtest.New(t, authtest.Options{})
	var errs [parallel]error
	words := func(i int) string { return fmt.Sprintf("%s %d", authtest.Password, i) }
	authtest.Parallel(parallel, func(i int) { _, errs[i] = signUp(t, w.Accounts, ada, words(i)) })
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner < 0:
			winner = i
		case err == nil:
			t.Errorf("sign-ups %d and %d both won", winner, i)
		case !errors.Is(err, account.ErrUserExists):
			t.Errorf("sign-up %d: %v, want ErrUserExists", i, err)
		}
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	if n := len(w.Identity.Active(ada)); n != 1 {
		t.Errorf("%d users have the address, want 1", n)
	}
	if n := w.Count(t, "session"); n != 1 {
		t.Errorf("there are %d sessions, want the winner's", n)
	}
	if n := w.Count(t, "credential"); n != 1 {
		t.Errorf("there are %d passwords, want the winner's: the losers' ids never come to exist", n)
	}
	if _, err := w.SignIn(t, ada, words(winner)); err != nil {
		t.Errorf("the winner's password: %v", err)
	}
	if _, err := w.SignIn(t, ada, words((winner+1)%parallel)); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("a loser's password: %v, want ErrCredentials", err)
	}
}

// TestService_OutageIsNoVerdict: an identity that cannot be reached is neither an unknown
// user nor a wrong password nor a taken address.
func TestService_OutageIsNoVerdict(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	signed := w.SignUp(t, ada)
	for _, method := range []string{"reserve_user", "find_user"} {
		w.Identity.CutOff(method, authtest.BeforeCall)
	}
	_, signUpErr := signUp(t, w.Accounts, "eve@example.com", authtest.Password)
	_, signInErr := w.SignIn(t, ada, authtest.Password)
	_, currentErr := w.Accounts.Current(t.Context(), signed.Session.TokenHash)
	for name, err := range map[string]error{
		"sign up": signUpErr, "sign in": signInErr, "current": currentErr,
		"request a reset": w.Accounts.RequestReset(t.Context(), ada, "", from),
		"resend the mail": w.Accounts.SendVerification(t.Context(), ada, ""),
	} {
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v, want an outage", name, err)
		}
	}
}

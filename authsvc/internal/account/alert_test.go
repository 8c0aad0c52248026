package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// alerts returns the security mails to an address, oldest first.
func alerts(t *testing.T, w *authtest.World, email string) []mail.Message {
	t.Helper()
	return slices.DeleteFunc(w.Mails(t, email), func(m mail.Message) bool {
		return len(m.Links) != 1 || !strings.Contains(m.Links[0], "/not-me/")
	})
}

// alerted makes an alert about Ada happen and returns the secret in its link.
func alerted(t *testing.T, w *authtest.World, user account.User) string {
	t.Helper()
	err := w.Store.InTx(t.Context(), func(tx account.Tx) error {
		return w.Accounts.Alert(t.Context(), tx, user, notice.SecondFactorOff, from)
	})
	if err != nil {
		t.Fatal(err)
	}
	mails := alerts(t, w, user.Email)
	return secretOf(t, mails[len(mails)-1], "")
}

// TestService_AlertsOfNewDevices covers ASVS V6.3.5: a sign-in from somewhere else is told to
// the owner, and nothing else is.
func TestService_AlertsOfNewDevices(t *testing.T) {
	t.Parallel()
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	w := authtest.New(t, authtest.Options{})
	w.SignUp(t, ada) // from 192.0.2.1 with "test"
	for _, step := range []struct {
		name string
		from account.Origin
		want int
	}{
		{"the same place, without an id", account.Origin{IP: "192.0.2.99", UserAgent: "test"}, 0},
		{"another network and browser", account.Origin{IP: "198.51.100.7", UserAgent: firefox, Browser: "laptop"}, 1},
		{"there again", account.Origin{IP: "198.51.100.8", UserAgent: firefox, Browser: "laptop"}, 1},
		{"its neighbour", account.Origin{IP: "198.51.100.9", UserAgent: firefox, Browser: "its neighbour"}, 1},
		{"on a journey", account.Origin{IP: "203.0.113.1", UserAgent: firefox, Browser: "laptop"}, 1},
		{"a thief with another browser", account.Origin{IP: "203.0.113.2", UserAgent: "curl/8"}, 2},
	} {
		signInFrom(t, w, step.from)
		if got := len(alerts(t, w, ada)); got != step.want {
			t.Fatalf("%s: %d mails by now, want %d", step.name, got, step.want)
		}
	}
	first := alerts(t, w, ada)[0]
	for _, fact := range []string{"198.51.100.7", "Firefox, Linux", "UTC"} {
		if !strings.Contains(first.Text, fact) || !strings.Contains(first.HTML, fact) {
			t.Errorf("the mail does not say %q: %s", fact, first.Text)
		}
	}
	if _, err := w.SignIn(t, ada, "not the password"); !errors.Is(err, account.ErrCredentials) {
		t.Fatal(err)
	}
	if got := len(alerts(t, w, ada)); got != 2 {
		t.Errorf("a failed attempt brings a mail: %d", got)
	}
}

// TestService_AlertsOfChanges: who changes what guards an account is told of by mail.
func TestService_AlertsOfChanges(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	current := w.SignUp(t, ada)
	_, err := authtest.Patiently(func() (account.SignedIn, error) {
		return w.Accounts.ChangePassword(t.Context(), current, account.PasswordChange{Current: authtest.Password, New: newWords, Origin: from})
	})
	if err != nil {
		t.Fatal(err)
	}
	reset(t, w, "a third horse, a third battery")
	err = w.Store.InTx(t.Context(), func(tx account.Tx) error {
		return w.Accounts.AlertMove(t.Context(), tx, current.User, "new@example.com", from)
	})
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for _, m := range alerts(t, w, ada) {
		subjects = append(subjects, m.Subject)
	}
	want := []string{"Your password was changed", "Your password was changed", "Your e-mail address was changed"}
	if !slices.Equal(subjects, want) {
		t.Errorf("the mails are %q, want %q", subjects, want)
	}
	if moved := alerts(t, w, "new@example.com"); len(moved) != 1 || !strings.Contains(moved[0].Text, "new@example.com") {
		t.Errorf("to the new address: %d mails", len(moved))
	}
	if types := w.Types(t, current.User.ID); len(slices.DeleteFunc(types, func(e string) bool { return e != authapi.EventAlertSent })) != 4 {
		t.Error("not every mail is recorded")
	}
}

func TestService_AlertsNobodyWithoutAnAddress(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	for name, user := range map[string]identityapi.User{
		"an anonymous user":      {Email: "temp@example.com", Anonymous: true},
		"a user with a phone":    {Email: "49301234@phone.gatehouse.invalid"},
		"a user without address": {},
	} {
		user.ID = "01920000-0000-7000-8000-000000000001"
		err := w.Store.InTx(t.Context(), func(tx account.Tx) error {
			return w.Accounts.Alert(t.Context(), tx, account.User{User: user}, notice.PasswordChanged, from)
		})
		if err != nil || w.Count(t, "river_job") != 0 {
			t.Errorf("%s: %v, %d mails", name, err, w.Count(t, "river_job"))
		}
	}
}

// TestService_AlertsInTheUsersLanguage: the language of the sign-up is kept.
func TestService_AlertsInTheUsersLanguage(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	signed, err := authtest.Patiently(func() (account.SignedIn, error) {
		return w.Accounts.SignUp(t.Context(), account.SignUp{
			Email: ada, Password: authtest.Password, Name: "Ada", Origin: account.Origin{Locale: "de"},
		})
	})
	if err != nil || signed.User.Locale != "de" {
		t.Fatalf("the locale is %q, %v", signed.User.Locale, err)
	}
	alerted(t, w, signed.User)
	for i, want := range []string{"Bitte bestätigen Sie Ihre E-Mail-Adresse", "Ihr zweiter Faktor wurde abgeschaltet"} {
		if got := w.Mails(t, ada)[i].Subject; got != want {
			t.Errorf("mail %d: %q, want %q", i, got, want)
		}
	}
}

func TestService_Disown(t *testing.T) {
	t.Parallel()
	t.Run("ends all sessions, resets and acquaintances of the user, and of nobody else", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		thief := account.Origin{IP: "198.51.100.7", UserAgent: "thief", Browser: "thief"}
		stolen := signInFrom(t, w, thief)
		other := w.SignUp(t, "eve@example.com")
		older := requestReset(t, w, ada)
		if _, err := w.Accounts.Disown(t.Context(), alerted(t, w, user), from); err != nil {
			t.Fatal(err)
		}
		if live(t, w, stolen.Session.TokenHash) {
			t.Error("the thief's session lives")
		}
		if !live(t, w, other.Session.TokenHash) {
			t.Error("another user's session has ended")
		}
		if pending, err := w.Accounts.ResetPending(t.Context(), older); err != nil || pending {
			t.Errorf("an older reset link works: %t, %v", pending, err)
		}
		if known, err := w.Accounts.KnownDevice(t.Context(), user.ID, thief); err != nil || known {
			t.Errorf("the thief's browser is known: %t, %v", known, err)
		}
		if !slices.Contains(w.Types(t, user.ID), authapi.EventDisowned) {
			t.Error("it is not recorded")
		}
		if _, err := w.SignIn(t, ada, authtest.Password); err != nil {
			t.Errorf("the owner is locked out: %v", err)
		}
	})
	t.Run("leads on to a new password while the mail is fresh", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		secret := alerted(t, w, w.SignUp(t, ada).User)
		w.Clock.Advance(time.Hour - time.Second)
		offered, err := w.Accounts.Disown(t.Context(), secret, from)
		if err != nil || offered == "" {
			t.Fatalf("nothing is offered: %v", err)
		}
		if err := use(t, w.Accounts, offered, newWords); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn(t, ada, newWords); err != nil {
			t.Error(err)
		}
	})
	t.Run("offers nothing for an old mail, nor to an address that is the user's no more", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		old, moved := alerted(t, w, user), ""
		w.Clock.Advance(time.Hour)
		moved = alerted(t, w, user)
		for name, secret := range map[string]string{"an old mail": old, "another address": moved} {
			if name == "another address" {
				w.Identity.Change(user.ID, func(u *identityapi.User) { u.Email = "new@example.com" })
			}
			if offered, err := w.Accounts.Disown(t.Context(), secret, from); err != nil || offered != "" {
				t.Errorf("%s: a reset is offered: %t, %v", name, offered != "", err)
			}
			w.Identity.Change(user.ID, func(u *identityapi.User) { u.Email = ada })
		}
		if n := w.Count(t, "password_reset"); n != 0 {
			t.Errorf("there are %d reset tokens", n)
		}
	})
	t.Run("works for seven days and once", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		fits, late := alerted(t, w, user), alerted(t, w, user)
		w.Clock.Advance(account.AlertLife - time.Second)
		if _, err := w.Accounts.Disown(t.Context(), fits, from); err != nil {
			t.Error(err)
		}
		w.Clock.Advance(time.Second)
		for name, secret := range map[string]string{"a used link": fits, "a late one": late, "a guess": "guess", "nothing": ""} {
			pending, errPending := w.Accounts.AlarmPending(t.Context(), secret)
			if _, err := w.Accounts.Disown(t.Context(), secret, from); !errors.Is(err, account.ErrInvalidToken) || pending || errPending != nil {
				t.Errorf("%s: pending %t, %v; Disown = %v", name, pending, errPending, err)
			}
		}
	})
	t.Run("works once for 64 uses at once (Better Auth CVE-2026-53518, row 6)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		secret := alerted(t, w, w.SignUp(t, ada).User)
		instances := []*account.Service{w.Accounts, w.Replica(t).Accounts}
		var errs [64]error
		authtest.Parallel(len(errs), func(i int) {
			_, errs[i] = instances[i%2].Disown(t.Context(), secret, from)
		})
		worked := 0
		for _, err := range errs {
			if err == nil {
				worked++
			} else if !errors.Is(err, account.ErrInvalidToken) {
				t.Error(err)
			}
		}
		if worked != 1 {
			t.Errorf("%d uses worked, want 1", worked)
		}
	})
	t.Run("is no verdict while identity cannot be asked", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		secret := alerted(t, w, w.SignUp(t, ada).User)
		w.Identity.CutOff("find_user", authtest.BeforeCall)
		if _, err := w.Accounts.Disown(t.Context(), secret, from); !errors.Is(err, authtest.ErrCut) {
			t.Errorf("Disown = %v", err)
		}
		w.Identity.CutOff("find_user", authtest.Whole)
		if _, err := w.Accounts.Disown(t.Context(), secret, from); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestService_AlertsWithTheChangeOrNotAtAll: what is rolled back is told to nobody.
func TestService_AlertsWithTheChangeOrNotAtAll(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	user := w.SignUp(t, ada).User
	stopped := errors.New("stopped")
	err := w.Store.InTx(t.Context(), func(tx account.Tx) error {
		return errors.Join(w.Accounts.Alert(t.Context(), tx, user, notice.PasswordChanged, from), stopped)
	})
	if !errors.Is(err, stopped) || len(alerts(t, w, ada)) != 0 || w.Count(t, "alert") != 0 {
		t.Errorf("%v, %d mails, %d links", err, len(alerts(t, w, ada)), w.Count(t, "alert"))
	}
}

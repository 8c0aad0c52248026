package account_test

import (
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// signInFrom signs Ada in with her password.
func signInFrom(t *testing.T, w *authtest.World, from account.Origin) account.SignedIn {
	t.Helper()
	signed, err := authtest.Patiently(func() (account.SignedIn, error) {
		return w.Accounts.SignIn(t.Context(), account.SignIn{Email: ada, Password: authtest.Password, Origin: from})
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestService_KnownDevice(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	id, other := w.SignUp(t, ada).User.ID, w.SignUp(t, "eve@example.com").User.ID
	laptop := account.Origin{IP: "198.51.100.7", UserAgent: "a test", Browser: "laptop"}
	known := func(userID string, from account.Origin) bool {
		t.Helper()
		known, err := w.Accounts.KnownDevice(t.Context(), userID, from)
		if err != nil {
			t.Fatal(err)
		}
		return known
	}
	if known(id, laptop) {
		t.Error("a device is known that never signed in")
	}
	if _, err := w.SignIn(t, ada, "not the password"); err == nil {
		t.Fatal("a wrong password signs in")
	}
	if known(id, laptop) {
		t.Error("a failed attempt makes a device known")
	}
	signInFrom(t, w, laptop)
	moved := account.Origin{IP: "2001:db8::1", UserAgent: "another", Browser: "laptop"}
	if !known(id, moved) {
		t.Error("a device is not known from another network")
	}
	for name, tc := range map[string]struct {
		userID string
		from   account.Origin
	}{
		"another user":           {other, laptop},
		"nobody":                 {"", laptop},
		"another device nearby":  {id, account.Origin{IP: laptop.IP, UserAgent: laptop.UserAgent, Browser: "phone"}},
		"a device without an id": {id, account.Origin{IP: laptop.IP, UserAgent: laptop.UserAgent}},
	} {
		if known(tc.userID, tc.from) {
			t.Errorf("%s counts as known", name)
		}
	}
}

// TestAccount_SweepForgetsDevices: a device that came back is remembered as long as its cookie.
func TestAccount_SweepForgetsDevices(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	w := authtest.New(t, authtest.Options{})
	id := w.SignUp(t, ada).User.ID
	returning, once := account.Origin{Browser: "returning"}, account.Origin{Browser: "once"}
	signInFrom(t, w, returning)
	w.Clock.Advance(day)
	signInFrom(t, w, returning)
	signInFrom(t, w, once)
	for _, step := range []struct {
		after           time.Duration
		returning, once bool
	}{{89 * day, true, true}, {2 * day, true, false}, {308 * day, true, false}, {2 * day, false, false}} {
		w.Clock.Advance(step.after)
		if err := w.Store.Sweep(t.Context(), w.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		for from, want := range map[account.Origin]bool{returning: step.returning, once: step.once} {
			if got, err := w.Accounts.KnownDevice(t.Context(), id, from); err != nil || got != want {
				t.Errorf("%s after %s more: known %t, %v; want %t", from.Browser, step.after, got, err, want)
			}
		}
	}
}

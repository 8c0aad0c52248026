package account_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
)

func signUpAs(t *testing.T, w *authtest.World, email, name string) (account.SignedIn, error) {
	t.Helper()
	return authtest.Patiently(func() (account.SignedIn, error) {
		return w.Accounts.SignUp(t.Context(), account.SignUp{Email: email, Password: authtest.Password, Name: "Ada", Username: &name, DisplayName: &name, Origin: from})
	})
}

func signInAs(t *testing.T, w *authtest.World, name, words string) error {
	t.Helper()
	_, err := authtest.Patiently(func() (account.SignedIn, error) {
		return w.Accounts.SignIn(t.Context(), account.SignIn{Username: name, Password: words, Origin: from})
	})
	return err
}

func TestService_UpdateProfile(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	user := w.SignUp(t, ada).User
	if _, err := signUpAs(t, w, "eve@example.com", "Eve.1"); err != nil {
		t.Fatal(err)
	}
	name, image, free, taken, none := "Countess", "https://example.com/a.png", "Ada.L", "EVE.1", ""
	updated, err := w.Accounts.UpdateProfile(t.Context(), user, account.Profile{Name: &name, Image: &image, Username: &free})
	if err != nil || updated.Name != name || *updated.Image != image || *updated.Username != "ada.l" || updated.DisplayName != nil || updated.Email != ada {
		t.Fatalf("updated is %+v, %v", updated.User, err)
	}
	if _, err := w.Accounts.UpdateProfile(t.Context(), user, account.Profile{Username: &taken}); !errors.Is(err, account.ErrUsernameTaken) {
		t.Errorf("somebody else's username: %v, want ErrUsernameTaken", err)
	}
	updated, err = w.Accounts.UpdateProfile(t.Context(), user, account.Profile{Username: &none, ClearImage: true})
	if err != nil || updated.Username != nil || updated.Image != nil {
		t.Errorf("after the removal it is %+v, %v", updated.User, err)
	}
	w.Identity.Delete(user.ID)
	if _, err := w.Accounts.UpdateProfile(t.Context(), user, account.Profile{Name: &name}); !errors.Is(err, account.ErrUnauthorized) {
		t.Errorf("of nobody: %v, want ErrUnauthorized", err)
	}
}

func TestService_SignInWithUsername(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	in, err := signUpAs(t, w, ada, "Ada.L")
	if err != nil || *in.User.Username != "ada.l" || *in.User.DisplayName != "Ada.L" {
		t.Fatalf("signed up is %+v, %v", in.User.User, err)
	}
	if _, err := signUpAs(t, w, "eve@example.com", "ADA.l"); !errors.Is(err, account.ErrUsernameTaken) {
		t.Errorf("the same username in another case: %v, want ErrUsernameTaken", err)
	}
	if err := signInAs(t, w, "aDa.L", authtest.Password); err != nil {
		t.Errorf("in another case: %v", err)
	}
	for name, told := range map[string]error{
		"an address": signInAs(t, w, ada, authtest.Password), "a wrong password": signInAs(t, w, "ada.l", newWords), "nobody": signInAs(t, w, "nobody", newWords),
	} {
		if !errors.Is(told, account.ErrCredentials) {
			t.Errorf("%s: %v, want ErrCredentials", name, told)
		}
	}
	for range 4 { // the wrong one above counts too
		if _, err := w.SignIn(t, ada, newWords); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("a wrong password by address: %v, want ErrCredentials", err)
		}
		if err := signInAs(t, w, "NOBODY", newWords); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("nobody: %v, want ErrCredentials", err)
		}
	}
	for _, name := range []string{"ada.l", "nobody"} {
		if err := signInAs(t, w, name, newWords); !errors.Is(err, throttle.ErrLimited) {
			t.Errorf("%s after five wrong passwords (ASVS V6.3.1): %v, want ErrLimited", name, err)
		}
	}
}

// TestService_SignUpTellsNoAddress covers ASVS V6.3.8 where verification is required: a taken
// username is told, a taken address is not, whatever the username.
func TestService_SignUpTellsNoAddress(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{RequireVerification: true})
	if _, err := signUpAs(t, w, ada, "Ada.L"); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{ada, "eve@example.com"} {
		if taken, err := w.Accounts.UsernameTaken(t.Context(), "ADA.L"); !taken || err != nil {
			t.Errorf("taken is %t, %v", taken, err)
		}
		in, err := signUpAs(t, w, email, "Other.1")
		if err != nil || in.Token != "" || *in.User.Username != "other.1" || *in.User.DisplayName != "Other.1" {
			t.Errorf("%s: %+v, %v", email, in.User.User, err)
		}
	}
}

package mailcode_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/mailcode"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

const fresh = "ada@new.example.com"

func signInOf(plain string) mailcode.SignIn {
	return mailcode.SignIn{Email: ada, Code: plain, From: from}
}

// resetTo sets a new password by code.
func resetTo(t *testing.T, w *authtest.World, plain, words string) error {
	t.Helper()
	_, err := authtest.Patiently(func() (struct{}, error) {
		return struct{}{}, w.MailCodes.Reset(t.Context(), ada, plain, words, from)
	})
	return err
}

func TestService_Reset(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	was := w.SignUp(t, ada)
	w.Identity.Change(was.User.ID, func(u *identityapi.User) { u.EmailVerified = true })
	plain := mailed(t, w, code.Reset, ada)
	if err := resetTo(t, w, plain, "short"); !errors.Is(err, password.ErrTooShort) {
		t.Errorf("a short password: %v", err)
	}
	if err := resetTo(t, w, "x", newWords); !errors.Is(err, code.ErrInvalid) {
		t.Errorf("a wrong code: %v", err)
	}
	if err := resetTo(t, w, plain, ada); !errors.Is(err, password.ErrObvious) {
		t.Errorf("the address as password: %v", err)
	}
	outcomes := make([]error, 16)
	authtest.Parallel(len(outcomes), func(i int) { outcomes[i] = resetTo(t, w.Replica(t), plain, newWords) })
	succeeded := 0
	for _, err := range outcomes {
		if err == nil {
			succeeded++
		} else if !errors.Is(err, code.ErrInvalid) {
			t.Errorf("refused with %v", err)
		}
	}
	if succeeded != 1 {
		t.Errorf("%d of %d resets by one code succeeded", succeeded, len(outcomes))
	}
	if _, err := w.Accounts.Current(t.Context(), was.Session.TokenHash); !errors.Is(err, account.ErrUnauthorized) {
		t.Errorf("a session from before: %v", err)
	}
	if _, err := w.SignIn(t, ada, newWords); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

func TestService_Change(t *testing.T) {
	t.Parallel()

	t.Run("gives the user the address that the code was mailed to", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		if err := w.MailCodes.RequestChange(t.Context(), user, fresh, "", from); err != nil {
			t.Fatal(err)
		}
		plain := newest(t, w, fresh)
		if err := w.MailCodes.Change(t.Context(), user, fresh, plain, from); err != nil {
			t.Fatal(err)
		}
		got, err := w.Accounts.FindUser(t.Context(), identityapi.FindUserIn{ID: user.ID})
		if err != nil || got.Email != fresh || !got.EmailVerified {
			t.Errorf("the user is %+v, %v", got.User, err)
		}
		types := w.Types(t, user.ID)
		want := []string{authapi.EventCodeRequested, authapi.EventAlertSent, authapi.EventAlertSent, authapi.EventCodeUsed}
		if diff := cmp.Diff(want, types[len(types)-len(want):]); diff != "" { // the old address and the new one are told
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})

	t.Run("ends links that were mailed to the old address", func(t *testing.T) { // Supabase Auth commit 35d38d9, row 44
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		if err := w.Accounts.RequestReset(t.Context(), ada, "/", from); err != nil {
			t.Fatal(err)
		}
		if err := w.MailCodes.RequestChange(t.Context(), user, fresh, "", from); err != nil {
			t.Fatal(err)
		}
		old := mailed(t, w, code.SignIn, ada)
		if err := w.MailCodes.Change(t.Context(), user, fresh, newest(t, w, fresh), from); err != nil {
			t.Fatal(err)
		}
		if n := w.Count(t, "password_reset"); n != 0 {
			t.Errorf("%d reset tokens are left", n)
		}
		if got, err := signIn(t, w, ada, old); err != nil || got.User.ID == user.ID {
			t.Errorf("a code to the old address signs in as %s, who was %s: %v", got.User.ID, user.ID, err)
		}
	})

	t.Run("takes the code of this user and address alone", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user, other := w.SignUp(t, ada).User, w.SignUp(t, bob).User
		if err := w.MailCodes.RequestChange(t.Context(), user, fresh, "", from); err != nil {
			t.Fatal(err)
		}
		plain := newest(t, w, fresh)
		for name, err := range map[string]error{
			"another user":    w.MailCodes.Change(t.Context(), other, fresh, plain, from),
			"another address": w.MailCodes.Change(t.Context(), user, "ada@other.example.com", plain, from),
			"for a sign-in":   w.MailCodes.Check(t.Context(), code.SignIn, fresh, plain, from),
		} {
			if !errors.Is(err, code.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})

	t.Run("does not tell that an address is taken, until the code has come", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		if err := w.MailCodes.RequestChange(t.Context(), user, fresh, "", from); err != nil {
			t.Fatal(err)
		}
		plain := newest(t, w, fresh)
		w.SignUp(t, fresh)
		before := len(w.Mails(t, fresh))
		if err := w.MailCodes.Change(t.Context(), user, fresh, plain, from); !errors.Is(err, mailcode.ErrEmailInUse) {
			t.Errorf("taken meanwhile: %v", err)
		}
		if err := w.MailCodes.RequestChange(t.Context(), user, fresh, "", from); err != nil || len(w.Mails(t, fresh)) != before {
			t.Errorf("taken before: %v, mails %d", err, len(w.Mails(t, fresh)))
		}
		if err := w.MailCodes.RequestChange(t.Context(), user, ada, "", from); !errors.Is(err, account.ErrSameEmail) {
			t.Errorf("the same address: %v", err)
		}
	})
}

// TestService_RequestChange_ConfirmsTheOldAddress covers ASVS V6.3.7 as far as the setting
// GATEHOUSE_CHANGE_EMAIL_CONFIRMATION promises it: no way around the old address.
func TestService_RequestChange_ConfirmsTheOldAddress(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{ConfirmChange: true})
	user := w.SignUp(t, ada).User
	if err := w.MailCodes.RequestChange(t.Context(), user, fresh, "", from); err != nil {
		t.Errorf("an address that was never confirmed: %v", err)
	}
	user.EmailVerified = true
	w.Identity.Change(user.ID, func(u *identityapi.User) { u.EmailVerified = true })
	sent := len(w.Mails(t, fresh))
	if err := w.MailCodes.RequestChange(t.Context(), user, fresh, "", from); !errors.Is(err, mailcode.ErrCodeRequired) {
		t.Errorf("without a code: %v", err)
	}
	if err := w.MailCodes.RequestChange(t.Context(), user, fresh, "x", from); !errors.Is(err, code.ErrInvalid) {
		t.Errorf("with a wrong code: %v", err)
	}
	if len(w.Mails(t, fresh)) != sent {
		t.Error("a code went out")
	}
	plain := mailed(t, w, code.Verification, ada)
	if err := w.MailCodes.RequestChange(t.Context(), user, fresh, plain, from); err != nil || len(w.Mails(t, fresh)) != sent+1 {
		t.Errorf("with the right code: %v", err)
	}
	if err := w.MailCodes.RequestChange(t.Context(), user, fresh, plain, from); !errors.Is(err, code.ErrInvalid) {
		t.Errorf("with the same code: %v", err)
	}
}

package account_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const newAddress = "new@example.com"

// requestChange asks for the address and returns the proof in the newest mail to reader.
func requestChange(t *testing.T, w *authtest.World, user account.User, to, reader string) string {
	t.Helper()
	if err := w.Accounts.RequestEmailChange(t.Context(), user, account.EmailChange{To: to, CallbackURL: "/", Origin: from}); err != nil {
		t.Fatal(err)
	}
	return newestProof(t, w, reader)
}

func newestProof(t *testing.T, w *authtest.World, reader string) string {
	t.Helper()
	mails := w.Mails(t, reader)
	if len(mails) == 0 {
		t.Fatalf("%s got no mail", reader)
	}
	return secretOf(t, mails[len(mails)-1], "token")
}

func confirm(t *testing.T, w *authtest.World, proof string) error {
	t.Helper()
	_, err := w.Accounts.ConfirmEmailChange(t.Context(), proof, account.SignedIn{}, from)
	return err
}

// now returns the user as identity knows it now.
func now(t *testing.T, w *authtest.World, id string) account.User {
	t.Helper()
	user, err := w.Accounts.FindUser(t.Context(), identityapi.FindUserIn{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func verified(w *authtest.World, id string) {
	w.Identity.Change(id, func(u *identityapi.User) { u.EmailVerified = true })
}

func TestService_ChangeEmail(t *testing.T) {
	t.Parallel()

	t.Run("takes the yes of the new address, and ends what went to the old one (row 44)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada)
		verified(w, ours.User.ID)
		older := secretOf(t, w.Mails(t, ada)[0], "token") // the verification of the old address
		reset := requestReset(t, w, ada)
		proof := requestChange(t, w, ours.User, newAddress, newAddress)
		if now(t, w, ours.User.ID).Email != ada {
			t.Fatal("the address has changed without its owner's yes")
		}
		changed, err := w.Accounts.ConfirmEmailChange(t.Context(), proof, ours, from)
		if err != nil || changed.Email != newAddress || !changed.EmailVerified {
			t.Fatalf("changed is %+v, %v", changed.User, err)
		}
		if err := use(t, w.Accounts, reset, newWords); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("an older reset link: %v, want ErrInvalidToken", err)
		}
		if _, err := w.Accounts.VerifyEmail(t.Context(), older, account.SignedIn{}, from); !errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("the old verification: %v, want ErrUserNotFound", err)
		}
		for _, reader := range []string{ada, newAddress} {
			mails := w.Mails(t, reader)
			if last := mails[len(mails)-1]; !strings.Contains(last.Text, newAddress) {
				t.Errorf("%s is told %q", reader, last.Subject)
			}
		}
		if !live(t, w, ours.Session.TokenHash) {
			t.Error("the session has ended")
		}
		if _, err := w.SignIn(t, newAddress, authtest.Password); err != nil {
			t.Errorf("sign in with the new address: %v", err)
		}
		types := w.Types(t, ours.User.ID)
		if !slices.Contains(types, authapi.EventEmailChangeRequested) || !slices.Contains(types, authapi.EventEmailChanged) {
			t.Errorf("events %v", types)
		}
	})

	t.Run("leaves an address unverified that was (Zitadel CVE-2026-27946, row 43)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada)
		if err := confirm(t, w, requestChange(t, w, ours.User, newAddress, newAddress)); err != nil {
			t.Fatal(err)
		}
		if user := now(t, w, ours.User.ID); user.Email != newAddress || user.EmailVerified {
			t.Errorf("the user is %+v", user.User)
		}
	})

	t.Run("answers alike for an address that somebody has, and mails nobody", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada).User
		w.SignUp(t, newAddress)
		before := len(w.Mails(t, newAddress))
		if err := w.Accounts.RequestEmailChange(t.Context(), ours, account.EmailChange{To: newAddress, Origin: from}); err != nil {
			t.Errorf("RequestEmailChange = %v", err)
		}
		if n := len(w.Mails(t, newAddress)); n != before {
			t.Error("a mail was sent")
		}
		if err := w.Accounts.RequestEmailChange(t.Context(), ours, account.EmailChange{To: ada, Origin: from}); !errors.Is(err, account.ErrSameEmail) {
			t.Errorf("the same address: %v, want ErrSameEmail", err)
		}
	})

	t.Run("loses against who took the address meanwhile", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada).User
		proof := requestChange(t, w, ours, newAddress, newAddress)
		w.SignUp(t, newAddress)
		if err := confirm(t, w, proof); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("%v, want ErrInvalidToken", err)
		}
	})

	t.Run("records both addresses as personal data only", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		requestChange(t, w, w.SignUp(t, ada).User, newAddress, newAddress)
		last := w.Events(t)[len(w.Events(t))-1]
		var personal map[string]string
		if err := json.Unmarshal(last.Personal, &personal); err != nil || personal["email"] != ada || personal["new_email"] != newAddress || string(last.Body) != "{}" {
			t.Errorf("recorded is %s and %s, %v", last.Body, last.Personal, err)
		}
	})
}

// TestService_ChangeEmailProofs: a proof works for its step, its user and the address that it
// was made at, and once: also after the way back.
func TestService_ChangeEmailProofs(t *testing.T) {
	t.Parallel()

	t.Run("once, also after the way back", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada).User
		there := requestChange(t, w, ours, newAddress, newAddress)
		if err := confirm(t, w, there); err != nil {
			t.Fatal(err)
		}
		if err := confirm(t, w, there); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("again: %v, want ErrInvalidToken", err)
		}
		if err := confirm(t, w, requestChange(t, w, now(t, w, ours.ID), ada, ada)); err != nil {
			t.Fatal(err)
		}
		if err := confirm(t, w, there); !errors.Is(err, account.ErrInvalidToken) || now(t, w, ours.ID).Email != ada {
			t.Errorf("after the way back: %v, want ErrInvalidToken", err)
		}
	})

	t.Run("not after a new password, which may have shut out who asked for it (row 44)", func(t *testing.T) {
		t.Parallel()
		for name, renew := range map[string]func(*testing.T, *authtest.World, account.SignedIn){
			"a reset": func(t *testing.T, w *authtest.World, _ account.SignedIn) { reset(t, w, newWords) },
			"a change": func(t *testing.T, w *authtest.World, ours account.SignedIn) {
				if _, err := change(t, w.Accounts, ours, account.PasswordChange{Current: authtest.Password, New: newWords}); err != nil {
					t.Error(err)
				}
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := authtest.New(t, authtest.Options{})
				ours := w.SignUp(t, ada)
				proof := requestChange(t, w, ours.User, newAddress, newAddress)
				renew(t, w, ours)
				if err := confirm(t, w, proof); !errors.Is(err, account.ErrInvalidToken) {
					t.Errorf("%v, want ErrInvalidToken", err)
				}
			})
		}
	})

	t.Run("64 at once change and record it once", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours := w.SignUp(t, ada).User
		proof := requestChange(t, w, ours, newAddress, newAddress)
		instances := []*account.Service{w.Accounts, w.Replica(t).Accounts}
		authtest.Parallel(64, func(i int) {
			_, err := instances[i%2].ConfirmEmailChange(t.Context(), proof, account.SignedIn{}, from)
			if err != nil && !errors.Is(err, account.ErrInvalidToken) {
				t.Errorf("%v, want ErrInvalidToken", err)
			}
		})
		recorded := 0
		for _, eventType := range w.Types(t, ours.ID) {
			if eventType == authapi.EventEmailChanged {
				recorded++
			}
		}
		if now(t, w, ours.ID).Email != newAddress || recorded != 1 {
			t.Errorf("the address is %s, recorded %d times", now(t, w, ours.ID).Email, recorded)
		}
	})

	t.Run("for nobody else, in no other step, not from elsewhere", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ours, eve := w.SignUp(t, ada), w.SignUp(t, "eve@example.com")
		proof := requestChange(t, w, ours.User, newAddress, newAddress)
		if _, err := w.Accounts.ConfirmEmailChange(t.Context(), proof, eve, from); !errors.Is(err, account.ErrInvalidUser) {
			t.Errorf("with another user's session: %v, want ErrInvalidUser", err)
		}
		for name, err := range map[string]error{
			"as an approval":            w.Accounts.ApproveEmailChange(t.Context(), proof, account.SignedIn{}, account.EmailChange{Origin: from}),
			"a verification":            confirm(t, w, secretOf(t, w.Mails(t, ada)[0], "token")),
			"a proof of another secret": confirm(t, w, forged(t, w, token.ConfirmChange, ours.User.ID)),
		} {
			if !errors.Is(err, account.ErrInvalidToken) {
				t.Errorf("%s: %v, want ErrInvalidToken", name, err)
			}
		}
		if _, err := w.Accounts.VerifyEmail(t.Context(), proof, account.SignedIn{}, from); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("as a verification: %v, want ErrInvalidToken", err)
		}
		w.Identity.Change(ours.User.ID, func(u *identityapi.User) { u.Banned = true })
		if err := confirm(t, w, proof); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("of a banned user: %v, want ErrInvalidToken", err)
		}
		w.Identity.Change(ours.User.ID, func(u *identityapi.User) { u.Banned = false })
		w.Clock.Advance(token.MailLife)
		if err := confirm(t, w, proof); !errors.Is(err, token.ErrMailExpired) {
			t.Errorf("at its end: %v, want ErrMailExpired", err)
		}
		w.Identity.Delete(ours.User.ID)
		w.Clock.Advance(-time.Minute)
		if err := confirm(t, w, proof); !errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("of nobody: %v, want ErrUserNotFound", err)
		}
	})
}

// forged returns a proof that is right but for its signature.
func forged(t *testing.T, w *authtest.World, step token.Purpose, userID string) string {
	t.Helper()
	proof, err := token.NewMail(secret.NewRoot("another root secret of tests, long enough"), w.Clock.Now).Issue(token.MailClaims{
		Email: ada, UserID: userID, UpdateTo: newAddress, RequestType: step,
	})
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// TestService_ApproveEmailChange: where confirmed addresses approve, the new one gets no mail
// before the old one's yes, which counts once.
func TestService_ApproveEmailChange(t *testing.T) {
	t.Parallel()
	options := authtest.Options{ApproveChanges: true}
	approve := func(t *testing.T, w *authtest.World, proof string) error {
		t.Helper()
		return w.Accounts.ApproveEmailChange(t.Context(), proof, account.SignedIn{}, account.EmailChange{CallbackURL: "/", Origin: from})
	}

	t.Run("old address first, then the new one", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, options)
		id := w.SignUp(t, ada).User.ID
		verified(w, id)
		approval := requestChange(t, w, now(t, w, id), newAddress, ada)
		if n := len(w.Mails(t, newAddress)); n != 0 {
			t.Errorf("the new address has %d mails before the approval", n)
		}
		if err := confirm(t, w, approval); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("the approval as the yes of the new address: %v, want ErrInvalidToken", err)
		}
		for range 3 {
			if err := approve(t, w, approval); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(w.Mails(t, newAddress)); n != 1 {
			t.Errorf("three uses of the approval mailed %d links", n)
		}
		if err := confirm(t, w, newestProof(t, w, newAddress)); err != nil {
			t.Fatal(err)
		}
		if err := approve(t, w, approval); !errors.Is(err, account.ErrInvalidToken) {
			t.Errorf("the approval afterwards: %v, want ErrInvalidToken", err)
		}
		if user := now(t, w, id); user.Email != newAddress || !user.EmailVerified {
			t.Errorf("the user is %+v", user.User)
		}
	})

	t.Run("the same steps for an address that somebody has, and no mail to it", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, options)
		id := w.SignUp(t, ada).User.ID
		verified(w, id)
		w.SignUp(t, newAddress)
		before := len(w.Mails(t, newAddress))
		if err := approve(t, w, requestChange(t, w, now(t, w, id), newAddress, ada)); err != nil {
			t.Fatal(err)
		}
		if n := len(w.Mails(t, newAddress)); n != before {
			t.Error("the owner of the address was mailed")
		}
	})

	t.Run("an address that is not confirmed has nothing to approve", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, options)
		user := w.SignUp(t, ada).User
		if err := confirm(t, w, requestChange(t, w, user, newAddress, newAddress)); err != nil {
			t.Error(err)
		}
	})
}

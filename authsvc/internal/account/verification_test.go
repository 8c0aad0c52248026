package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// proofOf returns the proof in the newest mail to an address.
func proofOf(t *testing.T, w *authtest.World, email string) string {
	t.Helper()
	mails := w.Mails(t, email)
	if len(mails) == 0 {
		t.Fatalf("no mail to %s", email)
	}
	return secretOf(t, mails[len(mails)-1], "token")
}

func TestService_VerifyEmail(t *testing.T) {
	t.Parallel()

	t.Run("signs in the first time and changes nothing after that", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{RequireVerification: true})
		id := w.SignUp(t, ada).User.ID
		proof := proofOf(t, w, ada)
		signed, err := w.Accounts.VerifyEmail(t.Context(), proof, account.SignedIn{}, from)
		if err != nil || signed.Token == "" || !signed.User.EmailVerified || !live(t, w, signed.Session.TokenHash) {
			t.Fatalf("the first time: token is there %t, verified %t, %v", signed.Token != "", signed.User.EmailVerified, err)
		}
		if !slices.Contains(w.Types(t, id), authapi.EventSignedIn) {
			t.Error("the sign-in is not recorded")
		}
		again, err := w.Accounts.VerifyEmail(t.Context(), proof, account.SignedIn{}, from)
		if err != nil || again.Token != "" || again.Session.ID != "" {
			t.Errorf("the second time: session %q, %v; want none", again.Session.ID, err)
		}
		if n := w.Count(t, "session"); n != 1 {
			t.Errorf("there are %d sessions, want 1", n)
		}
		if _, err := w.SignIn(t, ada, authtest.Password); err != nil {
			t.Errorf("sign in afterwards: %v", err)
		}
	})

	t.Run("keeps the session that the user has already", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		current := w.SignUp(t, ada)
		signed, err := w.Accounts.VerifyEmail(t.Context(), proofOf(t, w, ada), current, from)
		if err != nil || signed.Session.ID != current.Session.ID || !signed.User.EmailVerified {
			t.Errorf("session %q, verified %t, %v; want session %q", signed.Session.ID, signed.User.EmailVerified, err, current.Session.ID)
		}
	})

	t.Run("gives another user's browser a session of its own", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		ofAda, ofEve := w.SignUp(t, ada), w.SignUp(t, "eve@example.com")
		signed, err := w.Accounts.VerifyEmail(t.Context(), proofOf(t, w, ada), ofEve, from)
		if err != nil || signed.User.ID != ofAda.User.ID || signed.Token == "" || signed.Session.ID == ofEve.Session.ID {
			t.Errorf("a session of %q, %v; want a new one of %q", signed.User.ID, err, ofAda.User.ID)
		}
		if eve := w.Identity.Active("eve@example.com"); len(eve) != 1 {
			t.Fatal("Eve is gone")
		}
	})

	t.Run("opens no session for a banned user", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{RequireVerification: true})
		w.Identity.Change(w.SignUp(t, ada).User.ID, func(u *identityapi.User) { u.Banned = true })
		if _, err := w.Accounts.VerifyEmail(t.Context(), proofOf(t, w, ada), account.SignedIn{}, from); err != nil {
			t.Fatal(err)
		}
		if n := w.Count(t, "session"); n != 0 {
			t.Errorf("there are %d sessions, want none", n)
		}
	})

	t.Run("opens no second session for a use that overtakes the first", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{RequireVerification: true})
		w.SignUp(t, ada)
		proof := proofOf(t, w, ada)
		config := w.Accounts.Config
		config.Call = &overtaken{Caller: config.Call, method: "verify_email", before: func() {
			if signed, err := w.Accounts.VerifyEmail(t.Context(), proof, account.SignedIn{}, from); err != nil || signed.Token == "" {
				t.Errorf("the use that overtakes: token is there %t, %v", signed.Token != "", err)
			}
		}}
		signed, err := account.New(config).VerifyEmail(t.Context(), proof, account.SignedIn{}, from)
		if err != nil || signed.Token != "" || signed.Session.ID != "" {
			t.Errorf("the use that is overtaken: session %q, %v; want none", signed.Session.ID, err)
		}
		if n := w.Count(t, "session"); n != 1 {
			t.Errorf("there are %d sessions, want 1", n)
		}
	})

	t.Run("opens one session for 64 uses at once (Better Auth CVE-2026-53518, row 6)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{RequireVerification: true})
		w.SignUp(t, ada)
		proof := proofOf(t, w, ada)
		instances := []*account.Service{w.Accounts, w.Replica(t).Accounts}
		var errs [64]error
		authtest.Parallel(len(errs), func(i int) {
			_, errs[i] = instances[i%2].VerifyEmail(t.Context(), proof, account.SignedIn{}, from)
		})
		if err := errors.Join(errs[:]...); err != nil {
			t.Error(err)
		}
		if n := w.Count(t, "session"); n != 1 {
			t.Errorf("there are %d sessions, want 1", n)
		}
	})
}

func TestService_VerifyEmailRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(*testing.T, *authtest.World, string) (proof string)
		want  error
	}{
		"nothing": {func(*testing.T, *authtest.World, string) string { return "" }, token.ErrMailInvalid},
		"a proof that has expired": {func(t *testing.T, w *authtest.World, _ string) string {
			t.Helper()
			proof := proofOf(t, w, ada)
			w.Clock.Advance(token.MailLife)
			return proof
		}, token.ErrMailExpired},
		"a proof of an address that changed since (Supabase Auth 35d38d9, row 44)": {func(t *testing.T, w *authtest.World, id string) string {
			t.Helper()
			w.Identity.Change(id, func(u *identityapi.User) { u.Email = "new@example.com" })
			return proofOf(t, w, ada)
		}, account.ErrUserNotFound},
		"a proof of an address that another user has now": {func(t *testing.T, w *authtest.World, id string) string {
			t.Helper()
			proof := proofOf(t, w, ada)
			w.Identity.Delete(id)
			w.SignUp(t, ada)
			return proof
		}, account.ErrInvalidToken},
		"a reset secret (Better Auth GHSA-965c-763c-88jm, row 45)": {func(t *testing.T, w *authtest.World, _ string) string {
			t.Helper()
			return requestReset(t, w, ada)
		}, token.ErrMailInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{RequireVerification: true})
			id := w.SignUp(t, ada).User.ID
			proof := tc.spoil(t, w, id)
			if _, err := w.Accounts.VerifyEmail(t.Context(), proof, account.SignedIn{}, from); !errors.Is(err, tc.want) {
				t.Errorf("VerifyEmail = %v, want %v", err, tc.want)
			}
			if n := w.Count(t, "session"); n != 0 {
				t.Errorf("there are %d sessions, want none", n)
			}
		})
	}
}

func TestService_SendVerification(t *testing.T) {
	t.Parallel()

	t.Run("mails who has not confirmed yet, and says nothing of anybody else", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		w.Identity.Change(w.SignUp(t, "done@example.com").User.ID, func(u *identityapi.User) { u.EmailVerified = true })
		for email, want := range map[string]int{ada: 2, "done@example.com": 1, "nobody@example.com": 0} {
			if err := w.Accounts.SendVerification(t.Context(), email, "/welcome"); err != nil {
				t.Errorf("%s: %v", email, err)
			}
			if n := len(w.Mails(t, email)); n != want {
				t.Errorf("%d mails to %s, want %d", n, email, want)
			}
		}
	})

	t.Run("tells a user who is signed in what is wrong", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		if err := w.Accounts.ResendVerification(t.Context(), user, "eve@example.com", ""); !errors.Is(err, account.ErrEmailMismatch) {
			t.Errorf("another address: %v, want ErrEmailMismatch", err)
		}
		user.EmailVerified = true
		if err := w.Accounts.ResendVerification(t.Context(), user, ada, ""); !errors.Is(err, account.ErrAlreadyVerified) {
			t.Errorf("a confirmed address: %v, want ErrAlreadyVerified", err)
		}
		if n := len(w.Mails(t, "eve@example.com")); n != 0 {
			t.Errorf("%d mails to the other address, want none", n)
		}
	})

	t.Run("links to the configured origin and carries the callback (Zitadel CVE-2025-64101)", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		w.SignUp(t, ada)
		if err := w.Accounts.SendVerification(t.Context(), ada, "https://app.example.com/a?b=c&d"); err != nil {
			t.Fatal(err)
		}
		mails := w.Mails(t, ada)
		last := mails[len(mails)-1]
		if !strings.HasPrefix(last.Links[0], authtest.Base+"/api/auth/verify-email?token=") {
			t.Errorf("the link is %s", last.Links[0])
		}
		if got := secretOf(t, last, "callbackURL"); got != "https://app.example.com/a?b=c&d" {
			t.Errorf("the callback is %q", got)
		}
	})
}

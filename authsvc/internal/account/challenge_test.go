package account_test

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// enrol stores a factor as package twofactor does.
func enrol(t *testing.T, w *authtest.World, userID string, totp bool) {
	t.Helper()
	const insert = `insert into two_factor (user_id, enabled, secret, verified) values ($1, true, $2, $3)`
	if _, err := w.Pool.Exec(t.Context(), insert, userID, []byte("sealed"), totp); err != nil {
		t.Fatal(err)
	}
}

// entered passes the door by some proof.
func entered(t *testing.T, w *authtest.World, user account.User, from account.Origin, by account.Method) account.SignedIn {
	t.Helper()
	var signed account.SignedIn
	err := w.Store.InTx(t.Context(), func(tx account.Tx) error {
		var err error
		signed, err = w.Accounts.Enter(t.Context(), tx, user, from, by)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func finish(t *testing.T, w *authtest.World, user account.User, id string) (account.SignedIn, error) {
	t.Helper()
	var signed account.SignedIn
	err := w.Store.InTx(t.Context(), func(tx account.Tx) error {
		var err error
		signed, err = w.Accounts.Finish(t.Context(), tx, user, token.Hash(id), from, account.Method{Name: "totp", AMR: []string{"otp"}})
		return err
	})
	return signed, err
}

// TestService_Enter_SecondFactor covers Zitadel CVE-2025-64103 (past-vulnerabilities row 23)
// and Ory Kratos CVE-2024-45042 (row 24), and ASVS V6.3.3 and V6.3.4: an enrolled factor is asked for whatever the first
// proof was, and what is asked for follows from what is enrolled at that moment.
func TestService_Enter_SecondFactor(t *testing.T) {
	t.Parallel()
	password := account.Method{Name: "password", AMR: []string{"pwd"}}
	mailed := account.Method{Name: "magic_link", AMR: []string{"mail"}}
	for name, tc := range map[string]struct {
		by   account.Method
		totp bool
		want []string
	}{
		"a password, an authenticator": {password, true, []string{"totp", "otp"}},
		"a password, mailed codes":     {password, false, []string{"otp"}},
		"a mail, an authenticator":     {mailed, true, []string{"totp"}}, // the same mailbox is no second factor
		"a mail, mailed codes":         {mailed, false, []string{"otp"}},
		"a text message":               {account.Method{Name: "phone", AMR: []string{"sms"}}, true, []string{"totp", "otp"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			user := w.SignUp(t, ada).User
			before := w.Count(t, "session")
			enrol(t, w, user.ID, tc.totp)
			signed := entered(t, w, user, from, tc.by)
			if signed.Token != "" || signed.Session.ID != "" || w.Count(t, "session") != before {
				t.Fatalf("a session was opened: %+v", signed)
			}
			if signed.Asked == nil {
				t.Fatal("no second factor was asked for")
			}
			if diff := cmp.Diff(tc.want, signed.Asked.Ways); diff != "" {
				t.Errorf("what is asked for (-want +got):\n%s", diff)
			}
			if types := w.Types(t, user.ID); types[len(types)-1] != authapi.EventTwoFactorAsked {
				t.Errorf("the last event is %s", types[len(types)-1])
			}
		})
	}

	t.Run("by a password over the use case, and by a mailed link", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		enrol(t, w, user.ID, true)
		signed, err := w.SignIn(t, ada, authtest.Password)
		if err != nil || signed.Asked == nil || signed.Token != "" {
			t.Errorf("password: %+v, %v", signed, err)
		}
		signed, err = w.Accounts.VerifyEmail(t.Context(), secretOf(t, w.Mails(t, ada)[0], "token"), account.SignedIn{}, from)
		if err != nil || signed.Asked == nil || signed.Token != "" {
			t.Errorf("mailed link: %+v, %v", signed, err)
		}
	})

	t.Run("a user without one is let in", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		if signed := entered(t, w, user, from, password); signed.Token == "" || signed.Asked != nil {
			t.Errorf("got %+v", signed)
		}
	})
}

func TestService_Finish(t *testing.T) {
	t.Parallel()
	password := account.Method{Name: "password", AMR: []string{"pwd"}}

	t.Run("opens a session that holds both proofs and remembers what was asked at first", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		enrol(t, w, user.ID, true)
		asked := entered(t, w, user, account.Origin{Remember: false}, password)
		signed, err := finish(t, w, user, asked.Asked.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"pwd", "otp"}, signed.Session.AMR); diff != "" {
			t.Errorf("amr (-want +got):\n%s", diff)
		}
		if signed.Session.Remember {
			t.Error("the session is remembered, and was not to be")
		}
		if _, err := w.Accounts.Current(t.Context(), signed.Session.TokenHash); err != nil {
			t.Errorf("the session does not live: %v", err)
		}
	})

	// Better Auth PR 9993 (row 31).
	t.Run("refuses an expired challenge", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		enrol(t, w, user.ID, true)
		asked := entered(t, w, user, from, password)
		w.Clock.Advance(account.ChallengeLife)
		if _, err := finish(t, w, user, asked.Asked.ID); !errors.Is(err, account.ErrChallenge) {
			t.Errorf("got %v", err)
		}
	})

	t.Run("refuses another user's challenge, a banned user, and what was never asked", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user, other := w.SignUp(t, ada).User, w.SignUp(t, "eve@example.com").User
		enrol(t, w, user.ID, true)
		asked := entered(t, w, user, from, password)
		if _, err := finish(t, w, other, asked.Asked.ID); !errors.Is(err, account.ErrChallenge) {
			t.Errorf("another user: %v", err)
		}
		if _, err := finish(t, w, user, "2fa-guess"); !errors.Is(err, account.ErrChallenge) {
			t.Errorf("a guess: %v", err)
		}
		user.Banned = true
		if _, err := finish(t, w, user, asked.Asked.ID); !errors.Is(err, account.ErrBanned) {
			t.Errorf("a banned user: %v", err)
		}
	})

	t.Run("ends with the password that began it", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		enrol(t, w, user.ID, true)
		asked := entered(t, w, user, from, password)
		resetByMail(t, w)
		if _, err := finish(t, w, user, asked.Asked.ID); !errors.Is(err, account.ErrChallenge) {
			t.Errorf("got %v", err)
		}
	})

	// Better Auth PR 9993 (row 31): of one challenge two sessions were made.
	t.Run("opens one session of 64 attempts through two replicas", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		replicas := []*authtest.World{w, w.Replica(t)}
		user := w.SignUp(t, ada).User
		enrol(t, w, user.ID, true)
		asked := entered(t, w, user, from, password)
		before := w.Count(t, "session")
		var won, refused atomic.Int64
		authtest.Parallel(64, func(i int) {
			switch _, err := finish(t, replicas[i%2], user, asked.Asked.ID); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, account.ErrChallenge):
				refused.Add(1)
			}
		})
		if won.Load() != 1 || refused.Load() != 63 || w.Count(t, "session") != before+1 {
			t.Errorf("%d won, %d refused, %d new sessions", won.Load(), refused.Load(), w.Count(t, "session")-before)
		}
	})
}

// resetByMail chooses a new password by mail.
func resetByMail(t *testing.T, w *authtest.World) {
	t.Helper()
	if err := w.Accounts.RequestReset(t.Context(), ada, "", from); err != nil {
		t.Fatal(err)
	}
	mails := w.Mails(t, ada)
	secret := secretOf(t, mails[len(mails)-1], "")
	_, err := authtest.Patiently(func() (struct{}, error) {
		return struct{}{}, w.Accounts.ResetPassword(t.Context(), secret, newWords, from)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestService_TrustDevice(t *testing.T) {
	t.Parallel()
	password := account.Method{Name: "password", AMR: []string{"pwd"}}
	trusted := func(t *testing.T) (*authtest.World, account.User, string) {
		t.Helper()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		enrol(t, w, user.ID, true)
		var id string
		err := w.Store.InTx(t.Context(), func(tx account.Tx) error {
			var err error
			id, err = w.Accounts.TrustDevice(t.Context(), tx, user, from)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return w, user, id
	}

	t.Run("spares the second factor, and gives another id each time", func(t *testing.T) {
		t.Parallel()
		w, user, id := trusted(t)
		first := entered(t, w, user, account.Origin{Device: id}, password)
		if first.Token == "" || first.Device == "" || first.Device == id {
			t.Fatalf("got %+v", first)
		}
		if again := entered(t, w, user, account.Origin{Device: id}, password); again.Asked == nil {
			t.Error("the id was good twice")
		}
		if next := entered(t, w, user, account.Origin{Device: first.Device}, password); next.Token == "" {
			t.Error("the next id was not good")
		}
	})

	t.Run("is for this user, and ends", func(t *testing.T) {
		t.Parallel()
		w, user, id := trusted(t)
		eve := w.SignUp(t, "eve@example.com").User
		enrol(t, w, eve.ID, true)
		if got := entered(t, w, eve, account.Origin{Device: id}, password); got.Asked == nil {
			t.Error("another user's device was trusted")
		}
		w.Clock.Advance(account.DeviceLife)
		if got := entered(t, w, user, account.Origin{Device: id}, password); got.Asked == nil {
			t.Error("an expired device was trusted")
		}
	})

	t.Run("ends with the password", func(t *testing.T) {
		t.Parallel()
		w, user, id := trusted(t)
		resetByMail(t, w)
		if got := entered(t, w, user, account.Origin{Device: id}, password); got.Asked == nil {
			t.Error("the device was trusted after a reset")
		}
	})

	t.Run("lets one of 64 sign-ins with one id pass through two replicas", func(t *testing.T) {
		t.Parallel()
		w, user, id := trusted(t)
		replicas := []*authtest.World{w, w.Replica(t)}
		var passed, asked atomic.Int64
		authtest.Parallel(64, func(i int) {
			if got := entered(t, replicas[i%2], user, account.Origin{Device: id}, password); got.Asked != nil {
				asked.Add(1)
			} else {
				passed.Add(1)
			}
		})
		if passed.Load() != 1 || asked.Load() != 63 {
			t.Errorf("%d passed, %d were asked", passed.Load(), asked.Load())
		}
	})
}

func TestService_Replace(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	first := w.SignUp(t, ada)
	other, err := w.SignIn(t, ada, authtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(current account.SignedIn) (account.SignedIn, error) {
		var signed account.SignedIn
		err := w.Store.InTx(t.Context(), func(tx account.Tx) error {
			var err error
			signed, err = w.Accounts.Replace(t.Context(), tx, current, account.Replacement{AMR: []string{"pwd", "otp"}, Reason: "a test", From: from})
			return err
		})
		return signed, err
	}
	signed, err := replace(first)
	if err != nil {
		t.Fatal(err)
	}
	for name, gone := range map[string]account.SignedIn{"this one": first, "the other": other} {
		if _, err := w.Accounts.Current(t.Context(), gone.Session.TokenHash); !errors.Is(err, account.ErrUnauthorized) {
			t.Errorf("%s lives on: %v", name, err)
		}
	}
	current, err := w.Accounts.Current(t.Context(), signed.Session.TokenHash)
	if err != nil || !slices.Equal(current.Session.AMR, []string{"pwd", "otp"}) || current.Session.IP != from.IP {
		t.Errorf("the new session: %+v, %v", current.Session, err)
	}
	if _, err := replace(first); !errors.Is(err, account.ErrUnauthorized) {
		t.Errorf("a session that has ended was replaced: %v", err)
	}
}

func TestService_WithFactors(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	with, without := w.SignUp(t, ada).User, w.SignUp(t, "eve@example.com").User
	enrol(t, w, with.ID, false)
	users, err := w.Accounts.WithFactors(t.Context(), with.User, without.User)
	if err != nil || len(users) != 2 || !users[0].TwoFactorEnabled || users[1].TwoFactorEnabled {
		t.Errorf("got %+v, %v", users, err)
	}
	found, err := w.Accounts.FindUser(t.Context(), identityapi.FindUserIn{ID: with.ID})
	if err != nil || !found.TwoFactorEnabled {
		t.Errorf("got %+v, %v", found, err)
	}
	if users, err := w.Accounts.WithFactors(t.Context()); err != nil || len(users) != 0 {
		t.Errorf("of nobody: %+v, %v", users, err)
	}
}

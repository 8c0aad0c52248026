package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

func live(t *testing.T, w *authtest.World, hash session.Hash) bool {
	t.Helper()
	_, err := w.Accounts.Current(t.Context(), hash)
	if err != nil && !errors.Is(err, account.ErrUnauthorized) {
		t.Fatal(err)
	}
	return err == nil
}

// TestService_Current covers Zitadel CVE-2024-47000 and others (row 21): whether a user may
// be signed in is asked at every use.
func TestService_Current(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*authtest.World, account.SignedIn)
		want   bool
	}{
		"untouched":                        {func(*authtest.World, account.SignedIn) {}, true},
		"a moment before the session ends": {func(w *authtest.World, _ account.SignedIn) { w.Clock.Advance(session.Life - time.Millisecond) }, true},
		"at the end of the session":        {func(w *authtest.World, _ account.SignedIn) { w.Clock.Advance(session.Life) }, false},
		"of a user who was deleted":        {func(w *authtest.World, s account.SignedIn) { w.Identity.Delete(s.User.ID) }, false},
		"of a user who was banned": {func(w *authtest.World, s account.SignedIn) {
			w.Identity.Change(s.User.ID, func(u *identityapi.User) { u.Banned = true })
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			signed := w.SignUp(t, ada)
			tc.change(w, signed)
			if got := live(t, w, signed.Session.TokenHash); got != tc.want {
				t.Errorf("the session counts: %t, want %t", got, tc.want)
			}
		})
	}
}

// TestService_SessionsShowNoSecret: what is stored and listed does not prove a session.
func TestService_SessionsShowNoSecret(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	signed := w.SignUp(t, ada)
	listed, err := w.Accounts.Sessions(t.Context(), signed.User.ID)
	if err != nil || len(listed) != 1 {
		t.Fatalf("%d sessions, %v", len(listed), err)
	}
	handle := listed[0].TokenHash.Handle()
	if live(t, w, session.Hash(token.Hash(handle))) {
		t.Error("a handle works as a token")
	}
	if !live(t, w, session.Hash(token.Hash(signed.Token))) {
		t.Error("the token does not work")
	}
}

func TestService_Sessions(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	first := w.SignUp(t, ada)
	w.Clock.Advance(6 * 24 * time.Hour)
	second, err := w.SignIn(t, ada, authtest.Password)
	if err != nil {
		t.Fatal(err)
	}
	w.SignUp(t, "eve@example.com")
	for _, tc := range []struct {
		wait time.Duration
		want []string
	}{{0, []string{first.Session.ID, second.Session.ID}}, {24 * time.Hour, []string{second.Session.ID}}} {
		w.Clock.Advance(tc.wait)
		listed, err := w.Accounts.Sessions(t.Context(), first.User.ID)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, s := range listed {
			ids = append(ids, s.ID)
		}
		if diff := cmp.Diff(tc.want, ids); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", tc.wait, diff)
		}
	}
}

func TestService_Renew(t *testing.T) {
	t.Parallel()

	t.Run("extends a session after a day, once", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		signed := w.SignUp(t, ada)
		w.Clock.Advance(session.RenewAfter - time.Millisecond)
		if _, renewed, err := w.Accounts.Renew(t.Context(), signed.Session); renewed || err != nil {
			t.Errorf("too early: renewed is %t, %v", renewed, err)
		}
		w.Clock.Advance(time.Millisecond)
		extended, renewed, err := w.Accounts.Renew(t.Context(), signed.Session)
		if !renewed || err != nil {
			t.Fatalf("in time: renewed is %t, %v", renewed, err)
		}
		current, err := w.Accounts.Current(t.Context(), signed.Session.TokenHash)
		if err != nil || !current.Session.ExpiresAt.Equal(w.Clock.Now().Add(session.Life)) {
			t.Errorf("stored end is %v, %v", current.Session.ExpiresAt, err)
		}
		if _, again, err := w.Accounts.Renew(t.Context(), extended); again || err != nil {
			t.Errorf("at once again: renewed is %t, %v", again, err)
		}
	})

	t.Run("does not bring an ended session back", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		signed := w.SignUp(t, ada)
		w.Clock.Advance(session.RenewAfter)
		if err := w.Accounts.SignOut(t.Context(), signed.Session.TokenHash); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Accounts.Renew(t.Context(), signed.Session); !errors.Is(err, account.ErrUnauthorized) {
			t.Errorf("Renew = %v, want ErrUnauthorized", err)
		}
		if live(t, w, signed.Session.TokenHash) {
			t.Error("the session is back")
		}
	})
}

// Covers ASVS V8.2.2.
func TestService_RevokeSession(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		names func(own, foreign account.SignedIn) []session.Hash
		want  [2]bool // own and foreign session live on
	}{
		"by its handle": {func(own, _ account.SignedIn) []session.Hash {
			hash, _ := session.ParseHandle(own.Session.TokenHash.Handle())
			return []session.Hash{hash}
		}, [2]bool{false, true}},
		"by its token": {func(own, _ account.SignedIn) []session.Hash {
			return []session.Hash{session.Hash(token.Hash(own.Token))}
		}, [2]bool{false, true}},
		"of another user (Zitadel CVE-2025-27507, row 49)": {func(_, foreign account.SignedIn) []session.Hash {
			return []session.Hash{foreign.Session.TokenHash}
		}, [2]bool{true, true}},
		"that does not exist": {func(account.SignedIn, account.SignedIn) []session.Hash {
			return []session.Hash{{}}
		}, [2]bool{true, true}},
		"named by nothing": {func(account.SignedIn, account.SignedIn) []session.Hash {
			return []session.Hash{}
		}, [2]bool{true, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			own, foreign := w.SignUp(t, ada), w.SignUp(t, "eve@example.com")
			if err := w.Accounts.RevokeSession(t.Context(), own.User.ID, tc.names(own, foreign)...); err != nil {
				t.Fatal(err)
			}
			if got := [2]bool{live(t, w, own.Session.TokenHash), live(t, w, foreign.Session.TokenHash)}; got != tc.want {
				t.Errorf("own and foreign session live: %v, want %v", got, tc.want)
			}
			revoked := slices.Contains(w.Types(t, own.User.ID), authapi.EventSessionRevoked)
			if ended := !tc.want[0]; revoked != ended {
				t.Errorf("a revocation is recorded: %t, want %t", revoked, ended)
			}
		})
	}
}

func TestService_RevokeSessions(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"all": false, "all but the current one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			current, foreign := w.SignUp(t, ada), w.SignUp(t, "eve@example.com")
			other, err := w.SignIn(t, ada, authtest.Password)
			if err != nil {
				t.Fatal(err)
			}
			except := ""
			if keep {
				except = current.Session.ID
			}
			if err := w.Accounts.RevokeSessions(t.Context(), current.User.ID, except); err != nil {
				t.Fatal(err)
			}
			got := []bool{live(t, w, current.Session.TokenHash), live(t, w, other.Session.TokenHash), live(t, w, foreign.Session.TokenHash)}
			if diff := cmp.Diff([]bool{keep, false, true}, got); diff != "" {
				t.Errorf("current, other and foreign session live (-want +got):\n%s", diff)
			}
		})
	}
}

// TestService_EndsParallel: of 64 that end one session, one records it.
func TestService_EndsParallel(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	signed := w.SignUp(t, ada)
	instances := []*account.Service{w.Accounts, w.Replica(t).Accounts}
	var errs [64]error
	authtest.Parallel(len(errs), func(i int) { errs[i] = instances[i%2].RevokeSessions(t.Context(), signed.User.ID, "") })
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	revocations := 0
	for _, eventType := range w.Types(t, signed.User.ID) {
		if eventType == authapi.EventSessionRevoked {
			revocations++
		}
	}
	if revocations != 1 {
		t.Errorf("%d revocations are recorded, want 1", revocations)
	}
}

package onetime_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/onetime"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var from = account.Origin{IP: "192.0.2.7", UserAgent: "a test"}

// issued returns a World with somebody who is signed in, and their one-time token.
func issued(t *testing.T) (*authtest.World, account.SignedIn, string) {
	t.Helper()
	w := authtest.New(t, authtest.Options{})
	signed := w.SignUp(t, "ada@example.com")
	plain, err := w.OneTime.Issue(t.Context(), signed, signed.Token, from)
	if err != nil {
		t.Fatal(err)
	}
	return w, signed, plain
}

func TestService_Use(t *testing.T) {
	t.Parallel()
	t.Run("hands over the same session, once", func(t *testing.T) {
		t.Parallel()
		w, signed, plain := issued(t)
		taken, err := w.OneTime.Use(t.Context(), plain, from)
		if err != nil || taken.Session.ID != signed.Session.ID || taken.Token != signed.Token || taken.User.ID != signed.User.ID {
			t.Fatalf("session %q of %q, %v", taken.Session.ID, taken.User.ID, err)
		}
		if _, err := w.OneTime.Use(t.Context(), plain, from); !errors.Is(err, onetime.ErrInvalid) {
			t.Errorf("the second use: %v", err)
		}
		if w.Count(t, "session") != 1 {
			t.Errorf("there are %d sessions", w.Count(t, "session"))
		}
		types := w.Types(t, signed.User.ID)
		if !slices.Contains(types, authapi.EventOneTimeTokenIssued) || !slices.Contains(types, authapi.EventOneTimeTokenUsed) {
			t.Errorf("recorded are %v", types)
		}
	})
	t.Run("works for three minutes", func(t *testing.T) {
		t.Parallel()
		w, signed, plain := issued(t)
		w.Clock.Advance(onetime.Life)
		if _, err := w.OneTime.Use(t.Context(), plain, from); !errors.Is(err, onetime.ErrInvalid) {
			t.Errorf("a late use: %v", err)
		}
		plain, err := w.OneTime.Issue(t.Context(), signed, signed.Token, from)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(onetime.Life - time.Millisecond)
		if _, err := w.OneTime.Use(t.Context(), plain, from); err != nil {
			t.Errorf("in time: %v", err)
		}
	})
	t.Run("hands nothing over that is over, of nobody who may not be signed in", func(t *testing.T) {
		t.Parallel()
		for name, tc := range map[string]struct {
			spoil func(*authtest.World, account.SignedIn) error
			want  error
		}{
			"a session that was ended": {func(w *authtest.World, in account.SignedIn) error {
				return w.Accounts.SignOut(t.Context(), in.Session.TokenHash)
			}, onetime.ErrInvalid}, // it went with the session
			"a banned user": {func(w *authtest.World, in account.SignedIn) error {
				w.Identity.Change(in.User.ID, func(u *identityapi.User) { u.Banned = true })
				return nil
			}, onetime.ErrNoSession},
			"a user who is gone": {func(w *authtest.World, in account.SignedIn) error {
				w.Identity.Delete(in.User.ID)
				return nil
			}, onetime.ErrNoSession},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w, signed, plain := issued(t)
				if err := tc.spoil(w, signed); err != nil {
					t.Fatal(err)
				}
				if taken, err := w.OneTime.Use(t.Context(), plain, from); !errors.Is(err, tc.want) || taken.Token != "" {
					t.Errorf("token is there %t, %v; want %v", taken.Token != "", err, tc.want)
				}
			})
		}
	})
	t.Run("succeeds once for 64 uses at once (Better Auth CVE-2026-53518, row 6)", func(t *testing.T) {
		t.Parallel()
		w, _, plain := issued(t)
		instances := []*onetime.Service{w.OneTime, w.Replica(t).OneTime}
		var errs [64]error
		authtest.Parallel(len(errs), func(i int) {
			_, errs[i] = instances[i%2].Use(t.Context(), plain, from)
		})
		worked := 0
		for _, err := range errs {
			if err == nil {
				worked++
			} else if !errors.Is(err, onetime.ErrInvalid) {
				t.Error(err)
			}
		}
		if worked != 1 {
			t.Errorf("%d uses worked, want 1", worked)
		}
	})
	t.Run("takes nothing else for a token", func(t *testing.T) {
		t.Parallel()
		w, signed, plain := issued(t)
		for _, guess := range []string{"", signed.Token, signed.Session.TokenHash.Handle(), plain + "a", strings.ToLower(plain) + "A", strings.Repeat("x", 1000)} {
			if _, err := w.OneTime.Use(t.Context(), guess, from); !errors.Is(err, onetime.ErrInvalid) {
				t.Errorf("%.40q: %v", guess, err)
			}
		}
	})
}

// TestService_KeepsNoSecret: neither token shows in the row (ASVS V11.4.1).
func TestService_KeepsNoSecret(t *testing.T) {
	t.Parallel()
	w, signed, plain := issued(t)
	var row string
	if err := w.Pool.QueryRow(t.Context(), `select encode(token_hash, 'escape') || encode(sealed, 'escape') || to_json(o)::text from one_time_token o`).Scan(&row); err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{plain, signed.Token} {
		if strings.Contains(row, hidden) {
			t.Error("the row shows a token")
		}
	}
}

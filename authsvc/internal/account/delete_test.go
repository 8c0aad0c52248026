package account_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// left returns the tables that still hold something of the user.
func left(t *testing.T, w *authtest.World, userID string) []string {
	t.Helper()
	const query = `
		select table_name
		from information_schema.columns
		where table_schema = current_schema() and column_name = 'user_id'
		order by table_name`
	rows, err := w.Pool.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 5 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	var holding []string
	for _, table := range tables {
		var n int
		query := "select count(*) from " + pgx.Identifier{table}.Sanitize() + " where user_id = $1"
		if err := w.Pool.QueryRow(t.Context(), query, userID).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			holding = append(holding, table)
		}
	}
	return holding
}

// settled signs somebody up and fills the tables: a session, a password, a reset.
func settled(t *testing.T, w *authtest.World) account.SignedIn {
	t.Helper()
	in := w.SignUp(t, ada)
	requestReset(t, w, ada)
	if _, err := w.Grants.Exchange(t.Context(), in.Token, "first-party", nil); err != nil {
		t.Fatal(err)
	}
	return in
}

// shutOut checks that nothing of a deleted user signs anybody in.
func shutOut(t *testing.T, w *authtest.World, in account.SignedIn) {
	t.Helper()
	if _, err := w.SignIn(t, ada, authtest.Password); !errors.Is(err, account.ErrCredentials) {
		t.Errorf("sign in: %v, want ErrCredentials", err)
	}
	if live(t, w, in.Session.TokenHash) {
		t.Error("the session lives")
	}
	if err := w.Accounts.RequestReset(t.Context(), ada, "", from); err != nil {
		t.Error(err)
	}
	if n := w.Count(t, "password_reset"); n > 1 {
		t.Error("the deleted user can ask for a new password")
	}
}

// TestService_DeleteUser covers Better Auth GHSA-2vg6-77g8-24mp (row 13): nothing outlives
// the deleted user.
//
// Covers ASVS V10.3.3.
func TestService_DeleteUser(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	in, other := settled(t, w), w.SignUp(t, "eve@example.com")
	if before := left(t, w, in.User.ID); !slices.Contains(before, "refresh_family") {
		t.Fatalf("the tables are not filled: %v", before)
	}
	if err := w.Accounts.DeleteUser(t.Context(), in.User, "boss", from); err != nil {
		t.Fatal(err)
	}
	shutOut(t, w, in)
	if got := left(t, w, in.User.ID); got != nil {
		t.Errorf("%v hold something of the user", got)
	}
	if n := w.Count(t, "removal"); n != 0 {
		t.Errorf("%d removals are under way", n)
	}
	var last authtest.Recorded
	for _, e := range w.Events(t) {
		if e.Key == in.User.ID {
			last = e
		}
	}
	if last.Type != authapi.EventAccountDeleted || last.Actor != "boss" {
		t.Errorf("the last event is %s by %s", last.Type, last.Actor)
	}
	if !live(t, w, other.Session.TokenHash) {
		t.Error("somebody else's session ended")
	}
	t.Run("and the address is free for somebody new (Zitadel CVE-2026-55670, row 52)", func(t *testing.T) {
		if again := w.SignUp(t, ada); again.User.ID == in.User.ID {
			t.Error("the id is used again")
		}
	})
}

// failing is a store whose transaction of the given number fails.
type failing struct {
	account.Store
	countdown int
}

var errCrash = errors.New("the process ended")

func (f *failing) InTx(ctx context.Context, write func(account.Tx) error) error {
	if f.countdown--; f.countdown < 0 {
		return errCrash
	}
	return f.Store.InTx(ctx, write)
}

// TestService_DeleteUserBreaksOff breaks a deletion off at every step. Until identity has
// forgotten the user, all of them is there; after that, nothing of them signs in; and at the
// end nothing of them is left.
func TestService_DeleteUserBreaksOff(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cut     authtest.Cut
		txs     int  // transactions that commit
		gone    bool // identity has forgotten the user
		decided bool // the deletion will be finished
	}{
		"before the note":             {authtest.Whole, 0, false, false},
		"before identity is asked":    {authtest.BeforeCall, 1, false, true},
		"before identity has said so": {authtest.BeforeAnswer, 1, true, true},
		"before the rows are gone":    {authtest.Whole, 1, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			in := settled(t, w)
			config := w.Accounts.Config
			config.Store = &failing{config.Store, tc.txs}
			w.Identity.CutOff("delete_user", tc.cut)
			if err := account.New(config).DeleteUser(t.Context(), in.User, in.User.ID, from); err == nil {
				t.Fatal("it did not break off")
			}
			w.Identity.CutOff("delete_user", authtest.Whole)
			if tc.gone {
				shutOut(t, w, in)
			} else if _, err := w.SignIn(t, ada, authtest.Password); err != nil {
				t.Errorf("the user is half deleted: %v", err)
			}
			w.Clock.Advance(2 * time.Minute)
			authtest.Parallel(4, func(int) {
				if err := w.Replica(t).Accounts.FinishRemovals(t.Context()); err != nil {
					t.Error(err)
				}
			})
			if !tc.decided {
				if !live(t, w, in.Session.TokenHash) {
					t.Error("an undecided deletion was finished")
				}
				return
			}
			shutOut(t, w, in)
			if got := left(t, w, in.User.ID); got != nil {
				t.Errorf("%v hold something of the user", got)
			}
			done := 0
			for _, eventType := range w.Types(t, in.User.ID) {
				if eventType == authapi.EventAccountDeleted {
					done++
				}
			}
			if done != 1 {
				t.Errorf("%d deletions are recorded, want 1", done)
			}
		})
	}
}

func TestService_FinishRemovals(t *testing.T) {
	t.Parallel()
	t.Run("leaves a deletion that is under way to who is at it", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		in := settled(t, w)
		w.Identity.CutOff("delete_user", authtest.BeforeCall)
		if err := w.Accounts.DeleteUser(t.Context(), in.User, in.User.ID, from); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("DeleteUser: %v", err)
		}
		w.Identity.CutOff("delete_user", authtest.Whole)
		if err := w.Accounts.FinishRemovals(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !live(t, w, in.Session.TokenHash) {
			t.Error("it did not wait")
		}
	})
	t.Run("withdraws the deletion of the last administrator", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		in := settled(t, w)
		w.Identity.Grant(in.User.ID, identityapi.RoleAdmin)
		if err := w.Accounts.DeleteUser(t.Context(), in.User, in.User.ID, from); !errors.Is(err, identityapi.ErrLastAdministrator) {
			t.Fatalf("DeleteUser: %v", err)
		}
		if n := w.Count(t, "removal"); n != 0 {
			t.Errorf("%d removals are under way", n)
		}
		w.Clock.Advance(2 * time.Minute)
		if err := w.Accounts.FinishRemovals(t.Context()); err != nil || !live(t, w, in.Session.TokenHash) {
			t.Errorf("the administrator is gone, %v", err)
		}
	})
}

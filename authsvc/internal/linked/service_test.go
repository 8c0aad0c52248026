package linked_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const ada = "ada@example.com"

var from = account.Origin{IP: "192.0.2.7", UserAgent: "a test"}

// link gives the user an account at a provider.
func link(t *testing.T, w *authtest.World, userID, provider, accountID string) linked.Account {
	t.Helper()
	now := w.Clock.Now()
	expires := now.Add(time.Hour)
	a := linked.Account{
		ID: uuid.NewString(), UserID: userID, Provider: provider, AccountID: accountID, Scope: []string{"openid", "email"},
		Tokens:    linked.Tokens{Access: "an access token", Refresh: "a refresh token", AccessExpires: &expires},
		CreatedAt: now, UpdatedAt: now,
	}
	if !tryLink(t, w, a) {
		t.Fatalf("%s %s is taken", provider, accountID)
	}
	return a
}

func tryLink(t *testing.T, w *authtest.World, a linked.Account) bool {
	t.Helper()
	var free bool
	err := w.Links.InTx(t.Context(), func(tx linked.Tx) (err error) {
		free, err = tx.Link(t.Context(), a)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return free
}

func list(t *testing.T, w *authtest.World, userID string) []linked.Account {
	t.Helper()
	all, err := w.Linked.List(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestService_List(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	user := w.SignUp(t, ada).User
	other := w.SignUp(t, "eve@example.com").User
	w.Clock.Advance(time.Hour)
	github := link(t, w, user.ID, "github", "1")
	link(t, w, other.ID, "github", "2")

	all := list(t, w, user.ID)
	if len(all) != 2 {
		t.Fatalf("%d ways in, want the password and the account at the provider", len(all))
	}
	password := all[slices.IndexFunc(all, func(a linked.Account) bool { return a.Provider == linked.Credential })]
	if password.AccountID != user.ID || password.ID == "" || password.ID == user.ID {
		t.Errorf("the password is listed as %+v", password)
	}
	shown := all[slices.IndexFunc(all, func(a linked.Account) bool { return a.Provider == "github" })]
	if shown.Tokens != (linked.Tokens{}) {
		t.Error("a list holds tokens")
	}
	found, err := w.Links.Find(t.Context(), user.ID, github.ID)
	if diff := cmp.Diff(github, found, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); err != nil || diff != "" {
		t.Errorf("Find: %v, %s", err, diff)
	}
	for name, id := range map[string]string{"the password": password.ID, "no id": "guess", "another user's": list(t, w, other.ID)[1].ID} {
		if _, err := w.Links.Find(t.Context(), user.ID, id); !errors.Is(err, linked.ErrUnknown) {
			t.Errorf("%s: %v, want ErrUnknown", name, err)
		}
	}
}

// TestStore_Seals covers ASVS V14.2.4 and V13.3.1: tokens of providers are no plain text in
// the database, and a sealed one opens in its own row only.
func TestStore_Seals(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	user := w.SignUp(t, ada).User
	a, b := link(t, w, user.ID, "github", "1"), link(t, w, user.ID, "google", "1")
	var plain int
	const search = `select count(*) from linked_account where position('token'::bytea in access_token || refresh_token) > 0`
	if err := w.Pool.QueryRow(t.Context(), search).Scan(&plain); err != nil || plain != 0 {
		t.Errorf("%d rows hold a token as it is, %v", plain, err)
	}
	const swap = `update linked_account set access_token = (select access_token from linked_account where id = $2) where id = $1`
	if _, err := w.Pool.Exec(t.Context(), swap, a.ID, b.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Links.Find(t.Context(), user.ID, a.ID); err == nil {
		t.Error("the token of another row was opened")
	}
}

func TestStore_Link(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.Options{})
	user, other := w.SignUp(t, ada).User, w.SignUp(t, "eve@example.com").User
	a := link(t, w, user.ID, "github", "1")
	taken := a
	taken.ID, taken.UserID = uuid.NewString(), other.ID
	if tryLink(t, w, taken) {
		t.Error("an account at a provider belongs to two users")
	}
	a.Tokens = linked.Tokens{Access: "newer", ID: "an id token"}
	err := w.Links.InTx(t.Context(), func(tx linked.Tx) error {
		found, ok, err := tx.FindLinked(t.Context(), "github", "1")
		if err != nil || !ok || found.UserID != user.ID {
			t.Errorf("FindLinked = %+v, %t, %v", found, ok, err)
		}
		if _, ok, err := tx.FindLinked(t.Context(), "google", "1"); ok || err != nil {
			t.Errorf("an account that nobody linked: %t, %v", ok, err)
		}
		foreign := a
		foreign.UserID = other.ID
		if ok, err := tx.UpdateTokens(t.Context(), foreign); ok || err != nil {
			t.Errorf("tokens of another user's account: %t, %v", ok, err)
		}
		if ok, err := tx.UpdateTokens(t.Context(), a); !ok || err != nil {
			t.Errorf("UpdateTokens = %t, %v", ok, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := w.Links.Find(t.Context(), user.ID, a.ID); err != nil || found.Tokens != a.Tokens {
		t.Errorf("after the update: %v, %v", found.Tokens, err)
	}
}

func TestService_Unlink(t *testing.T) {
	t.Parallel()

	t.Run("takes away what is named, with its event", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		github := link(t, w, user.ID, "github", "1")
		if err := w.Linked.Unlink(t.Context(), user, github.ID, from); err != nil {
			t.Fatal(err)
		}
		all := list(t, w, user.ID)
		if len(all) != 1 || all[0].Provider != linked.Credential {
			t.Errorf("left is %+v, want the password", all)
		}
		if types := w.Types(t, user.ID); !slices.Contains(types, authapi.EventAccountUnlinked) {
			t.Errorf("events %v", types)
		}
	})

	t.Run("takes a password away for good", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		password := list(t, w, user.ID)[0]
		link(t, w, user.ID, "github", "1")
		if err := w.Linked.Unlink(t.Context(), user, password.ID, from); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn(t, ada, authtest.Password); !errors.Is(err, account.ErrCredentials) {
			t.Errorf("the password afterwards: %v, want ErrCredentials", err)
		}
	})

	t.Run("refuses the last one, an unknown one and another user's", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user, other := w.SignUp(t, ada).User, w.SignUp(t, "eve@example.com").User
		if err := w.Linked.Unlink(t.Context(), user, list(t, w, user.ID)[0].ID, from); !errors.Is(err, linked.ErrLast) {
			t.Errorf("the last one: %v, want ErrLast", err)
		}
		link(t, w, user.ID, "github", "1")
		foreign := link(t, w, other.ID, "github", "2")
		for _, id := range []string{"guess", "", foreign.ID} {
			if err := w.Linked.Unlink(t.Context(), user, id, from); !errors.Is(err, linked.ErrUnknown) {
				t.Errorf("%q: %v, want ErrUnknown", id, err)
			}
		}
		if n := len(list(t, w, other.ID)); n != 2 {
			t.Errorf("the other user has %d ways in, want 2", n)
		}
	})

	t.Run("leaves one of two that go at once", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.Options{})
		user := w.SignUp(t, ada).User
		link(t, w, user.ID, "github", "1")
		all := list(t, w, user.ID)
		instances := []*linked.Service{w.Linked, w.Replica(t).Linked}
		var errs [16]error
		authtest.Parallel(len(errs), func(i int) { errs[i] = instances[i/2%2].Unlink(t.Context(), user, all[i%2].ID, from) })
		successes := 0
		for _, err := range errs {
			if err == nil {
				successes++
			} else if !errors.Is(err, linked.ErrLast) {
				t.Errorf("%v, want ErrLast", err)
			}
		}
		if left := list(t, w, user.ID); successes != 1 || len(left) != 1 {
			t.Errorf("%d went and %d are left, want 1 and 1", successes, len(left))
		}
	})
}

package user_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const ada = "ada@example.com"

func reserve(t *testing.T, w *identitytest.World, email string) user.ID {
	t.Helper()
	id := identitytest.NewID(t)
	if _, err := w.Users.Reserve(t.Context(), user.Reservation{ID: id, Email: email, Profile: user.Profile{Name: "Ada"}}); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestService_Reserve(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	active := w.SignUp(t, "Taken@Example.com")
	for _, c := range []struct {
		name  string
		given user.Reservation
		want  error
	}{
		{"refuses the address of a user", user.Reservation{ID: identitytest.NewID(t), Email: "taken@example.com"}, identityapi.ErrEmailTaken},
		{"refuses it in another spelling", user.Reservation{ID: identitytest.NewID(t), Email: "TAKEN@example.COM"}, identityapi.ErrEmailTaken},
		{"refuses the id of a user", user.Reservation{ID: active.ID, Email: "free@example.com"}, identityapi.ErrUserIDTaken},
		{"refuses what is no address", user.Reservation{ID: identitytest.NewID(t), Email: "a@@example.com"}, identityapi.ErrEmailInvalid},
		{"refuses a name with NUL", user.Reservation{ID: identitytest.NewID(t), Email: "free@example.com", Profile: user.Profile{Name: "\x00"}}, identityapi.ErrProfileInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := w.Users.Reserve(t.Context(), c.given); !errors.Is(err, c.want) {
				t.Errorf("Reserve: %v; want %v", err, c.want)
			}
		})
	}
	t.Run("refuses the id of another reservation", func(t *testing.T) {
		t.Parallel()
		id := reserve(t, w, "one@example.com")
		_, err := w.Users.Reserve(t.Context(), user.Reservation{ID: id, Email: "two@example.com"})
		if !errors.Is(err, identityapi.ErrUserIDTaken) {
			t.Errorf("Reserve: %v", err)
		}
	})
	t.Run("does not make anybody exist", func(t *testing.T) {
		t.Parallel()
		id := reserve(t, w, "later@example.com")
		if _, err := w.Users.Find(t.Context(), id); !errors.Is(err, identityapi.ErrUserUnknown) {
			t.Errorf("Find: %v", err)
		}
		if _, err := w.Users.FindByEmail(t.Context(), "later@example.com"); !errors.Is(err, identityapi.ErrUserUnknown) {
			t.Errorf("FindByEmail: %v", err)
		}
		if got := w.Types(t, string(id)); got != nil {
			t.Errorf("events %v", got)
		}
	})
}

func TestService_Activate(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	id := identitytest.NewID(t)
	image := "https://example.com/ada.png"
	if _, err := w.Users.Reserve(t.Context(), user.Reservation{ID: id, Email: "Ada@Example.com", Profile: user.Profile{Name: "Ada", Image: &image}}); err != nil {
		t.Fatal(err)
	}
	active, err := w.Users.Activate(t.Context(), user.Activation{ID: id, EmailVerified: true})
	if err != nil {
		t.Fatal(err)
	}
	at := w.Clock.Now().UTC().Truncate(time.Millisecond)
	want := user.User{
		ID: id, Email: ada, EmailVerified: true, Profile: user.Profile{Name: "Ada", Image: &image}, Roles: []string{"user"}, CreatedAt: at, UpdatedAt: at,
	}
	if diff := cmp.Diff(want, active); diff != "" {
		t.Error(diff)
	}
	again, err := w.Users.Activate(t.Context(), user.Activation{ID: id})
	if err != nil {
		t.Fatalf("second Activate: %v", err)
	}
	if diff := cmp.Diff(active, again); diff != "" {
		t.Errorf("the second activation changed something: %s", diff)
	}
	recorded := w.Events(t, string(id))
	if len(recorded) != 1 || recorded[0].Type != identityapi.EventUserCreated || recorded[0].Actor != string(id) {
		t.Fatalf("events %+v", recorded)
	}
	if !strings.Contains(string(recorded[0].Personal), ada) || strings.Contains(string(recorded[0].Body), "Ada") ||
		strings.Contains(string(recorded[0].Body), ada) {
		t.Errorf("personal data is not kept apart: body %s, personal %s", recorded[0].Body, recorded[0].Personal)
	}
}

// "A crash at any point of a sign-up leaves the address free or usable, never stuck."
func TestService_CrashedSignUp(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	t.Run("leaves the address free after the reservation", func(t *testing.T) {
		t.Parallel()
		const email = "crash-1@example.com"
		abandoned := reserve(t, w, email)
		next := reserve(t, w, email)
		if _, err := w.Users.Activate(t.Context(), user.Activation{ID: abandoned}); !errors.Is(err, identityapi.ErrUserUnknown) {
			t.Errorf("the replaced reservation: %v", err)
		}
		if _, err := w.Users.Activate(t.Context(), user.Activation{ID: next}); err != nil {
			t.Errorf("the next one: %v", err)
		}
	})
	t.Run("leaves the address usable after the activation", func(t *testing.T) {
		t.Parallel()
		const email = "crash-2@example.com"
		id := w.SignUp(t, email).ID
		if found, err := w.Users.FindByEmail(t.Context(), email); err != nil || found.ID != id {
			t.Errorf("FindByEmail = %v, %v", found.ID, err)
		}
	})
	t.Run("can be repeated step by step", func(t *testing.T) {
		t.Parallel()
		const email = "crash-3@example.com"
		id := reserve(t, w, email)
		if _, err := w.Users.Reserve(t.Context(), user.Reservation{ID: id, Email: email, Profile: user.Profile{Name: "Ada"}}); err != nil {
			t.Errorf("the same reservation: %v", err)
		}
		if _, err := w.Users.Activate(t.Context(), user.Activation{ID: id}); err != nil {
			t.Error(err)
		}
	})
}

// Expiry is checked at use, not left to the sweeper (CVE-2025-64708).
func TestService_ExpiredReservation(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	kept, late := reserve(t, w, "kept@example.com"), reserve(t, w, "late@example.com")
	w.Clock.Advance(user.ReservedFor)
	if _, err := w.Users.Activate(t.Context(), user.Activation{ID: kept}); err != nil {
		t.Errorf("at the last moment: %v", err)
	}
	fresh := reserve(t, w, "fresh@example.com")
	w.Clock.Advance(time.Millisecond)
	if _, err := w.Users.Activate(t.Context(), user.Activation{ID: late}); !errors.Is(err, identityapi.ErrUserUnknown) {
		t.Errorf("after it: %v", err)
	}
	if err := w.Users.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left []string
	if err := w.Pool.QueryRow(t.Context(), `select array_agg(id::text) from reservations`).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{string(fresh)}, left); diff != "" {
		t.Errorf("reservations after the sweep: %s", diff)
	}
}

func TestService_ParallelSignUps(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	const many = 64
	results := make([]error, many)
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range many {
		id := identitytest.NewID(t)
		all.Go(func() {
			<-begin
			_, results[i] = w.Users.Reserve(t.Context(), user.Reservation{ID: id, Email: ada})
			if results[i] == nil {
				_, results[i] = w.Users.Activate(t.Context(), user.Activation{ID: id})
			}
		})
	}
	close(begin)
	all.Wait()
	won := 0
	for _, err := range results {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, identityapi.ErrEmailTaken) && !errors.Is(err, identityapi.ErrUserUnknown):
			t.Errorf("a losing sign-up got %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d sign-ups of one address succeeded; want 1", won, many)
	}
	if found, err := w.Users.FindByEmail(t.Context(), ada); err != nil || len(w.Types(t, string(found.ID))) != 1 {
		t.Errorf("FindByEmail = %+v, %v", found, err)
	}
}

func TestService_VerifyEmail(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	before := w.SignUp(t, ada)
	if _, err := w.Users.VerifyEmail(t.Context(), before.ID, "old@example.com"); !errors.Is(err, identityapi.ErrUserUnknown) {
		t.Errorf("another address: %v", err)
	}
	if _, err := w.Users.VerifyEmail(t.Context(), identitytest.NewID(t), ada); !errors.Is(err, identityapi.ErrUserUnknown) {
		t.Errorf("another id: %v", err)
	}
	w.Clock.Advance(time.Minute)
	verified, err := w.Users.VerifyEmail(t.Context(), before.ID, "ADA@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if !verified.EmailVerified || !verified.UpdatedAt.Equal(before.UpdatedAt.Add(time.Minute)) {
		t.Errorf("verified %+v", verified)
	}
	w.Clock.Advance(time.Minute)
	again, err := w.Users.VerifyEmail(t.Context(), before.ID, ada)
	if err != nil || !again.UpdatedAt.Equal(verified.UpdatedAt) {
		t.Errorf("second VerifyEmail = %+v, %v", again, err)
	}
	want := []string{identityapi.EventUserCreated, identityapi.EventEmailVerified}
	if diff := cmp.Diff(want, w.Types(t, string(before.ID))); diff != "" {
		t.Error(diff)
	}
}

func TestService_Find(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	banned := w.SignUp(t, ada)
	w.Ban(t, banned.ID, new(w.Clock.Now().Add(time.Hour)))
	if found, err := w.Users.Find(t.Context(), banned.ID); err != nil || !found.Banned || found.BanReason == nil {
		t.Errorf("Find = %+v, %v; want the ban", found, err)
	}
	w.Clock.Advance(2 * time.Hour)
	if found, err := w.Users.FindByEmail(t.Context(), ada); err != nil || found.Banned || found.BanReason != nil {
		t.Errorf("FindByEmail = %+v, %v; want no ban after its end", found, err)
	}
	if _, err := w.Users.FindByEmail(t.Context(), "nobody@example.com"); !errors.Is(err, identityapi.ErrUserUnknown) {
		t.Errorf("FindByEmail: %v", err)
	}
	if _, err := w.Users.FindByEmail(t.Context(), ""); !errors.Is(err, identityapi.ErrEmailInvalid) {
		t.Errorf("FindByEmail without an address: %v", err)
	}
}

func TestService_List(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	reader := w.Administrator(t, "admin@example.com")
	stranger := w.SignUp(t, "bob@example.com").ID
	for _, email := range []string{"adam@example.com", ada, "a_a@example.com"} {
		w.SignUp(t, email)
	}
	t.Run("takes the permission to read users", func(t *testing.T) {
		t.Parallel()
		if _, err := w.Users.List(t.Context(), stranger, user.Query{Max: 10}); !errors.Is(err, identityapi.ErrDenied) {
			t.Errorf("List: %v", err)
		}
		if _, err := w.Users.Inspect(t.Context(), stranger, reader); !errors.Is(err, identityapi.ErrDenied) {
			t.Errorf("Inspect: %v", err)
		}
	})
	for name, c := range map[string]struct {
		query user.Query
		want  []string
	}{
		"returns all in the order of their addresses": {
			user.Query{Max: 10}, []string{"a_a@example.com", ada, "adam@example.com", "admin@example.com", "bob@example.com"},
		},
		"selects by prefix in any case":       {user.Query{Prefix: "ADA", Max: 10}, []string{ada, "adam@example.com"}},
		"takes wildcards as they are":         {user.Query{Prefix: "a_", Max: 10}, []string{"a_a@example.com"}},
		"continues after a position":          {user.Query{Prefix: "ad", After: ada, Max: 1}, []string{"adam@example.com"}},
		"returns nobody for an unused prefix": {user.Query{Prefix: "' or true --", Max: 10}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := w.Users.List(t.Context(), reader, c.query)
			if err != nil {
				t.Fatal(err)
			}
			var emails []string
			for _, u := range found {
				emails = append(emails, u.Email)
			}
			if !slices.Equal(emails, c.want) {
				t.Errorf("List = %q; want %q", emails, c.want)
			}
		})
	}
}

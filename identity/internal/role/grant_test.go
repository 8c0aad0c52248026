package role_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

func TestService_Grant(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	helper := w.With(t, admin, "helper", identityapi.PermissionRolesGrant, "orders:read")
	if _, err := w.Roles.Create(t.Context(), admin, "clerk", []string{"orders:read"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Roles.Create(t.Context(), admin, "boss", []string{"orders:write"}); err != nil {
		t.Fatal(err)
	}
	t.Run("gives once and takes once", func(t *testing.T) {
		t.Parallel()
		bob := w.SignUp(t, "bob@example.com").ID
		for range 2 {
			holder, err := w.Roles.Grant(t.Context(), helper, bob, "clerk")
			if err != nil || !slices.Equal(holder.Roles, []string{"clerk", "user"}) {
				t.Fatalf("Grant = %v, %v", holder.Roles, err)
			}
		}
		for range 2 {
			holder, err := w.Roles.Revoke(t.Context(), helper, bob, "clerk")
			if err != nil || !slices.Equal(holder.Roles, []string{"user"}) {
				t.Fatalf("Revoke = %v, %v", holder.Roles, err)
			}
		}
		want := []string{identityapi.EventUserCreated, identityapi.EventRoleGranted, identityapi.EventRoleRevoked}
		if diff := cmp.Diff(want, w.Types(t, string(bob))); diff != "" {
			t.Error(diff)
		}
		if given := w.Events(t, string(bob))[1]; given.Actor != string(helper) || string(given.Body) != `{"role":"clerk"}` {
			t.Errorf("event %+v", given)
		}
	})
	t.Run("knows that everybody has the role user", func(t *testing.T) {
		t.Parallel()
		eve := w.SignUp(t, "eve@example.com").ID
		if holder, err := w.Roles.Grant(t.Context(), helper, eve, role.User); err != nil || !slices.Equal(holder.Roles, []string{"user"}) {
			t.Errorf("Grant = %v, %v", holder.Roles, err)
		}
		if _, err := w.Roles.Revoke(t.Context(), helper, eve, role.User); !errors.Is(err, identityapi.ErrRoleBuiltIn) {
			t.Errorf("Revoke: %v", err)
		}
	})
	for name, c := range map[string]struct {
		subject, id user.ID
		role        string
		want        error
	}{
		"refuses a role above the caller":          {helper, helper, "boss", identityapi.ErrExceedsOwn},
		"refuses admin":                            {helper, helper, role.Admin, identityapi.ErrExceedsOwn},
		"does not know a role that is not there":   {helper, helper, "nothing", identityapi.ErrRoleUnknown},
		"does not know a user who is not there":    {helper, identitytest.NewID(t), "clerk", identityapi.ErrUserUnknown},
		"refuses a caller who may not grant":       {w.SignUp(t, "mal@example.com").ID, helper, "clerk", identityapi.ErrDenied},
		"refuses a caller who does not exist":      {identitytest.NewID(t), helper, "clerk", identityapi.ErrDenied},
		"asks for the permission before the names": {identitytest.NewID(t), identitytest.NewID(t), "nothing", identityapi.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := w.Roles.Grant(t.Context(), c.subject, c.id, c.role); !errors.Is(err, c.want) {
				t.Errorf("Grant: %v; want %v", err, c.want)
			}
			if _, err := w.Roles.Revoke(t.Context(), c.subject, c.id, c.role); !errors.Is(err, c.want) {
				t.Errorf("Revoke: %v; want %v", err, c.want)
			}
		})
	}
}

// Past vulnerability 50 (Keycloak CVE-2025-7784): whatever a limited administrator does
// with roles and grants, nobody ends with more than that administrator had.
//
// Covers ASVS V8.2.1.
func TestService_NeverExceedsGranter(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	own := []string{identityapi.PermissionRolesGrant, identityapi.PermissionRolesWrite, "a:x", "b:x"}
	limited := w.With(t, admin, "limited", own...)
	friend := w.SignUp(t, "friend@example.com").ID
	if _, err := w.Roles.Create(t.Context(), admin, "above", []string{"a:x", "c:x"}); err != nil {
		t.Fatal(err)
	}
	bound := role.Permissions(own)
	names := rapid.SampledFrom([]string{"limited", "above", "r1", "r2", role.Admin, role.User})
	people := rapid.SampledFrom([]user.ID{limited, friend})
	permissions := rapid.SliceOfN(rapid.SampledFrom([]string{"a:x", "b:x", "c:x", "*", "roles:grant"}), 0, 3)
	rapid.Check(t, func(rt *rapid.T) {
		subject, target, name := people.Draw(rt, "subject"), people.Draw(rt, "target"), names.Draw(rt, "role")
		switch rapid.SampledFrom([]string{"create", "update", "grant", "revoke", "delete"}).Draw(rt, "action") {
		case "create":
			_, _ = w.Roles.Create(t.Context(), subject, name, permissions.Draw(rt, "permissions"))
		case "update":
			if name != "limited" { // losing one's own power is allowed and would end the search
				_, _ = w.Roles.Update(t.Context(), subject, name, permissions.Draw(rt, "permissions"))
			}
		case "grant":
			_, _ = w.Roles.Grant(t.Context(), subject, target, name)
		case "revoke":
			if name != "limited" {
				_, _ = w.Roles.Revoke(t.Context(), subject, target, name)
			}
		case "delete":
			_ = w.Roles.Delete(t.Context(), subject, name)
		}
		for _, id := range []user.ID{limited, friend} {
			held, err := w.Roles.PermissionsOf(t.Context(), id)
			if err != nil {
				rt.Fatal(err)
			}
			if !bound.Cover(held) {
				rt.Fatalf("somebody holds %v; the granter held %v", held, bound)
			}
		}
	})
}

func TestService_LastAdministrator(t *testing.T) {
	t.Parallel()
	t.Run("cannot lose the role", func(t *testing.T) {
		t.Parallel()
		w := identitytest.New(t, identitytest.Options{})
		only := w.Administrator(t, "only@example.com")
		if _, err := w.Roles.Revoke(t.Context(), only, only, role.Admin); !errors.Is(err, identityapi.ErrLastAdministrator) {
			t.Errorf("Revoke: %v", err)
		}
		if allowed, err := w.Guard.Allows(t.Context(), only, "x:y"); err != nil || !allowed {
			t.Errorf("Allows = %v, %v; the refused change had an effect", allowed, err)
		}
	})
	t.Run("is not saved by one who is banned", func(t *testing.T) {
		t.Parallel()
		w := identitytest.New(t, identitytest.Options{})
		only, banned := w.Administrator(t, "only@example.com"), w.Administrator(t, "banned@example.com")
		w.Ban(t, banned, nil)
		if _, err := w.Roles.Revoke(t.Context(), only, only, role.Admin); !errors.Is(err, identityapi.ErrLastAdministrator) {
			t.Errorf("Revoke: %v", err)
		}
	})
	t.Run("stays when two remove each other at once", func(t *testing.T) {
		t.Parallel()
		w := identitytest.New(t, identitytest.Options{})
		for round := range 10 {
			a := w.Administrator(t, fmt.Sprintf("a%d@example.com", round))
			b := w.Administrator(t, fmt.Sprintf("b%d@example.com", round))
			var errs [2]error
			var both sync.WaitGroup
			both.Go(func() { _, errs[0] = w.Roles.Revoke(t.Context(), a, b, role.Admin) })
			both.Go(func() { _, errs[1] = w.Roles.Revoke(t.Context(), b, a, role.Admin) })
			both.Wait()
			if errs[0] == nil && errs[1] == nil {
				t.Fatalf("round %d: both were removed", round)
			}
			// Next round starts without administrators of this one.
			if _, err := w.Pool.Exec(t.Context(), `delete from grants`); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestService_GrantByEmail(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	bob := w.SignUp(t, "bob@example.com")
	holder, err := w.Roles.GrantByEmail(t.Context(), "BOB@example.com", role.Admin, "operator")
	if err != nil || !slices.Equal(holder.Roles, []string{role.Admin, role.User}) {
		t.Fatalf("GrantByEmail = %v, %v", holder.Roles, err)
	}
	if given := w.Events(t, string(bob.ID))[1]; given.Type != identityapi.EventRoleGranted || given.Actor != "operator" {
		t.Errorf("event %+v", given)
	}
	for name, c := range map[string]struct {
		email, role string
		want        error
	}{
		"does not know an address of nobody":     {"nobody@example.com", role.Admin, identityapi.ErrUserUnknown},
		"does not know a role that is not there": {"bob@example.com", "nothing", identityapi.ErrRoleUnknown},
		"refuses what is no address":             {"bob", role.Admin, identityapi.ErrEmailInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := w.Roles.GrantByEmail(t.Context(), c.email, c.role, "operator"); !errors.Is(err, c.want) {
				t.Errorf("GrantByEmail: %v; want %v", err, c.want)
			}
		})
	}
}

func TestGuard_Allows(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	clerk := w.With(t, admin, "clerk", "orders:read")
	banned := w.With(t, admin, "banned", "orders:read")
	w.Ban(t, banned, new(w.Clock.Now().Add(time.Hour)))
	reserved := identitytest.NewID(t)
	if _, err := w.Users.Reserve(t.Context(), user.Reservation{ID: reserved, Email: "later@example.com"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		id         user.ID
		permission string
		want       bool
	}{
		{"allows an administrator everything", admin, "anything:at-all", true},
		{"allows what a role holds", clerk, "orders:read", true},
		{"refuses what no role holds", clerk, "orders:write", false},
		{"refuses everything to who is banned", banned, "orders:read", false},
		{"refuses who has only reserved", reserved, "orders:read", false},
		{"refuses who does not exist", identitytest.NewID(t), "orders:read", false},
	} {
		if got, err := w.Guard.Allows(t.Context(), c.id, c.permission); err != nil || got != c.want {
			t.Errorf("%s: Allows = %v, %v", c.name, got, err)
		}
	}
	w.Clock.Advance(2 * time.Hour)
	if got, err := w.Guard.Allows(t.Context(), banned, "orders:read"); err != nil || !got {
		t.Errorf("after the ban: Allows = %v, %v", got, err)
	}
}

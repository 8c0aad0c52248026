package role_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestService_Create(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	maker := w.With(t, admin, "maker", identityapi.PermissionRolesWrite, "orders:read")
	t.Run("makes a role with the caller's permissions", func(t *testing.T) {
		t.Parallel()
		made, err := w.Roles.Create(t.Context(), maker, "clerk", []string{"orders:read", "orders:read"})
		if err != nil {
			t.Fatal(err)
		}
		found, err := w.Roles.Find(t.Context(), admin, "clerk")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(made, found); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(role.Permissions{"orders:read"}, found.Permissions); diff != "" {
			t.Error(diff)
		}
		recorded := w.Events(t, "clerk")
		if len(recorded) != 1 || recorded[0].Type != identityapi.EventRoleCreated {
			t.Errorf("events %+v", recorded)
		}
	})
	for name, c := range map[string]struct {
		role        string
		permissions []string
		want        error
	}{
		"refuses more than the caller holds":  {"boss", []string{"orders:write"}, identityapi.ErrExceedsOwn},
		"refuses everything":                  {"boss", []string{"*"}, identityapi.ErrPermissionInvalid},
		"refuses what is no name":             {"Boss!", nil, identityapi.ErrRoleInvalid},
		"refuses the name of a built-in role": {role.Admin, nil, identityapi.ErrRoleTaken},
		"refuses the name of another role":    {"maker", nil, identityapi.ErrRoleTaken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := w.Roles.Create(t.Context(), maker, c.role, c.permissions); !errors.Is(err, c.want) {
				t.Errorf("Create: %v; want %v", err, c.want)
			}
		})
	}
	t.Run("refuses who may not write roles", func(t *testing.T) {
		t.Parallel()
		stranger := w.SignUp(t, "stranger@example.com").ID
		if _, err := w.Roles.Create(t.Context(), stranger, "mine", nil); !errors.Is(err, identityapi.ErrDenied) {
			t.Errorf("Create: %v", err)
		}
	})
}

func TestService_Update(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	maker := w.With(t, admin, "maker", identityapi.PermissionRolesWrite, "orders:read")
	if _, err := w.Roles.Create(t.Context(), admin, "above", []string{"orders:read", "orders:write"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Roles.Create(t.Context(), admin, "below", nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		role        string
		permissions []string
		want        error
	}{
		"refuses to add what the caller lacks":      {"below", []string{"orders:write"}, identityapi.ErrExceedsOwn},
		"refuses to add it to the caller's role":    {"maker", []string{"orders:write"}, identityapi.ErrExceedsOwn},
		"refuses to weaken a role above the caller": {"above", []string{}, identityapi.ErrExceedsOwn},
		"refuses a built-in role":                   {role.User, []string{"orders:read"}, identityapi.ErrRoleBuiltIn},
		"refuses the role admin":                    {role.Admin, []string{}, identityapi.ErrRoleBuiltIn},
		"does not know a role that is not there":    {"nothing", nil, identityapi.ErrRoleUnknown},
		"does not know what cannot be a name":       {"a\x00b", nil, identityapi.ErrRoleUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := w.Roles.Update(t.Context(), maker, c.role, c.permissions); !errors.Is(err, c.want) {
				t.Errorf("Update: %v; want %v", err, c.want)
			}
		})
	}
	t.Run("changes what its holders may do at once", func(t *testing.T) {
		t.Parallel()
		holder := w.With(t, admin, "changing", "orders:read")
		if _, err := w.Roles.Update(t.Context(), admin, "changing", []string{"orders:write"}); err != nil {
			t.Fatal(err)
		}
		held, err := w.Roles.PermissionsOf(t.Context(), holder)
		if diff := cmp.Diff(role.Permissions{"orders:write"}, held); diff != "" || err != nil {
			t.Error(diff, err)
		}
		want := []string{identityapi.EventRoleCreated, identityapi.EventRoleUpdated}
		if diff := cmp.Diff(want, w.Types(t, "changing")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestService_Delete(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	maker := w.With(t, admin, "maker", identityapi.PermissionRolesWrite)
	for _, c := range []struct {
		name        string
		permissions []string
	}{{"unused", nil}, {"above", []string{"orders:read"}}} {
		if _, err := w.Roles.Create(t.Context(), admin, c.name, c.permissions); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		role string
		want error
	}{
		"refuses a role above the caller":        {"above", identityapi.ErrExceedsOwn},
		"refuses a role that users have":         {"maker", identityapi.ErrRoleInUse},
		"refuses a built-in role":                {role.Admin, identityapi.ErrRoleBuiltIn},
		"does not know a role that is not there": {"nothing", identityapi.ErrRoleUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := w.Roles.Delete(t.Context(), maker, c.role); !errors.Is(err, c.want) {
				t.Errorf("Delete: %v; want %v", err, c.want)
			}
		})
	}
	t.Run("deletes a role that nobody has", func(t *testing.T) {
		t.Parallel()
		if err := w.Roles.Delete(t.Context(), maker, "unused"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Roles.Find(t.Context(), admin, "unused"); !errors.Is(err, identityapi.ErrRoleUnknown) {
			t.Errorf("Find: %v", err)
		}
		want := []string{identityapi.EventRoleCreated, identityapi.EventRoleDeleted}
		if diff := cmp.Diff(want, w.Types(t, "unused")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestService_List(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	stranger := w.SignUp(t, "stranger@example.com").ID
	if _, err := w.Roles.List(t.Context(), stranger, role.Query{Max: 10}); !errors.Is(err, identityapi.ErrDenied) {
		t.Errorf("List: %v", err)
	}
	if _, err := w.Roles.Find(t.Context(), stranger, role.Admin); !errors.Is(err, identityapi.ErrDenied) {
		t.Errorf("Find: %v", err)
	}
	for _, c := range []struct {
		query role.Query
		want  []string
	}{
		{role.Query{Max: 10}, []string{role.Admin, role.User}},
		{role.Query{After: role.Admin, Max: 1}, []string{role.User}},
		{role.Query{After: role.User, Max: 1}, nil},
	} {
		found, err := w.Roles.List(t.Context(), admin, c.query)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range found {
			names = append(names, r.Name)
		}
		if diff := cmp.Diff(c.want, names); diff != "" {
			t.Errorf("List %+v: %s", c.query, diff)
		}
	}
}

package role_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

func TestService_Replace(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	helper := w.With(t, admin, "helper", "a:x")
	for name, holds := range map[string]string{"one": "a:x", "two": "a:x", "above": "b:x"} {
		if _, err := w.Roles.Create(t.Context(), admin, name, []string{holds}); err != nil {
			t.Fatal(err)
		}
	}
	bob := w.SignUp(t, "bob@example.com").ID
	replace := func(subject user.ID, roles ...string) ([]string, error) {
		u, err := w.Roles.Replace(t.Context(), bob, role.Replacement{Roles: roles, Actor: "test", Subject: subject})
		return u.Roles, err
	}
	for range 2 {
		if got, err := replace(helper, "two", "one", "user", "one"); err != nil || !slices.Equal(got, []string{"one", "two", "user"}) {
			t.Fatalf("Replace = %v, %v", got, err)
		}
	}
	for name, c := range map[string]struct {
		subject user.ID
		roles   []string
		want    error
	}{
		"refuses a role that is not there":                                          {"", []string{"one", "nothing"}, identityapi.ErrRoleUnknown},
		"refuses what cannot be a role":                                             {"", []string{"\x00"}, identityapi.ErrRoleUnknown},
		"refuses to give a role above the subject (row 50, Keycloak CVE-2025-7784)": {helper, []string{"above"}, identityapi.ErrExceedsOwn},
		"refuses admin to a subject who is not":                                     {helper, []string{"admin"}, identityapi.ErrExceedsOwn},
	} {
		if _, err := replace(c.subject, c.roles...); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
	}
	if u, err := w.Users.Find(t.Context(), bob); err != nil || !slices.Equal(u.Roles, []string{"one", "two", "user"}) {
		t.Errorf("a refused replacement left %v, %v", u.Roles, err)
	}
	if got, err := replace("", "above"); err != nil || !slices.Equal(got, []string{"above", "user"}) {
		t.Errorf("trusted: %v, %v", got, err)
	}
	if _, err := replace(helper); !errors.Is(err, identityapi.ErrExceedsOwn) {
		t.Errorf("taking a role above the subject: %v", err)
	}
	want := []string{
		identityapi.EventUserCreated, identityapi.EventRoleGranted, identityapi.EventRoleGranted,
		identityapi.EventRoleGranted, identityapi.EventRoleRevoked, identityapi.EventRoleRevoked,
	}
	if diff := cmp.Diff(want, w.Types(t, string(bob))); diff != "" {
		t.Error(diff)
	}
	if _, err := w.Roles.Replace(t.Context(), admin, role.Replacement{Actor: "test"}); !errors.Is(err, identityapi.ErrLastAdministrator) {
		t.Errorf("the last administrator: %v", err)
	}
}

func TestGuard_Answers(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	admin := w.Administrator(t, "admin@example.com")
	helper, above := w.With(t, admin, "helper", "a:x", "a:y"), w.With(t, admin, "above", "a:x", "b:x")
	nobody := w.SignUp(t, "nobody@example.com").ID
	w.Ban(t, above, nil)
	for name, c := range map[string]struct {
		subject user.ID
		q       role.Question
		want    bool
	}{
		"allows all that is held":             {helper, role.Question{Permissions: []string{"a:x", "a:y"}}, true},
		"refuses if one is not held":          {helper, role.Question{Permissions: []string{"a:x", "b:x"}}, false},
		"refuses if nothing is asked":         {admin, role.Question{}, false},
		"refuses what is no permission":       {admin, role.Question{Permissions: []string{"a"}}, false},
		"allows over who holds less":          {helper, role.Question{Permissions: []string{"a:x"}, Over: &nobody}, true},
		"allows over oneself":                 {helper, role.Question{Permissions: []string{"a:x"}, Over: &helper}, true},
		"refuses over who holds more":         {helper, role.Question{Permissions: []string{"a:x"}, Over: &admin}, false},
		"refuses over who would, if unbanned": {helper, role.Question{Permissions: []string{"a:x"}, Over: &above}, false},
		"allows an administrator over all":    {admin, role.Question{Permissions: []string{"a:x"}, Over: &above}, true},
		"allows roles below":                  {helper, role.Question{Permissions: []string{"a:x"}, Roles: []string{"helper", "user"}}, true},
		"refuses roles above":                 {helper, role.Question{Permissions: []string{"a:x"}, Roles: []string{"above"}}, false},
		"refuses the banned":                  {above, role.Question{Permissions: []string{"a:x"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := w.Guard.Answers(t.Context(), c.subject, c.q); err != nil || got != c.want {
				t.Errorf("Answers = %t, %v; want %t", got, err, c.want)
			}
		})
	}
	for _, name := range []string{"nothing", "\x00"} {
		if _, err := w.Guard.Answers(t.Context(), admin, role.Question{Roles: []string{name}}); !errors.Is(err, identityapi.ErrRoleUnknown) {
			t.Errorf("a role that is not there: %v", err)
		}
	}
}

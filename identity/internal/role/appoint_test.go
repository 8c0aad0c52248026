package role_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
)

const boss = "boss@example.com"

func TestAppointments_Appoint(t *testing.T) {
	t.Parallel()
	t.Run("waits until the address is verified", func(t *testing.T) {
		t.Parallel()
		w := identitytest.New(t, identitytest.Options{AdminEmails: []string{"Boss@Example.com"}})
		claimed := w.SignUp(t, boss)
		if slices.Contains(claimed.Roles, role.Admin) {
			t.Fatal("an address that nobody proved made an administrator")
		}
		proved, err := w.Users.VerifyEmail(t.Context(), claimed.ID, boss)
		if err != nil || !slices.Contains(proved.Roles, role.Admin) {
			t.Fatalf("VerifyEmail = %v, %v", proved.Roles, err)
		}
		want := []string{identityapi.EventUserCreated, identityapi.EventEmailVerified, identityapi.EventRoleGranted}
		if diff := cmp.Diff(want, w.Types(t, string(claimed.ID))); diff != "" {
			t.Error(diff)
		}
		if given := w.Events(t, string(claimed.ID))[2]; given.Actor != "system:configuration" {
			t.Errorf("actor %q", given.Actor)
		}
	})
	t.Run("does not wait in development", func(t *testing.T) {
		t.Parallel()
		w := identitytest.New(t, identitytest.Options{AdminEmails: []string{boss}, Development: true})
		if u := w.SignUp(t, boss); !slices.Contains(u.Roles, role.Admin) {
			t.Errorf("roles %v", u.Roles)
		}
		if u := w.SignUp(t, "other@example.com"); slices.Contains(u.Roles, role.Admin) {
			t.Errorf("another user has %v", u.Roles)
		}
	})
}

func TestAppointments_AppointAll(t *testing.T) {
	t.Parallel()
	w := identitytest.New(t, identitytest.Options{})
	proved, claimed := w.SignUp(t, boss), w.SignUp(t, "claimed@example.com")
	if _, err := w.Users.VerifyEmail(t.Context(), proved.ID, boss); err != nil {
		t.Fatal(err)
	}
	late, err := role.NewAppointments([]string{boss, "claimed@example.com", "absent@example.com"}, false, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // each start does it
		if err := late.AppointAll(t.Context(), w.Store); err != nil {
			t.Fatal(err)
		}
	}
	if u, err := w.Users.Find(t.Context(), proved.ID); err != nil || !slices.Contains(u.Roles, role.Admin) {
		t.Errorf("who proved the address has %v, %v", u.Roles, err)
	}
	if u, err := w.Users.Find(t.Context(), claimed.ID); err != nil || slices.Contains(u.Roles, role.Admin) {
		t.Errorf("who did not prove it has %v, %v", u.Roles, err)
	}
	want := []string{identityapi.EventUserCreated, identityapi.EventEmailVerified, identityapi.EventRoleGranted}
	if diff := cmp.Diff(want, w.Types(t, string(proved.ID))); diff != "" {
		t.Error(diff)
	}
}

func TestNewAppointments_Refuses(t *testing.T) {
	t.Parallel()
	if _, err := role.NewAppointments([]string{boss, "boss"}, false, time.Now); err == nil {
		t.Error("took what is no address")
	}
}

package postgres

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/identity/migrations"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func spec() pgtest.Spec { return pgtest.Spec{Name: "identity", Files: migrations.Files()} }

func TestStatements_Prepare(t *testing.T) {
	t.Parallel()
	pgtest.PrepareAll(t, pgtest.Schema(t, spec()), pgtest.Statements(t, "."))
}

func newID(t *testing.T) string {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

func sqlState(err error) string {
	if found, ok := errors.AsType[*pgconn.PgError](err); ok {
		return found.Code
	}
	return ""
}

// Past vulnerability 54 (Zitadel CVE-2024-32967): an outage is a fault that may pass,
// and what callers read of it names no host, role or database.
func TestStores_Outage(t *testing.T) {
	t.Parallel()
	pool := pgtest.Schema(t, spec())
	pool.Close()
	users, roles := NewUsers(pool), NewRoles(pool)
	for name, use := range map[string]func() error{
		"Users.Find":               func() error { _, err := users.Find(t.Context(), first); return err },
		"Users.FindByEmail":        func() error { _, err := users.FindByEmail(t.Context(), ada); return err },
		"Users.FindByUsername":     func() error { _, err := users.FindByUsername(t.Context(), "ada"); return err },
		"Users.FindByPhone":        func() error { _, err := users.FindByPhone(t.Context(), "+1"); return err },
		"Users.FindAll":            func() error { _, err := users.FindAll(t.Context(), []user.ID{first}); return err },
		"Users.Select":             func() error { _, _, err := users.Select(t.Context(), user.Selection{}); return err },
		"Roles.PermissionsGranted": func() error { _, err := roles.PermissionsGranted(t.Context(), first); return err },
		"Users.List":               func() error { _, err := users.List(t.Context(), user.Query{Max: 1}); return err },
		"Users.DeleteReservations": func() error { return users.DeleteReservations(t.Context(), time.Now()) },
		"Users.Change":             func() error { return users.Change(t.Context(), func(user.Tx) error { return nil }) },
		"Roles.Find":               func() error { _, err := roles.Find(t.Context(), role.Admin); return err },
		"Roles.List":               func() error { _, err := roles.List(t.Context(), role.Query{Max: 1}); return err },
		"Roles.PermissionsOf":      func() error { _, err := roles.PermissionsOf(t.Context(), first, time.Now()); return err },
		"Roles.Change":             func() error { return roles.Change(t.Context(), func(role.Tx) error { return nil }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := use()
			if fault.KindOf(err) != fault.Unavailable || fault.From(err).RetryAfter == 0 {
				t.Fatalf("got %v; want an outage that may pass", err)
			}
			if message := fault.From(err).Message; strings.Contains(message, "identity") || strings.Contains(message, "/") {
				t.Errorf("message %q", message)
			}
		})
	}
}

package events_test

import (
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/tern/v2/migrate"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMigrations_Files(t *testing.T) {
	t.Parallel()
	files := events.Migrations(producerFiles())
	err := fstest.TestFS(files, "001_things.sql", "002_outbox.sql",
		"schema/outbox_1.sql", "schema/outbox_1_down.sql", "schema/inbox_1.sql", "schema/inbox_1_down.sql")
	if err != nil {
		t.Error(err)
	}
	found, err := migrate.FindMigrations(files)
	if err != nil || len(found) != 2 {
		t.Errorf("tern finds %v (%v), want the two files of the module", found, err)
	}
}

// Each template goes up, down and up again.
func TestMigrations_UpAndDown(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"outbox": {"001_outbox.sql": producerFiles()["002_outbox.sql"]},
		"inbox":  {"001_inbox.sql": consumerFiles()["001_inbox.sql"]},
	} {
		conn, err := pgx.Connect(t.Context(), pgtest.Admin(t))
		if err != nil {
			t.Fatalf("Connect: %v", err)
		}
		defer conn.Close(t.Context())
		tern, err := migrate.NewMigrator(t.Context(), conn, "version")
		if err != nil {
			t.Fatalf("%s: NewMigrator: %v", name, err)
		}
		if err := tern.LoadMigrations(events.Migrations(files)); err != nil {
			t.Fatalf("%s: LoadMigrations: %v", name, err)
		}
		for _, version := range []int32{1, 0, 1} {
			if err := tern.MigrateTo(t.Context(), version); err != nil {
				t.Fatalf("%s: migrate to %d: %v", name, version, err)
			}
		}
	}
}

// Every statement of the package prepares on the migrated tables.
func TestStatements_Prepare(t *testing.T) {
	t.Parallel()
	both := fstest.MapFS{
		"001_outbox.sql": producerFiles()["002_outbox.sql"],
		"002_inbox.sql":  consumerFiles()["001_inbox.sql"],
	}
	pool := pgtest.Schema(t, pgtest.Spec{Name: "both", Files: events.Migrations(both)})
	statements := pgtest.Statements(t, ".")
	if len(statements) < 15 {
		t.Fatalf("found only %d statements", len(statements))
	}
	pgtest.PrepareAll(t, pool, statements)
}

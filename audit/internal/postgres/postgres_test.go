package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse-auth/gatehouse/audit/internal/audittest"
	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStatements_Prepare(t *testing.T) {
	t.Parallel()
	pgtest.PrepareAll(t, pgtest.Schema(t, audittest.Spec()), pgtest.Statements(t, "."))
}

// The log is append-only, even for the module's own role.
func TestSchema_RefusesChanges(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	w.Fill(t, "library", 1, 3)
	for table, change := range map[string]string{
		"leaf": "update leaf set action = 'x'", "node": "update node set hash = sha256(hash)", "checkpoint": "update checkpoint set note = 'x'",
	} {
		for _, sql := range []string{change, change + " where false", "delete from " + table, "truncate " + table + " cascade"} {
			_, err := w.Pool.Exec(t.Context(), sql)
			if found, ok := errors.AsType[*pgconn.PgError](err); !ok || (!strings.Contains(found.Message, "append-only") && found.Code != "42501") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
	for _, sql := range []string{
		"alter table leaf disable trigger all", "set session_replication_role = replica", "drop table leaf", "drop function refuse_change() cascade",
	} {
		_, err := w.Pool.Exec(t.Context(), sql)
		if found, ok := errors.AsType[*pgconn.PgError](err); !ok || found.Code != "42501" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if size, err := w.Store.Size(t.Context()); err != nil || size != 3 {
		t.Errorf("the log has %d leaves, %v", size, err)
	}
}

func TestSchema_RefusesATreeThatShrinks(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	w.Fill(t, "library", 1, 3)
	tx, err := w.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if err := postgres.NewIntake(tx).Append(t.Context(), ledger.Addition{Size: 2}); err == nil {
		t.Error("the size went back")
	}
	if _, err := tx.Exec(t.Context(), "insert into tree (one, size) values (false, 9)"); err == nil {
		t.Error("there may be two sizes")
	}
}

func TestLedger_FindsCheckpointsOnce(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	w.Fill(t, "library", 1, 2)
	before, err := w.Store.LastCheckpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Another replica signed the same size a moment later: the first one stays.
	if err := w.Store.AddCheckpoint(t.Context(), tree.Checkpoint{Size: before.Size, Root: before.Root, Note: "another"}); err != nil {
		t.Fatal(err)
	}
	if after, err := w.Store.LastCheckpoint(t.Context()); err != nil || after.Note != before.Note {
		t.Errorf("the checkpoint is %q now, %v", after.Note, err)
	}
}

// Past vulnerability 54 (Zitadel CVE-2024-32967): an outage is a fault that may pass,
// and what callers read of it names no host, role or database.
func TestLedger_Outage(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	w.Pool.Close()
	for name, use := range map[string]func() error{
		"Size":           func() error { _, err := w.Store.Size(t.Context()); return err },
		"LastCheckpoint": func() error { _, err := w.Store.LastCheckpoint(t.Context()); return err },
		"AddCheckpoint":  func() error { return w.Store.AddCheckpoint(t.Context(), tree.Checkpoint{}) },
		"Find":           func() error { _, err := w.Store.Find(t.Context(), "0197f3a0-0000-7000-8000-000000000001"); return err },
		"List": func() error {
			_, err := w.Store.List(t.Context(), ledger.Query{From: time.Now(), Limit: 1})
			return err
		},
		"Range":   func() error { _, err := w.Store.Range(t.Context(), 0, 1, 1); return err },
		"Secrets": func() error { _, err := w.Store.Secrets(t.Context(), []int64{1}); return err },
		"Stored":  func() error { _, err := w.Store.Stored(t.Context()).ReadHashes([]int64{0}); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := use()
			if fault.KindOf(err) != fault.Unavailable || fault.From(err).RetryAfter == 0 {
				t.Fatalf("got %v; want an outage that may pass", err)
			}
			if message := fault.From(err).Message; strings.Contains(message, "audit") || strings.Contains(message, "/") {
				t.Errorf("message %q", message)
			}
		})
	}
}

package audittest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/audit/internal/vault"
	"github.com/gatehouse-auth/gatehouse/audit/migrations"
	"github.com/gatehouse-auth/gatehouse/audit/verify"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Origin names the logs of tests.
const Origin = "example.com/audit"

// World is a log over a database of its own.
type World struct {
	Pool   *pgxpool.Pool
	Store  *postgres.Ledger
	Ledger *ledger.Ledger
	Signer *tree.Signer
}

// Spec is the module's schema.
func Spec() pgtest.Spec { return pgtest.Spec{Name: "audit", Files: migrations.Files()} }

// New returns an empty World.
func New(t testing.TB) *World {
	t.Helper()
	root := secret.NewRoot("the root of a test")
	personal, err := vault.New(root)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := tree.NewSigner(Origin, root.Key("audit/checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	pool := pgtest.Schema(t, Spec())
	store := postgres.NewLedger(pool)
	return &World{Pool: pool, Store: store, Ledger: ledger.New(store, personal, signer), Signer: signer}
}

// Event returns an event with a fresh id.
func Event(t testing.TB, pos int64, change ...func(*events.Event)) events.Event {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	ev := events.Event{
		ID: id.String(), Pos: pos, Type: "library.book_lent.v1", Key: "reader-1", Actor: "clerk-1", RequestID: fmt.Sprintf("request-%d", pos),
		Outcome: events.Success, Body: json.RawMessage(fmt.Sprintf(`{"n":%d}`, pos)), At: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
	}
	for _, f := range change {
		f(&ev)
	}
	return ev
}

// Personal gives an event personal data of a subject.
func Personal(subject, data string) func(*events.Event) {
	return func(ev *events.Event) { ev.Key, ev.Personal = subject, json.RawMessage(data) }
}

// Take takes events in, in one transaction.
func (w *World) Take(t testing.TB, source string, batch ...events.Event) {
	t.Helper()
	if err := w.TryTake(t.Context(), source, batch...); err != nil {
		t.Fatalf("take: %v", err)
	}
}

// TryTake is Take for events that may be refused.
func (w *World) TryTake(ctx context.Context, source string, batch ...events.Event) error {
	return pg.InTx(ctx, w.Pool, func(tx pgx.Tx) error {
		return w.Ledger.Take(ctx, postgres.NewIntake(tx), source, batch)
	})
}

// Fill takes in count plain events of a source, from position first on, and signs.
func (w *World) Fill(t testing.TB, source string, first, count int64) {
	t.Helper()
	batch := make([]events.Event, 0, count)
	for pos := first; pos < first+count; pos++ {
		batch = append(batch, Event(t, pos))
	}
	w.Take(t, source, batch...)
	w.Sign(t)
}

// Sign signs a checkpoint.
func (w *World) Sign(t testing.TB) {
	t.Helper()
	if err := w.Ledger.Sign(t.Context()); err != nil {
		t.Fatalf("sign: %v", err)
	}
}

// Export returns the whole log, page by page.
func (w *World) Export(t testing.TB) []byte {
	t.Helper()
	var export []byte
	write := func(line verify.Line) {
		encoded, err := line.Encode()
		if err != nil {
			t.Fatal(err)
		}
		export = append(export, encoded...)
	}
	for first, size := int64(0), int64(0); ; {
		page, err := w.Ledger.Export(t.Context(), first, size)
		if err != nil {
			t.Fatalf("export: %v", err)
		}
		for _, e := range page.Entries {
			write(verify.Line{Index: e.Index, Leaf: e.Bytes, Personal: e.Personal, Salt: e.Salt})
		}
		if page.Next == 0 {
			write(verify.Line{Checkpoint: page.Checkpoint.Note})
			return export
		}
		first, size = page.Next, page.Checkpoint.Size
	}
}

// Intrude runs statements as a superuser whom no trigger stops.
func (w *World) Intrude(t testing.TB, statements ...string) {
	t.Helper()
	config := w.Pool.Config().ConnConfig.Copy()
	config.User = "postgres"
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, sql := range append([]string{"set session_replication_role = replica"}, statements...) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

package ledger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse-auth/gatehouse/audit/internal/audittest"
	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/audit/verify"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// all returns the whole log, oldest first.
func all(t *testing.T, w *audittest.World) []ledger.Record {
	t.Helper()
	records, err := w.Store.Range(t.Context(), 0, 1<<40, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func accepted(t *testing.T, w *audittest.World) verify.Report {
	t.Helper()
	report, err := verify.Export(strings.NewReader(string(w.Export(t))), w.Signer.VerifierKey())
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	return report
}

func TestLedger_Take(t *testing.T) {
	t.Parallel()
	t.Run("keeps the order of a source, over batches of every size", func(t *testing.T) {
		t.Parallel()
		w := audittest.New(t)
		var want []string
		pos := int64(1)
		for size := range 9 {
			var batch []events.Event
			for range size + 1 {
				ev := audittest.Event(t, pos)
				batch, want = append(batch, ev), append(want, ev.ID)
				pos++
			}
			w.Take(t, "library", batch...)
		}
		var got []string
		for i, r := range all(t, w) {
			got = append(got, r.EventID)
			if r.Index != int64(i) || r.Pos != int64(i)+1 {
				t.Errorf("leaf %d has index %d and position %d", i, r.Index, r.Pos)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		w.Sign(t)
		if report := accepted(t, w); report.Leaves != pos-1 {
			t.Errorf("%d leaves were checked, want %d", report.Leaves, pos-1)
		}
	})
	t.Run("records what happened", func(t *testing.T) {
		t.Parallel()
		w := audittest.New(t)
		ev := audittest.Event(t, 1, func(ev *events.Event) { ev.Outcome = events.Denied; ev.Body = json.RawMessage(`{"why": "<&>\u2028"}`) })
		w.Take(t, "library", ev)
		entries, more, err := w.Ledger.List(t.Context(), ledger.Query{Limit: 10})
		if err != nil || more || len(entries) != 1 {
			t.Fatalf("%d entries, more %t, %v", len(entries), more, err)
		}
		got := entries[0]
		want := ledger.Record{
			Index: 0, EventID: ev.ID, Bytes: got.Bytes, Source: "library", Pos: 1, At: ev.At, Action: ev.Type, Outcome: "denied",
			Actor: "clerk-1", Subject: "reader-1", RequestID: "request-1",
		}
		got.At = got.At.UTC()
		if diff := cmp.Diff(want, got.Record); diff != "" {
			t.Error(diff)
		}
		leaf := fmt.Sprintf(`{"action":"library.book_lent.v1","actor":"clerk-1","event_id":%q,"facts":{"why":"<&>`+"\u2028"+`"},`+
			`"outcome":"denied","pos":1,"request_id":"request-1","source":"library","subject":"reader-1","time":"2026-01-02T03:04:05.000006Z","v":1}`, ev.ID)
		if diff := cmp.Diff(leaf, string(got.Bytes)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("leaves nothing behind when the transaction rolls back", func(t *testing.T) {
		t.Parallel()
		w := audittest.New(t)
		w.Fill(t, "library", 1, 3)
		enough := errors.New("enough")
		err := pg.InTx(t.Context(), w.Pool, func(tx pgx.Tx) error {
			ev := audittest.Event(t, 4, audittest.Personal("reader-9", `{"email":"ada@example.com"}`))
			return errors.Join(w.Ledger.Take(t.Context(), postgres.NewIntake(tx), "library", []events.Event{ev}), enough)
		})
		if !errors.Is(err, enough) {
			t.Fatalf("got %v", err)
		}
		for table, want := range map[string]int{"leaf": 3, "node": 4, "personal": 0, "subject_key": 0} {
			var got int
			if err := w.Pool.QueryRow(t.Context(), "select count(*) from "+table).Scan(&got); err != nil || got != want {
				t.Errorf("%s has %d rows, want %d; %v", table, got, want, err)
			}
		}
		w.Fill(t, "library", 4, 2)
		if report := accepted(t, w); report.Leaves != 5 {
			t.Errorf("%d leaves, want 5", report.Leaves)
		}
	})
	t.Run("takes two sources in at once", func(t *testing.T) {
		t.Parallel()
		w := audittest.New(t)
		const rounds = 20
		var work sync.WaitGroup
		for _, source := range []string{"library", "archive"} {
			work.Go(func() {
				for pos := int64(1); pos <= rounds; pos++ {
					if err := w.TryTake(t.Context(), source, audittest.Event(t, pos)); err != nil {
						t.Errorf("%s %d: %v", source, pos, err)
					}
				}
			})
		}
		work.Wait()
		w.Sign(t)
		if report := accepted(t, w); report.Leaves != 2*rounds {
			t.Errorf("%d leaves, want %d", report.Leaves, 2*rounds)
		}
	})
}

func TestLedger_TakeRefusesDuplicates(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	first := audittest.Event(t, 1)
	w.Take(t, "library", first)
	again := first
	again.Pos = 2
	for name, try := range map[string]struct {
		source string
		batch  []events.Event
	}{
		"the same event again":            {"library", []events.Event{first}},
		"an id that another event has":    {"library", []events.Event{again}},
		"an id of another source":         {"archive", []events.Event{first}},
		"a position that is taken":        {"library", []events.Event{audittest.Event(t, 1)}},
		"a position twice in one batch":   {"library", []events.Event{audittest.Event(t, 2), audittest.Event(t, 2)}},
		"a good event beside a duplicate": {"library", []events.Event{audittest.Event(t, 2), first}},
	} {
		t.Run(name, func(t *testing.T) {
			err := w.TryTake(t.Context(), try.source, try.batch...)
			if found, ok := errors.AsType[*pgconn.PgError](err); !ok || found.Code != "23505" {
				t.Errorf("got %v", err)
			}
			if size, err := w.Store.Size(t.Context()); err != nil || size != 1 {
				t.Errorf("the log has %d leaves, %v", size, err)
			}
		})
	}
}

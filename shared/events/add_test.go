package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

func TestAdd_Fill(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	ctx := trace.With(t.Context(), trace.Span{RequestID: "request-7"})
	ctx = principal.With(ctx, principal.Principal{Subject: "ann", Actor: "bob"})
	if err := p.tryAdd(ctx, events.Event{Type: "producer.thing_made.v1", Key: "k", Outcome: events.Denied, Pos: 99}); err != nil {
		t.Fatalf("Add: %v", err)
	}
	p.number(t)
	got := p.read(t, 0).Events[0]

	if id, err := uuid.Parse(got.ID); err != nil || id.Version() != 7 {
		t.Errorf("ID is %q, want a UUIDv7", got.ID)
	}
	if age := time.Since(got.At); age < -time.Minute || age > time.Minute || got.At.Location() != time.UTC {
		t.Errorf("At is %v, want about now in UTC", got.At)
	}
	if got.At != got.At.Truncate(time.Microsecond) {
		t.Errorf("At is %v, want microseconds", got.At)
	}
	want := events.Event{
		ID: got.ID, Pos: 1, Type: "producer.thing_made.v1", Key: "k", Actor: "bob", RequestID: "request-7",
		Outcome: events.Denied, Body: json.RawMessage(`{}`), At: got.At,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestAdd_KeepWhatIsGiven(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	ctx := trace.With(t.Context(), trace.Span{RequestID: "another"})
	ctx = principal.With(ctx, principal.Principal{Subject: "ann"})
	given := events.Event{
		ID: "0199aaaa-0000-7000-8000-000000000001", Type: "producer.thing_made.v2", Actor: "system", RequestID: "mine",
		Outcome:  events.Failure,
		Body:     json.RawMessage(`{"b":1, "a":"\u0000 <&>", "a":2}`), // jsonb would refuse or rewrite it
		Personal: json.RawMessage(`{"name":"Zoë"}`),
	}
	if err := p.tryAdd(ctx, given); err != nil {
		t.Fatalf("Add: %v", err)
	}
	p.number(t)
	got := p.read(t, 0).Events[0]
	given.Pos, given.At = 1, got.At
	if diff := cmp.Diff(given, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

// An event of a change happens with the change, and not without.
func TestAddAfter(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	conn, err := p.db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "create temp table thing (name text); insert into thing values ('a')"); err != nil {
		t.Fatal(err)
	}
	const rename = "update thing set name = @to where name = @from returning name"
	for _, want := range []bool{true, false} { // the second finds nothing to rename
		changed, err := events.AddAfter(t.Context(), conn, thing("k", 1), rename, pgx.NamedArgs{"from": "a", "to": "b"})
		if err != nil || changed != want {
			t.Errorf("changed: %t, %v, want %t", changed, err, want)
		}
	}
	if _, err := events.AddAfter(t.Context(), conn, events.Event{}, rename, pgx.NamedArgs{"from": "b", "to": "c"}); err == nil {
		t.Error("a malformed event was added")
	}
	var name string
	if err := conn.QueryRow(t.Context(), "select name from thing").Scan(&name); err != nil || name != "b" {
		t.Errorf("the thing is %q, %v", name, err)
	}
	p.number(t)
	if got := p.read(t, 0); len(got.Events) != 1 || got.Events[0].Key != "k" {
		t.Errorf("%d events, want one", len(got.Events))
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	batch := &pgx.Batch{}
	if err := events.Queue(t.Context(), batch, events.Event{}); err == nil || batch.Len() != 0 {
		t.Errorf("a malformed event was queued: %v", err)
	}
	if err := errors.Join(events.Queue(t.Context(), batch, thing("k", 1)), events.Queue(t.Context(), batch, thing("k", 2))); err != nil {
		t.Fatal(err)
	}
	if err := p.db.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	p.number(t)
	if got := p.read(t, 0); len(got.Events) != 2 {
		t.Errorf("%d events, want two", len(got.Events))
	}
}

func TestAdd_Refuse(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	for name, change := range map[string]func(*events.Event){
		"is not of the form":   func(e *events.Event) { e.Type = "producer.Thing" },
		"is not a UUID":        func(e *events.Event) { e.ID = "7" },
		"outcome \"\" is none": func(e *events.Event) { e.Outcome = "" },
		"must be JSON":         func(e *events.Event) { e.Body = json.RawMessage(`{`) },
		"key has 201 bytes":    func(e *events.Event) { e.Key = strings.Repeat("k", 201) },
		"have 65539 bytes":     func(e *events.Event) { e.Personal = json.RawMessage(`"` + strings.Repeat("x", 64<<10-6) + `"`) },
	} {
		ev := thing("k", 1)
		change(&ev)
		contains(t, p.tryAdd(t.Context(), ev), name)
	}
	if n, err := p.relay(t).Number(t.Context()); n != 0 || err != nil {
		t.Errorf("Number = %d, %v, want no event", n, err)
	}
}

func TestAdd_SharesTheFateOfTheTransaction(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	changed := errors.New("changed my mind")
	err := pg.InTx(t.Context(), p.db, func(tx pgx.Tx) error {
		if err := change(t.Context(), tx, "a"); err != nil {
			return err
		}
		return changed
	})
	if !errors.Is(err, changed) {
		t.Fatalf("InTx: %v", err)
	}
	p.number(t)
	if out := p.read(t, 0); out.Head != 0 {
		t.Errorf("rolled back, but the feed is at %d", out.Head)
	}
	if err := pg.InTx(t.Context(), p.db, func(tx pgx.Tx) error { return change(t.Context(), tx, "a") }); err != nil {
		t.Fatalf("InTx: %v", err)
	}
	p.number(t)
	if out := p.read(t, 0); out.Head != 1 {
		t.Errorf("committed, but the feed is at %d", out.Head)
	}
}

func change(ctx context.Context, tx pgx.Tx, name string) error {
	if _, err := tx.Exec(ctx, "insert into things (name) values ($1)", name); err != nil {
		return err
	}
	return events.Add(ctx, tx, thing(name, 1))
}

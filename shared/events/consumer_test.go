package events_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func TestConsumer_Apply(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "k", 450)
	reader := c.of(t, p)
	mustDrain(t, reader)
	if diff := cmp.Diff(upTo(450), c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	if pos, err := reader.Position(t.Context()); pos != 450 || err != nil {
		t.Errorf("Position = %d, %v, want 450", pos, err)
	}
	if got := reader.Status(); got != (events.Status{Head: 450, Cursor: 450}) || got.Lag() != 0 {
		t.Errorf("Status = %+v, want 450 of 450", got)
	}
}

// A process dies between the effects and their commit: nothing of the page may stay,
// and the next process applies it once.
func TestConsumer_DiesBeforeTheCommit(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "k", 10)
	ctx, die := context.WithCancel(t.Context())
	dying := c.of(t, p, func(cfg *events.ConsumerConfig) {
		cfg.Handle = func(ctx context.Context, tx pgx.Tx, batch []events.Event) error {
			defer die()
			return record(ctx, tx, batch)
		}
	})
	if _, err := dying.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("Next of the dying process: %v, want context.Canceled", err)
	}
	if got := c.effects(t); len(got) != 0 {
		t.Fatalf("the dead process left effects %v", got)
	}
	mustDrain(t, c.of(t, p))
	if diff := cmp.Diff(upTo(10), c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// The server ends the session while the handler works, as in a crash of the database.
func TestConsumer_LosesItsConnection(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "k", 10)
	var losses atomic.Int32
	reader := c.of(t, p, func(cfg *events.ConsumerConfig) {
		cfg.Handle = func(ctx context.Context, tx pgx.Tx, batch []events.Event) error {
			if err := record(ctx, tx, batch); err != nil {
				return err
			}
			if losses.Add(1) <= 3 {
				_, err := tx.Exec(ctx, "select pg_terminate_backend(pg_backend_pid())")
				return err
			}
			return nil
		}
	})
	start(t, reader.Run)
	eventually(t, "the events are applied", func() bool { return len(c.effects(t)) > 0 })
	if diff := cmp.Diff(upTo(10), c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	eventually(t, "the trouble is over", func() bool { return reader.Status().Err == nil })
}

func TestConsumer_Replicas(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	start(t, p.relay(t).Run)
	for range 3 {
		start(t, c.of(t, p, func(cfg *events.ConsumerConfig) { cfg.Poll = 10 * time.Millisecond }).Run)
	}
	const many = 300
	for i := range many {
		p.add(t, thing("k", i))
	}
	eventually(t, "every event has taken effect", func() bool { return len(c.effects(t)) >= many })
	if diff := cmp.Diff(upTo(many), c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

func TestConsumer_LeavesItToAnotherReplica(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "k", 1)
	reader := c.of(t, p)
	mustDrain(t, reader)
	p.addNumbered(t, "k", 1)
	other, err := c.db.Begin(t.Context())
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	if _, err := other.Exec(t.Context(), "select from inbox_cursor for update"); err != nil {
		t.Fatalf("lock cursor: %v", err)
	}
	if more, err := reader.Next(t.Context()); more || err != nil {
		t.Errorf("Next = %v, %v beside another replica, want false and no error", more, err)
	}
	if err := other.Rollback(t.Context()); err != nil {
		t.Fatalf("Rollback: %v", err)
	}
	mustDrain(t, reader)
	if diff := cmp.Diff(upTo(2), c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// From commit to effect without any poll: pg_notify and two wake-ups.
func TestConsumer_WakesUp(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	reader := c.of(t, p, func(cfg *events.ConsumerConfig) { cfg.Poll = time.Hour })
	start(t, reader.Run)
	start(t, p.relay(t, func(cfg *events.RelayConfig) { cfg.Poll = time.Hour }).Run)
	for i := range 5 {
		p.add(t, thing("k", i))
		eventually(t, "the event takes effect", func() bool { return len(c.effects(t)) == i+1 })
	}
}

func TestConsumer_Rewind(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "k", 3)
	reader := c.of(t, p)
	mustDrain(t, reader)
	contains(t, reader.Rewind(t.Context(), 4), "position 4 is not between 0 and the cursor 3")
	contains(t, reader.Rewind(t.Context(), -1), "position -1 is not between")
	if err := reader.Rewind(t.Context(), 1); err != nil {
		t.Fatalf("Rewind: %v", err)
	}
	mustDrain(t, reader)
	if diff := cmp.Diff([]int64{1, 2, 3, 2, 3}, c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// Two consumers of one module keep cursors of their own.
func TestConsumer_Names(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "k", 2)
	mustDrain(t, c.of(t, p))
	mustDrain(t, c.of(t, p, func(cfg *events.ConsumerConfig) { cfg.Name = "ledger.alerts" }))
	if diff := cmp.Diff([]int64{1, 2, 1, 2}, c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// faulty serves pages of a test's making.
func faulty(serve func(events.FeedIn) (events.FeedOut, error)) rpc.Caller {
	return callerFunc(func(in events.FeedIn, out *events.FeedOut) (err error) {
		*out, err = serve(in)
		return err
	})
}

type callerFunc func(events.FeedIn, *events.FeedOut) error

func (f callerFunc) Invoke(_ context.Context, _ rpc.Desc, in, out any) error {
	return f(in.(events.FeedIn), out.(*events.FeedOut))
}

func at(pos ...int64) (list []events.Event) {
	for _, n := range pos {
		ev := thing("k", int(n))
		ev.Pos = n
		list = append(list, ev)
	}
	return list
}

func TestConsumer_StopsAtAGap(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	for name, page := range map[string]events.FeedOut{
		"in the middle":      {Events: at(1, 2, 4), Head: 4},
		"at the beginning":   {Events: at(2), Head: 2},
		"a double":           {Events: at(1, 1), Head: 2},
		"out of order":       {Events: at(2, 1), Head: 2},
		"the end is missing": {Head: 2},
		"more than it has":   {Events: at(1, 2), Head: 1},
	} {
		reader := c.of(t, p, func(cfg *events.ConsumerConfig) {
			cfg.Caller = faulty(func(events.FeedIn) (events.FeedOut, error) { return page, nil })
		})
		if _, err := reader.Next(t.Context()); !errors.Is(err, events.ErrGap) {
			t.Errorf("%s: %v, want ErrGap", name, err)
		}
	}
	if got := c.effects(t); len(got) != 0 {
		t.Errorf("pages with gaps had effects %v", got)
	}
}

func TestConsumer_TellsThatItIsTooLate(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "k", 5)
	purge(t, p, 5, time.Nanosecond)
	reader := c.of(t, p)
	start(t, reader.Run)
	eventually(t, "the status says so", func() bool { return errors.Is(reader.Status().Err, events.ErrTooLate) })
	if got := c.effects(t); len(got) != 0 {
		t.Errorf("a late consumer had effects %v", got)
	}
}

// The source was restored from an older backup: the consumer has seen more than there
// is, and must not take new events for old ones (watermill#576).
func TestConsumer_TellsThatItIsAhead(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "k", 5)
	reader := c.of(t, p)
	mustDrain(t, reader)
	restored := newProducer(t)
	restored.addNumbered(t, "k", 3)
	faults := drain(t, c.of(t, restored))
	if len(faults) != 1 || !errors.Is(faults[0], events.ErrAhead) {
		t.Errorf("Next on the restored source: %v, want ErrAhead", faults)
	}
}

func TestNewConsumer_Refuse(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]events.ConsumerConfig{
		"consumer name":              {Method: feedMethod()},
		"use at most 63":             {Name: strings.Repeat("c", 64), Method: feedMethod()},
		"has no feed":                {Name: "ledger"},
		"needs a caller, a database": {Name: "ledger", Method: feedMethod()},
	} {
		_, err := events.NewConsumer(cfg)
		contains(t, err, want)
	}
}

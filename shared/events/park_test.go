package events_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func named(eventType, key string) events.Event {
	return events.Event{Type: eventType, Key: key, Outcome: events.Success}
}

const (
	oldType = "producer.thing_changed.v1"
	newType = "producer.thing_changed.v2"
)

func knowing(types ...string) func(*events.ConsumerConfig) {
	return func(c *events.ConsumerConfig) {
		c.Known = func(eventType string) bool { return slices.Contains(types, eventType) }
	}
}

func parking(c *events.ConsumerConfig) { c.Park = true }

// In a rolling update an old replica meets a type of the new version.
func TestConsumer_UnknownType(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.add(t, named(oldType, "a"), named(newType, "a"), named(oldType, "a"))
	p.number(t)

	strict := c.of(t, p, knowing(oldType))
	if faults := drain(t, strict); len(faults) != 1 || !errors.Is(faults[0], events.ErrUnknownType) {
		t.Fatalf("without Park: %v, want ErrUnknownType", faults)
	}
	if got := c.effects(t); len(got) != 0 {
		t.Fatalf("without Park a page with an unknown type had effects %v", got)
	}

	older := c.of(t, p, knowing(oldType), parking)
	mustDrain(t, older)
	if diff := cmp.Diff([]int64{1, 3}, c.effects(t)); diff != "" {
		t.Errorf("effects of the old version (-want +got):\n%s", diff)
	}
	wantParked(t, older, 1)
	if n, err := older.Redrive(t.Context()); n != 0 || err != nil {
		t.Errorf("Redrive = %d, %v in the old version, want 0", n, err)
	}
	wantParked(t, older, 1)

	newer := c.of(t, p, knowing(oldType, newType), parking)
	start(t, newer.Run)
	eventually(t, "the new version applies what was parked", func() bool { return len(c.effects(t)) == 3 })
	wantParked(t, newer, 0)
	if diff := cmp.Diff([]int64{1, 3, 2}, c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

func wantParked(t *testing.T, c *events.Consumer, want int) {
	t.Helper()
	if n, err := c.Parked(t.Context()); n != want || err != nil {
		t.Errorf("Parked = %d, %v, want %d", n, err, want)
	}
}

var errPoison = errors.New("cannot digest this")

// poisoned fails on one position while broken, and counts how often.
type poisoned struct {
	pos    int64
	broken atomic.Bool
	fails  atomic.Int32
	cause  error
}

func (h *poisoned) handle(ctx context.Context, tx pgx.Tx, batch []events.Event) error {
	for _, e := range batch {
		if e.Pos == h.pos && h.broken.Load() {
			h.fails.Add(1)
			return h.cause
		}
	}
	return record(ctx, tx, batch)
}

func newPoisoned(pos int64, cause error) *poisoned {
	h := &poisoned{pos: pos, cause: cause}
	h.broken.Store(true)
	return h
}

func (h *poisoned) config(c *events.ConsumerConfig) { c.Handle = h.handle }

// A poison event does not hold up the others, but its own key waits, in order.
func TestConsumer_Poison(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.add(t, thing("a", 1), thing("a", 2), thing("b", 1), thing("a", 3), thing("", 1))
	p.number(t)
	h := newPoisoned(2, errPoison)
	reader := c.of(t, p, parking, h.config)
	stop := start(t, reader.Run)
	eventually(t, "the others are applied", func() bool { return len(c.effects(t)) == 3 })
	if diff := cmp.Diff([]int64{1, 3, 5}, c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	if got := h.fails.Load(); got != 6 { // once in the page, five times alone
		t.Errorf("the handler failed %d times, want 6", got)
	}
	wantParked(t, reader, 2)
	p.addNumbered(t, "a", 1)
	p.addNumbered(t, "b", 1)
	eventually(t, "a later event of another key is applied", func() bool { return slices.Contains(c.effects(t), 7) })
	wantParked(t, reader, 3)
	stop()

	if n, err := reader.Redrive(t.Context()); n != 0 || err != nil {
		t.Errorf("Redrive = %d, %v while the cause lasts, want 0", n, err)
	}
	h.broken.Store(false)
	if n, err := reader.Redrive(t.Context()); n != 3 || err != nil {
		t.Errorf("Redrive = %d, %v afterwards, want 3", n, err)
	}
	if diff := cmp.Diff([]int64{1, 3, 5, 7, 2, 4, 6}, c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	p.addNumbered(t, "a", 1)
	mustDrain(t, reader)
	wantParked(t, reader, 0)
}

func TestConsumer_PoisonWithoutParking(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "a", 5)
	h := newPoisoned(3, errPoison)
	reader := c.of(t, p, h.config)
	for h.fails.Load() < 12 {
		if faults := drain(t, reader); len(faults) != 1 || !errors.Is(faults[0], errPoison) {
			t.Fatalf("Next: %v, want the handler's error", faults)
		}
	}
	if diff := cmp.Diff(upTo(2), c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	if got := reader.Status().Lag(); got != 3 {
		t.Errorf("Lag = %d, want 3", got)
	}
	start(t, reader.Run)
	eventually(t, "the status says so", func() bool { return errors.Is(reader.Status().Err, errPoison) })
	contains(t, reader.Status().Err, "handle event 3 (producer.thing_changed.v1): cannot digest this")
	h.broken.Store(false)
	eventually(t, "it goes on", func() bool { return len(c.effects(t)) == 5 })
	if diff := cmp.Diff(upTo(5), c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

func TestConsumer_HandlerPanics(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "a", 1)
	reader := c.of(t, p, func(cfg *events.ConsumerConfig) {
		cfg.Handle = func(context.Context, pgx.Tx, []events.Event) error { panic("lost it") }
	})
	_, err := reader.Next(t.Context())
	contains(t, err, "handle event 1 (producer.thing_changed.v1): panic: lost it")
}

// An outage says nothing about the event: however long it lasts, nothing is parked.
func TestConsumer_OutageIsNotPoison(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.addNumbered(t, "a", 2)
	h := newPoisoned(1, fault.New(fault.Unavailable, "other.away", "Away."))
	reader := c.of(t, p, parking, h.config)
	for range 12 {
		if _, err := reader.Next(t.Context()); !errors.Is(err, h.cause) {
			t.Fatalf("Next: %v, want the outage", err)
		}
	}
	wantParked(t, reader, 0)
	h.broken.Store(false)
	mustDrain(t, reader)
	if diff := cmp.Diff(upTo(2), c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// What is delivered again must not meet its own shadow.
func TestConsumer_RewindForgetsWhatIsParked(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	p.add(t, named(newType, "a"), named(newType, "b"))
	p.number(t)
	reader := c.of(t, p, knowing(oldType), parking)
	mustDrain(t, reader)
	wantParked(t, reader, 2)
	if err := reader.Rewind(t.Context(), 1); err != nil {
		t.Fatalf("Rewind: %v", err)
	}
	wantParked(t, reader, 1)
	mustDrain(t, reader)
	wantParked(t, reader, 2)
}

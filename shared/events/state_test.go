package events_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/shared/events"
)

// machine drives writers, relays and consumers in any order and interleaving, with
// rollbacks and deaths, and knows what must come out.
type machine struct {
	t         *testing.T
	p         *producer
	c         *consumer
	consumers []*events.Consumer // replicas
	die       bool               // the next handler dies after its work

	open      []*writer
	written   map[string]int // changes of each key that are committed
	committed int            // in all
	applied   int            // effects that have been checked
	n         map[string]int // last change of each key that took effect
}

// writer is an open transaction that holds the lock of one key.
type writer struct {
	tx    pgx.Tx
	key   string
	count int
}

func TestEvents_StateMachine(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	m := &machine{t: t, p: p, c: c, written: map[string]int{}, n: map[string]int{}}
	for range 2 {
		m.consumers = append(m.consumers, c.of(t, p, func(cfg *events.ConsumerConfig) { cfg.Handle = m.handle }))
	}
	rapid.Check(t, func(rt *rapid.T) {
		rt.Repeat(map[string]func(*rapid.T){
			"write":    m.write,
			"commit":   func(rt *rapid.T) { m.end(rt, true) },
			"rollback": func(rt *rapid.T) { m.end(rt, false) },
			"number":   func(*rapid.T) { p.number(t) },
			"consume":  func(rt *rapid.T) { m.consume(rt, false) },
			"die":      func(rt *rapid.T) { m.consume(rt, true) },
			"":         m.check,
		})
		m.finish(rt)
	})
}

// write begins a transaction on a key that is free, or goes on with one.
func (m *machine) write(rt *rapid.T) {
	key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "key")
	at := slices.IndexFunc(m.open, func(w *writer) bool { return w.key == key })
	if at < 0 {
		tx, err := m.p.db.Begin(m.t.Context())
		if err != nil {
			rt.Fatalf("Begin: %v", err)
		}
		at, m.open = len(m.open), append(m.open, &writer{tx: tx, key: key})
	}
	w := m.open[at]
	w.count++
	if err := events.Add(m.t.Context(), w.tx, thing(key, m.written[key]+w.count)); err != nil {
		rt.Fatalf("Add: %v", err)
	}
}

func (m *machine) end(rt *rapid.T, commit bool) {
	if len(m.open) == 0 {
		rt.Skip("no open transaction")
	}
	at := rapid.IntRange(0, len(m.open)-1).Draw(rt, "transaction")
	w := m.open[at]
	m.open = slices.Delete(m.open, at, at+1)
	if !commit {
		if err := w.tx.Rollback(m.t.Context()); err != nil {
			rt.Fatalf("Rollback: %v", err)
		}
		return
	}
	if err := w.tx.Commit(m.t.Context()); err != nil {
		rt.Fatalf("Commit: %v", err)
	}
	m.written[w.key] += w.count
	m.committed += w.count
}

func (m *machine) consume(rt *rapid.T, die bool) {
	m.die = die
	ctx, cancel := context.WithCancel(m.t.Context())
	defer cancel()
	who := rapid.IntRange(0, len(m.consumers)-1).Draw(rt, "replica")
	_, err := m.consumers[who].Next(context.WithValue(ctx, dying{}, cancel))
	if err != nil && !die {
		rt.Fatalf("Next: %v", err)
	}
}

type dying struct{}

// handle writes one row for each event, and then may die.
func (m *machine) handle(ctx context.Context, tx pgx.Tx, batch []events.Event) error {
	for _, e := range batch {
		_, err := tx.Exec(ctx, "insert into effects (pos, type, key) values ($1, $2, $3)", e.Pos, string(e.Body), e.Key)
		if err != nil {
			return err
		}
	}
	if die, ok := ctx.Value(dying{}).(context.CancelFunc); ok && m.die {
		die()
	}
	return nil
}

// check looks at the new effects: dense positions, and each key in its order.
func (m *machine) check(rt *rapid.T) {
	rows, err := m.c.db.Query(m.t.Context(), "select pos, key, type from effects order by n offset $1", m.applied)
	if err != nil {
		rt.Fatalf("query effects: %v", err)
	}
	var pos int64
	var key, body string
	_, err = pgx.ForEachRow(rows, []any{&pos, &key, &body}, func() error {
		m.applied++
		m.n[key]++
		if want := fmt.Sprintf(`{"n":%d}`, m.n[key]); pos != int64(m.applied) || body != want {
			rt.Fatalf("effect %d is position %d, change %s of %s, want %s", m.applied, pos, body, key, want)
		}
		return nil
	})
	if err != nil {
		rt.Fatalf("read effects: %v", err)
	}
	if m.applied > m.committed {
		rt.Fatalf("%d effects of %d committed events", m.applied, m.committed)
	}
}

// finish commits, numbers and consumes everything: nothing may be missing.
func (m *machine) finish(rt *rapid.T) {
	for len(m.open) > 0 {
		m.end(rt, true)
	}
	m.p.number(m.t)
	m.die = false
	mustDrain(m.t, m.consumers[0])
	m.check(rt)
	if m.applied != m.committed {
		rt.Fatalf("%d effects of %d committed events", m.applied, m.committed)
	}
}

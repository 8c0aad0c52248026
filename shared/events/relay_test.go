package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// watermill#311: readers that go by insertion order pass a row that is written first
// and committed last.
func TestRelay_LateCommit(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	late, err := p.db.Begin(t.Context())
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	if err := events.Add(t.Context(), late, thing("late", 1)); err != nil {
		t.Fatalf("Add: %v", err)
	}
	p.addNumbered(t, "early", 2)
	if diff := cmp.Diff(upTo(2), positions(p.read(t, 0).Events)); diff != "" {
		t.Fatalf("before the late commit (-want +got):\n%s", diff)
	}
	if err := late.Commit(t.Context()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	p.number(t)
	out := p.read(t, 2)
	if len(out.Events) != 1 || out.Events[0].Key != "late" || out.Events[0].Pos != 3 {
		t.Errorf("after the late commit the feed goes on with %+v, want the late event at 3", out.Events)
	}
}

func TestRelay_SkipsWhileAnotherIsAtIt(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	p.add(t, thing("k", 1))
	other, err := p.db.Begin(t.Context())
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	if _, err := other.Exec(t.Context(), "select from outbox_head for update"); err != nil {
		t.Fatalf("lock head: %v", err)
	}
	if n, err := p.relay(t).Number(t.Context()); n != 0 || err != nil {
		t.Errorf("Number = %d, %v beside another relay, want 0 and no error", n, err)
	}
	if err := other.Rollback(t.Context()); err != nil {
		t.Fatalf("Rollback: %v", err)
	}
	if n, err := p.relay(t).Number(t.Context()); n != 1 || err != nil {
		t.Errorf("Number = %d, %v after it, want 1", n, err)
	}
}

// Eight writers that lock what they change, roll back every third time, and three
// relays: positions stay dense, nothing is lost, and each key keeps its order.
func TestRelay_Density(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	const keys, writers, changes = 4, 8, 60
	for key := range keys {
		if _, err := p.db.Exec(t.Context(), "insert into things (name) values ($1)", fmt.Sprint(key)); err != nil {
			t.Fatalf("insert: %v", err)
		}
	}
	for range 3 {
		start(t, p.relay(t).Run)
	}
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(writer)))
			for i := range changes {
				if err := grow(t.Context(), p, fmt.Sprint(random.IntN(keys)), i%3 == 2); err != nil {
					t.Errorf("writer %d: %v", writer, err)
				}
			}
		})
	}
	all.Wait()
	const committed = writers * changes * 2 / 3
	var seen []events.Event
	eventually(t, "every committed event is numbered", func() bool {
		seen = append(seen, p.read(t, int64(len(seen))).Events...)
		return len(seen) >= committed
	})
	if diff := cmp.Diff(upTo(committed), positions(seen)); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
	sizes := map[string]int{}
	for _, e := range seen {
		var body struct{ N int }
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatalf("body: %v", err)
		}
		if sizes[e.Key]++; body.N != sizes[e.Key] {
			t.Fatalf("position %d has change %d of key %s, want %d", e.Pos, body.N, e.Key, sizes[e.Key])
		}
	}
}

var errUndo = errors.New("undo")

// grow changes a thing under its lock and reports its new size.
func grow(ctx context.Context, p *producer, name string, undo bool) error {
	err := pg.InTx(ctx, p.db, func(tx pgx.Tx) error {
		var size int
		if err := tx.QueryRow(ctx, "update things set size = size + 1 where name = $1 returning size", name).Scan(&size); err != nil {
			return err
		}
		if err := events.Add(ctx, tx, thing(name, size)); err != nil {
			return err
		}
		if undo {
			return errUndo
		}
		return nil
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

func TestRelay_NumbersMoreThanABatch(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	const many = 1203
	list := make([]events.Event, many)
	for i := range list {
		list[i] = thing("k", i)
	}
	p.add(t, list...)
	if n, err := p.relay(t).Number(t.Context()); n != many || err != nil {
		t.Errorf("Number = %d, %v, want %d", n, err, many)
	}
	if out := p.read(t, many-1); out.Head != many || len(out.Events) != 1 {
		t.Errorf("the feed ends at %d with %d events, want %d", out.Head, len(out.Events), many)
	}
}

// The poll is an hour away, so what comes through came by the wake-up: the relay's to
// the subscriber, and the writer's to the relay if that sleeps.
func TestRelay_WakesUp(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	news, unsubscribe := p.wake.Subscribe("producer")
	defer unsubscribe()
	start(t, p.relay(t, func(c *events.RelayConfig) { c.Poll = time.Hour }).Run)
	for i := range 5 {
		p.add(t, thing("k", i))
		select {
		case <-news:
		case <-time.After(patience):
			t.Fatalf("event %d woke nobody", i)
		}
		if out := p.read(t, int64(i)); len(out.Events) != 1 {
			t.Fatalf("woken for event %d, but the feed has %d", i, len(out.Events))
		}
	}
}

// A relay that looks by itself for five seconds after its last event, and then sleeps,
// is woken by a notification alone.
func TestRelay_WakesUpFromSleep(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	start(t, p.relay(t, func(c *events.RelayConfig) { c.Poll = time.Hour }).Run)
	p.add(t, thing("k", 1))
	const asleep = `
		select exists (
			select from pg_stat_activity
			where usename = current_user and state = 'idle'
			  and query like '%pos is null%' and query not like '%pg_stat%'
			  and clock_timestamp() - state_change > interval '300 ms')`
	eventually(t, "the relay sleeps", func() bool {
		var yes bool
		if err := p.db.QueryRow(t.Context(), asleep).Scan(&yes); err != nil {
			t.Fatalf("ask for the relay: %v", err)
		}
		return yes
	})
	p.add(t, thing("k", 2))
	eventually(t, "the relay wakes up", func() bool { return p.read(t, 0).Head == 2 })
}

// A notification makes commits wait for each other, so it is for a sleeping relay only.
func TestAdd_Notify(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	conn, err := p.db.Acquire(t.Context())
	if err != nil {
		t.Fatalf("Acquire: %v", err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "listen outbox_producer; listen done"); err != nil {
		t.Fatalf("listen: %v", err)
	}
	for _, c := range []struct {
		watched, want string
	}{
		{"-infinity", "outbox_producer"},
		{"infinity", "done"},
	} {
		if _, err := p.db.Exec(t.Context(), "update outbox_head set watched_until = $1::text::timestamptz", c.watched); err != nil {
			t.Fatalf("set watched_until: %v", err)
		}
		p.add(t, thing("k", 1))
		if _, err := p.db.Exec(t.Context(), "notify done"); err != nil {
			t.Fatalf("notify: %v", err)
		}
		got, err := conn.Conn().WaitForNotification(t.Context())
		if err != nil || got.Channel != c.want || got.Payload != "" {
			t.Errorf("watched until %s: first notification is %+v (%v), want one of %s", c.watched, got, err, c.want)
		}
		for got != nil && got.Channel != "done" {
			if got, err = conn.Conn().WaitForNotification(t.Context()); err != nil {
				t.Fatalf("WaitForNotification: %v", err)
			}
		}
	}
}

func TestRelay_PollsWithoutWakeUps(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	start(t, p.relay(t, func(c *events.RelayConfig) { c.Poll = 20 * time.Millisecond }).Run)
	const quiet = `
		insert into outbox (id, type, key, actor, request_id, outcome, body)
		values (gen_random_uuid(), 'producer.thing_made.v1', '', '', '', 'success', '{}')`
	if _, err := p.db.Exec(t.Context(), quiet); err != nil {
		t.Fatalf("insert: %v", err)
	}
	eventually(t, "the poll finds the event", func() bool { return p.read(t, 0).Head == 1 })
}

func TestRelay_Purge(t *testing.T) {
	t.Parallel()
	t.Run("keeps what is young", func(t *testing.T) {
		t.Parallel()
		p := newProducer(t)
		p.addNumbered(t, "k", 3)
		stop := start(t, p.relay(t).Run)
		p.add(t, thing("k", 4))
		eventually(t, "a round is over", func() bool { return p.read(t, 0).Head == 4 })
		stop()
		if out := p.read(t, 0); out.Floor != 0 || len(out.Events) != 4 {
			t.Errorf("floor is %d with %d events left, want 0 and 4", out.Floor, len(out.Events))
		}
	})
	t.Run("deletes what is old and read by all, and numbers go on", func(t *testing.T) {
		t.Parallel()
		p := newProducer(t)
		p.addNumbered(t, "k", 5)
		for consumer, after := range map[string]int64{"slow": 2, "fast": 4} {
			if _, err := p.feed.Read(t.Context(), events.FeedIn{Consumer: consumer, After: after}); err != nil {
				t.Fatalf("Read: %v", err)
			}
		}
		purge(t, p, 2, time.Nanosecond)
		out := p.read(t, 2)
		if diff := cmp.Diff([]int64{3, 4, 5}, positions(out.Events)); diff != "" {
			t.Errorf("left (-want +got):\n%s", diff)
		}
		if _, err := p.feed.Read(t.Context(), events.FeedIn{Consumer: "late", After: 1}); !errors.Is(err, events.ErrTooLate) {
			t.Errorf("a reader below the floor gets %v, want ErrTooLate", err)
		}
	})
	t.Run("may delete everything and still does not start again at 1", func(t *testing.T) {
		t.Parallel()
		p := newProducer(t)
		p.addNumbered(t, "k", 5)
		purge(t, p, 5, time.Nanosecond)
		p.addNumbered(t, "k", 1)
		if diff := cmp.Diff([]int64{6}, positions(p.read(t, 5).Events)); diff != "" {
			t.Errorf("after the purge (-want +got):\n%s", diff)
		}
	})
	t.Run("stops before the first young event", func(t *testing.T) {
		t.Parallel()
		p := newProducer(t)
		p.addNumbered(t, "k", 5)
		if _, err := p.db.Exec(t.Context(), "update outbox set at = now() - interval '1 day' where pos in (1, 2, 4)"); err != nil {
			t.Fatalf("age: %v", err)
		}
		purge(t, p, 2, time.Hour)
		if diff := cmp.Diff([]int64{3, 4, 5}, positions(p.read(t, 2).Events)); diff != "" {
			t.Errorf("left (-want +got):\n%s", diff)
		}
	})
}

// purge runs a relay until the floor is as wanted.
func purge(t *testing.T, p *producer, floor int64, keep time.Duration) {
	t.Helper()
	stop := start(t, p.relay(t, func(c *events.RelayConfig) { c.Keep = keep }).Run)
	defer stop()
	eventually(t, fmt.Sprintf("the floor rises to %d", floor), func() bool {
		var now int64
		if err := p.db.QueryRow(t.Context(), "select floor from outbox_head").Scan(&now); err != nil {
			t.Fatalf("read floor: %v", err)
		}
		return now == floor
	})
}

func TestNewRelay_Refuse(t *testing.T) {
	t.Parallel()
	_, err := events.NewRelay(events.RelayConfig{Source: "producer"})
	contains(t, err, "needs a source, a database and a wake")
}

package events_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func TestMain(m *testing.M) {
	// A run of the state machine takes 0.1 s and more. The command line may ask for more runs.
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	pgtest.Main(m)
}

const separator = "\n---- create above / drop below ----\n"

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func producerFiles() fstest.MapFS {
	return fstest.MapFS{
		"001_things.sql": file("create table things (name text primary key, size int not null default 0);"),
		"002_outbox.sql": file(`{{ template "schema/outbox_1.sql" . }}` + separator + `{{ template "schema/outbox_1_down.sql" . }}`),
	}
}

func consumerFiles() fstest.MapFS {
	return fstest.MapFS{
		"001_inbox.sql":   file(`{{ template "schema/inbox_1.sql" . }}` + separator + `{{ template "schema/inbox_1_down.sql" . }}`),
		"002_effects.sql": file("create table effects (n bigint generated always as identity, pos bigint not null, type text not null, key text not null);"),
	}
}

// producer is a module with events, on a database of its own.
type producer struct {
	db   *pgxpool.Pool
	feed *events.Feed
	wake *events.Local
}

func newProducer(t *testing.T) *producer {
	t.Helper()
	db := pgtest.Schema(t, pgtest.Spec{Name: "producer", Files: events.Migrations(producerFiles())})
	return &producer{db: db, feed: events.NewFeed(db), wake: &events.Local{}}
}

func (p *producer) relay(t *testing.T, change ...func(*events.RelayConfig)) *events.Relay {
	t.Helper()
	cfg := events.RelayConfig{Source: "producer", DB: p.db, Wake: p.wake, Log: zerolog.Nop()}
	for _, f := range change {
		f(&cfg)
	}
	relay, err := events.NewRelay(cfg)
	if err != nil {
		t.Fatalf("NewRelay: %v", err)
	}
	return relay
}

// number gives positions to what is committed.
func (p *producer) number(t *testing.T) {
	t.Helper()
	if _, err := p.relay(t).Number(t.Context()); err != nil {
		t.Fatalf("Number: %v", err)
	}
}

// caller reaches the feed as a module in the same process does.
func (p *producer) caller(t *testing.T) rpc.Caller {
	t.Helper()
	server, err := rpc.NewServer(zerolog.Nop(), feedMethod().Handle(p.feed.Read))
	if err != nil {
		t.Fatalf("NewServer: %v", err)
	}
	return rpc.NewDirect(server)
}

func feedMethod() rpc.Method[events.FeedIn, events.FeedOut] { return events.FeedMethod("producer") }

// thing is an event of the key, with a body that says which one.
func thing(key string, n int) events.Event {
	return events.Event{
		Type: "producer.thing_changed.v1", Key: key, Outcome: events.Success,
		Body: json.RawMessage(fmt.Sprintf(`{"n":%d}`, n)),
	}
}

func (p *producer) add(t *testing.T, list ...events.Event) {
	t.Helper()
	if err := p.tryAdd(t.Context(), list...); err != nil {
		t.Fatalf("Add: %v", err)
	}
}

func (p *producer) tryAdd(ctx context.Context, list ...events.Event) error {
	return pg.InTx(ctx, p.db, func(tx pgx.Tx) error {
		for _, ev := range list {
			if err := events.Add(ctx, tx, ev); err != nil {
				return err
			}
		}
		return nil
	})
}

// addNumbered adds events of one key and numbers them.
func (p *producer) addNumbered(t *testing.T, key string, count int) {
	t.Helper()
	list := make([]events.Event, count)
	for i := range list {
		list[i] = thing(key, i+1)
	}
	p.add(t, list...)
	p.number(t)
}

func (p *producer) read(t *testing.T, after int64) events.FeedOut {
	t.Helper()
	out, err := p.feed.Read(t.Context(), events.FeedIn{Consumer: "test", After: after})
	if err != nil {
		t.Fatalf("Read after %d: %v", after, err)
	}
	return out
}

func positions(list []events.Event) []int64 {
	var all []int64
	for _, e := range list {
		all = append(all, e.Pos)
	}
	return all
}

// consumer is a module that applies events, on a database of its own.
type consumer struct {
	db *pgxpool.Pool
}

func newConsumer(t *testing.T) *consumer {
	t.Helper()
	return &consumer{db: pgtest.Schema(t, pgtest.Spec{Name: "consumer", Files: events.Migrations(consumerFiles())})}
}

func (c *consumer) of(t *testing.T, p *producer, change ...func(*events.ConsumerConfig)) *events.Consumer {
	t.Helper()
	cfg := events.ConsumerConfig{
		Name: "ledger", Method: feedMethod(), Caller: p.caller(t), DB: c.db, Wake: p.wake, Handle: record,
	}
	for _, f := range change {
		f(&cfg)
	}
	made, err := events.NewConsumer(cfg)
	if err != nil {
		t.Fatalf("NewConsumer: %v", err)
	}
	return made
}

// record is a handler whose effect is one row for each event.
func record(ctx context.Context, tx pgx.Tx, batch []events.Event) error {
	for _, e := range batch {
		if _, err := tx.Exec(ctx, "insert into effects (pos, type, key) values ($1, $2, $3)", e.Pos, e.Type, e.Key); err != nil {
			return err
		}
	}
	return nil
}

// effects returns the positions in the order in which they took effect.
func (c *consumer) effects(t *testing.T) []int64 {
	t.Helper()
	rows, err := c.db.Query(t.Context(), "select pos from effects order by n")
	if err != nil {
		t.Fatalf("query effects: %v", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatalf("read effects: %v", err)
	}
	return all
}

func upTo(n int64) []int64 {
	var all []int64
	for i := int64(1); i <= n; i++ {
		all = append(all, i)
	}
	return all
}

// drain runs rounds until there is nothing more to do at once, and returns the errors.
func drain(t *testing.T, c *events.Consumer) (faults []error) {
	t.Helper()
	for range 1000 {
		more, err := c.Next(t.Context())
		if err != nil {
			return append(faults, err)
		}
		if !more {
			return faults
		}
	}
	t.Fatal("the consumer does not come to an end")
	return nil
}

func mustDrain(t *testing.T, c *events.Consumer) {
	t.Helper()
	if faults := drain(t, c); len(faults) > 0 {
		t.Fatalf("Next: %v", faults[0])
	}
}

// start runs a loop until the test ends, or until the function is called.
func start(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = run(ctx) // the context's error
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

const patience = 20 * time.Second // far more than anything takes

// eventually waits for a condition, and says what was waited for.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited %s in vain: %s", patience, what)
}

func contains(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("error is %v, want one with %q", err, part)
	}
}

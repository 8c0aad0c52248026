package events_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// line is a way to a database that a test can cut.
type line struct {
	server  string // the database's socket
	refused atomic.Int64

	mu   sync.Mutex
	down bool
	open map[net.Conn]bool
}

// through returns a line to the pool's database, and a pool that uses it.
func through(t *testing.T, direct *pgxpool.Pool, schema string) (*line, *pgxpool.Pool) {
	t.Helper()
	to := direct.Config().ConnConfig
	folder, err := os.MkdirTemp("", "line-") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatalf("MkdirTemp: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	l := &line{server: filepath.Join(to.Host, ".s.PGSQL.5432"), open: map[net.Conn]bool{}}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(folder, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatalf("Listen: %v", err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go l.accept(listener)
	u := url.URL{
		Scheme: "postgres", User: url.User(to.User), Path: "/" + to.Database,
		RawQuery: url.Values{"host": {folder}, "port": {"5432"}}.Encode(),
	}
	pool, err := pg.Open(t.Context(), pg.Config{URL: u.String(), Schema: schema, MaxConns: 4})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(pool.Close)
	return l, pool
}

func (l *line) accept(listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := (&net.Dialer{}).DialContext(context.Background(), "unix", l.server)
		if err != nil || !l.admit(near, far) {
			l.refused.Add(1)
			_ = near.Close()
			continue
		}
		go l.copy(near, far)
		go l.copy(far, near)
	}
}

func (l *line) admit(ends ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, end := range ends {
		if l.down {
			_ = end.Close()
		}
		l.open[end] = true
	}
	return !l.down
}

func (l *line) copy(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
}

// cut ends every connection and refuses new ones.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for end := range l.open {
		_ = end.Close()
	}
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

// logbook collects log lines.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.text.String()), "\n")
}

// wantOneOutage asks for one line at the beginning and one at the end.
func (l *logbook) wantOneOutage(t *testing.T) {
	t.Helper()
	got := l.lines()
	if len(got) != 2 || !strings.Contains(got[0], "events do not flow") || !strings.Contains(got[1], "events flow again") {
		t.Errorf("log has %d lines, want one for the outage and one for its end:\n%s", len(got), strings.Join(got, "\n"))
	}
}

func TestRelay_OutlivesAnOutage(t *testing.T) {
	t.Parallel()
	p := newProducer(t)
	line, db := through(t, p.db, "producer")
	var log logbook
	relay := p.relay(t, func(c *events.RelayConfig) { c.DB, c.Log = db, zerolog.New(&log) })
	start(t, relay.Run)
	p.add(t, thing("k", 1))
	eventually(t, "the relay works", func() bool { return p.read(t, 0).Head == 1 })

	line.cut()
	p.add(t, thing("k", 2))
	eventually(t, "the relay has tried three times", func() bool { return line.refused.Load() >= 3 && relay.Err() != nil })
	line.mend()
	eventually(t, "the relay works again", func() bool { return p.read(t, 0).Head == 2 })
	eventually(t, "the relay says so", func() bool { return relay.Err() == nil })
	log.wantOneOutage(t)
}

func TestConsumer_OutlivesAnOutage(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	line, db := through(t, c.db, "consumer")
	var log logbook
	reader := c.of(t, p, func(cfg *events.ConsumerConfig) { cfg.DB, cfg.Log = db, zerolog.New(&log) })
	start(t, reader.Run)
	p.addNumbered(t, "k", 3)
	eventually(t, "the consumer works", func() bool { return len(c.effects(t)) == 3 })

	line.cut()
	p.addNumbered(t, "k", 3)
	eventually(t, "the consumer has tried three times", func() bool { return line.refused.Load() >= 3 && reader.Status().Err != nil })
	line.mend()
	eventually(t, "the consumer works again", func() bool { return len(c.effects(t)) == 6 })
	if diff := cmp.Diff(upTo(6), c.effects(t)); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	eventually(t, "the consumer says so", func() bool { return reader.Status().Err == nil })
	log.wantOneOutage(t)
}

// The source's database is away: the consumer waits, and what it has keeps standing.
func TestConsumer_OutlivesAnOutageOfTheSource(t *testing.T) {
	t.Parallel()
	p, c := newProducer(t), newConsumer(t)
	line, db := through(t, p.db, "producer")
	p.feed = events.NewFeed(db)
	var log logbook
	reader := c.of(t, p, func(cfg *events.ConsumerConfig) { cfg.Log = zerolog.New(&log) })
	p.addNumbered(t, "k", 3)
	start(t, reader.Run)
	eventually(t, "the consumer works", func() bool { return len(c.effects(t)) == 3 })
	line.cut()
	p.addNumbered(t, "k", 3)
	eventually(t, "the consumer notices", func() bool { return line.refused.Load() >= 3 && reader.Status().Err != nil })
	line.mend()
	eventually(t, "the consumer works again", func() bool { return len(c.effects(t)) == 6 })
	eventually(t, "the consumer says so", func() bool { return reader.Status().Err == nil })
	log.wantOneOutage(t)
}

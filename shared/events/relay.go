package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const (
	defaultPoll = 2 * time.Second
	defaultKeep = 7 * 24 * time.Hour
	purgeEvery  = time.Hour
	roundLimit  = 10 * time.Second // for the database's part of a round

	watchPause  = 100 * time.Millisecond
	watchRounds = 50 // 5 s: a transaction that relied on watchFor has 4 s to commit
)

// RelayConfig says what a Relay works on.
type RelayConfig struct {
	Source string        // whose events they are, for the wake-up
	DB     *pgxpool.Pool // sees the schema with the outbox
	Wake   Wake
	Log    zerolog.Logger
	Poll   time.Duration // how long a lost wake-up may go unnoticed; 0: 2 s
	Keep   time.Duration // how long numbered events are kept at least; 0: 7 days
}

// Relay gives the committed events of one module their positions, and deletes those
// that are old and read. Any number of replicas may run one: they take turns.
type Relay struct {
	cfg    RelayConfig
	health *health
}

// NewRelay returns a Relay. Source, DB and Wake are required.
func NewRelay(cfg RelayConfig) (*Relay, error) {
	if cfg.Source == "" || cfg.DB == nil || cfg.Wake == nil {
		return nil, errors.New("relay needs a source, a database and a wake")
	}
	if cfg.Poll <= 0 {
		cfg.Poll = defaultPoll
	}
	if cfg.Keep <= 0 {
		cfg.Keep = defaultKeep
	}
	return &Relay{cfg: cfg, health: &health{log: cfg.Log.With().Str("relay", cfg.Source).Logger()}}, nil
}

// Run numbers events, within a tenth of a second of their commit, until ctx ends; then it
// returns ctx's error. It outlives a loss of the database. It uses one connection, which it
// takes out of the pool.
//
// An event after a pause wakes it by a notification of the database, at once. While events
// keep coming it looks every 100 ms instead: many are numbered together then, and writers
// spare the notification, which would make their commits wait for each other.
func (r *Relay) Run(ctx context.Context) error {
	for {
		err := r.session(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := sleep(ctx, r.health.failed(pg.Fault(err))); err != nil {
			return err
		}
	}
}

// Err returns why the last round failed, nil if it did not. It is safe to call while
// Run runs.
func (r *Relay) Err() error { return r.health.last() }

// session works on one connection until that fails.
func (r *Relay) session(ctx context.Context) error {
	conn, err := r.listen(ctx)
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	hour := time.NewTicker(purgeEvery)
	defer hour.Stop()
	for purge, watch := true, watchRounds; ; watch-- {
		n, more, err := r.round(ctx, conn, purge)
		if err != nil {
			return err
		}
		r.health.worked()
		if n > 0 {
			watch = watchRounds
		}
		if more {
			continue
		}
		if err := r.wait(ctx, conn, watch > 0); err != nil {
			return err
		}
		select {
		case <-hour.C:
			purge = true
		default:
			purge = false
		}
	}
}

// listen takes a connection for itself and subscribes it to commits with events.
func (r *Relay) listen(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, roundLimit)
	defer cancel()
	pooled, err := r.cfg.DB.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect relay: %w", err)
	}
	conn := pooled.Hijack()
	const query = `
		select 'outbox_' || current_schema`
	var channel string
	if err = conn.QueryRow(ctx, query).Scan(&channel); err == nil {
		_, err = conn.Exec(ctx, "listen "+pgx.Identifier{channel}.Sanitize())
	}
	if err != nil {
		hangUp(ctx, conn)
		return nil, fmt.Errorf("listen for events: %w", err)
	}
	return conn, nil
}

// round does a bounded piece of what is to be done. It returns how many events it
// numbered and whether there is more to do at once.
func (r *Relay) round(ctx context.Context, conn *pgx.Conn, purge bool) (n int, more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundLimit)
	defer cancel()
	n, err = r.numberBatch(ctx, conn, watchFor)
	if err != nil {
		return 0, false, err
	}
	purged := 0
	if purge {
		purged, err = r.purgeBatch(ctx, conn)
	}
	return n, n == numberBatch || purged == purgeBatch, err
}

// wait returns when it is time to look again: when a notification comes, at the end of
// the poll, or of the short pause while the relay watches. Notifications that have
// piled up count as one.
func (r *Relay) wait(ctx context.Context, conn *pgx.Conn, watch bool) error {
	pause := around(r.cfg.Poll)
	if watch {
		pause = watchPause
	}
	waiting, cancel := context.WithTimeout(ctx, pause)
	defer cancel()
	_, err := conn.WaitForNotification(waiting)
	if err != nil && (waiting.Err() == nil || conn.IsClosed()) {
		return fmt.Errorf("wait for events: %w", err)
	}
	cancel() // from here on only what has arrived already is returned
	for err == nil {
		_, err = conn.WaitForNotification(waiting)
	}
	return ctx.Err()
}

// hangUp closes a connection. There is nothing to do about an error: the server ends
// the session when it notices.
func hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

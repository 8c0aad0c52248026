package events

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// ConsumerConfig says what a Consumer reads and what it does with it.
type ConsumerConfig struct {
	Name   string                      // unique among all consumers: "ledger", or "ledger.alerts"
	Method rpc.Method[FeedIn, FeedOut] // the feed, from the source's contract
	Caller rpc.Caller                  // reaches the source
	DB     *pgxpool.Pool               // sees the schema with the inbox
	Wake   Wake
	Log    zerolog.Logger
	Poll   time.Duration // how long a lost wake-up may go unnoticed; 0: 2 s

	// Handle applies events to the database through tx, and through tx only: it runs
	// again when the transaction does not commit. The events have consecutive
	// positions, but for those that were set aside.
	Handle func(ctx context.Context, tx pgx.Tx, batch []Event) error

	// Known reports whether Handle understands a type, or may ignore it on purpose.
	// nil: it takes every type.
	Known func(eventType string) bool

	// Park lets the consumer set events aside: those of unknown types, and those that
	// fail five times together with all later ones of the same key. Without it such
	// an event stops the consumer.
	Park bool
}

// Consumer applies the events of one source, each exactly once. Any number of replicas
// may run one: one of them works at a time. Its methods are safe for concurrent use.
type Consumer struct {
	cfg    ConsumerConfig
	source string
	health *health

	turn  sync.Mutex // one round at a time in this process
	trial trial      // guarded by turn

	mu           sync.Mutex
	head, cursor int64
}

// NewConsumer returns a Consumer. All fields but Log, Poll, Known and Park are required.
func NewConsumer(cfg ConsumerConfig) (*Consumer, error) {
	source := cfg.Method.Service
	switch {
	case !validConsumer(cfg.Name):
		return nil, fmt.Errorf("consumer name %q cannot be kept: use at most %d lower-case letters, digits, '_', '-' and '.', beginning with a letter", cfg.Name, maxConsumer)
	case source == "":
		return nil, fmt.Errorf("consumer %s has no feed: give the Events method of the source's contract", cfg.Name)
	case cfg.Caller == nil || cfg.DB == nil || cfg.Wake == nil || cfg.Handle == nil:
		return nil, fmt.Errorf("consumer %s needs a caller, a database, a wake and a handler", cfg.Name)
	}
	if cfg.Poll <= 0 {
		cfg.Poll = defaultPoll
	}
	log := cfg.Log.With().Str("consumer", cfg.Name).Str("source", source).Logger()
	return &Consumer{cfg: cfg, source: source, health: &health{log: log}}, nil
}

// Run applies events until ctx ends; then it returns ctx's error. First it tries again
// what an earlier version had to set aside. It outlives a loss of the database and of
// the source. Trouble shows in the log and in Status.
func (c *Consumer) Run(ctx context.Context) error {
	news, unsubscribe := c.cfg.Wake.Subscribe(c.source)
	defer unsubscribe()
	for redriven := !c.cfg.Park; ; {
		var more bool
		var err error
		if !redriven {
			_, err = c.Redrive(ctx)
			redriven = err == nil
		}
		if err == nil {
			more, err = c.Next(ctx)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := c.pause(ctx, news, more, err); err != nil {
			return err
		}
	}
}

// pause waits for what ends it: nothing while there is more, time after an error, and
// else news. News does not shorten the wait after an error.
func (c *Consumer) pause(ctx context.Context, news <-chan struct{}, more bool, err error) error {
	if err != nil {
		return sleep(ctx, c.health.failed(err))
	}
	c.health.worked()
	if more {
		return nil
	}
	poll := time.NewTimer(around(c.cfg.Poll))
	defer poll.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-news:
	case <-poll.C:
	}
	return nil
}

// Status is where a consumer stands, for readiness and metrics.
type Status struct {
	Head   int64 // the last position of the source, as far as this process knows
	Cursor int64 // the last position applied, as far as this process knows
	Err    error // why the last round failed; nil if it did not
}

// Lag is how many events wait.
func (s Status) Lag() int64 { return max(0, s.Head-s.Cursor) }

// Status returns where the consumer stands, without asking anybody.
func (c *Consumer) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Status{Head: c.head, Cursor: c.cursor, Err: c.health.last()}
}

func (c *Consumer) reached(cursor int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cursor = cursor
	c.head = max(c.head, cursor)
}

func (c *Consumer) saw(head int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head = head
}

// handle calls the handler and marks its errors as such. A panic is an error too.
func (c *Consumer) handle(ctx context.Context, tx pgx.Tx, batch []Event) (err error) {
	if len(batch) == 0 {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = &handlerError{batch[0], fmt.Errorf("panic: %v\n%s", v, debug.Stack())}
		}
	}()
	if err := c.cfg.Handle(ctx, tx, batch); err != nil {
		return &handlerError{batch[0], err}
	}
	return nil
}

// handlerError is what a handler returned for a batch that begins with first.
type handlerError struct {
	first Event
	err   error
}

func (e *handlerError) Error() string {
	return fmt.Sprintf("handle event %d (%s): %v", e.first.Pos, e.first.Type, e.err)
}

func (e *handlerError) Unwrap() error { return e.err }

// blames reports whether err means that the handler cannot apply the event, as against
// an outage around it.
func blames(err error) bool {
	_, ok := errors.AsType[*handlerError](err)
	return ok && !passing(err)
}

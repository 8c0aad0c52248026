package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

const (
	maxPage      = 200       // events
	maxPageBytes = 512 << 10 // a message of the bus holds 1 MiB with headers
)

// FeedMethod is the method by which a service serves its events. Contracts declare
// it: var Events = events.FeedMethod(Service).
func FeedMethod(service string) rpc.Method[FeedIn, FeedOut] {
	return rpc.Method[FeedIn, FeedOut]{
		Service: service, Name: "events", Major: 1, Timeout: 5 * time.Second, Idempotent: true,
	}
}

// FeedIn asks for the events that follow a position.
type FeedIn struct {
	Consumer string `json:"consumer"` // who asks; the feed keeps what this one has not read
	After    int64  `json:"after"`    // the last position that the consumer has applied, 0 for none
	Max      int    `json:"max"`      // at most so many events; 0: as many as a page holds
}

// FeedOut is a page of events.
type FeedOut struct {
	Events []Event `json:"events"` // in the order of their positions, at most 200 and 512 KiB
	Head   int64   `json:"head"`   // the last position that was given
	Floor  int64   `json:"floor"`  // the last position that is no longer kept
}

// Feed serves the numbered events of one module. It is safe for concurrent use.
type Feed struct{ db *pgxpool.Pool }

// NewFeed returns the feed of the schema that the pool sees.
func NewFeed(db *pgxpool.Pool) *Feed { return &Feed{db} }

var consumerPattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,62}$`)

// Read returns the events after in.After and remembers that the consumer has come so
// far. It returns ErrTooLate below the floor, ErrAhead above the head, and
// ErrInvalidRead for input that makes no sense. It never waits for events.
func (f *Feed) Read(ctx context.Context, in FeedIn) (FeedOut, error) {
	if !consumerPattern.MatchString(in.Consumer) || in.After < 0 || in.Max < 0 {
		return FeedOut{}, ErrInvalidRead
	}
	if in.Max == 0 || in.Max > maxPage {
		in.Max = maxPage
	}
	if err := f.remember(ctx, in); err != nil {
		return FeedOut{}, pg.Fault(fmt.Errorf("remember reader %s: %w", in.Consumer, err))
	}
	out, err := f.read(ctx, in)
	if err != nil {
		return FeedOut{}, pg.Fault(fmt.Errorf("read feed after %d: %w", in.After, err))
	}
	return out, nil
}

// remember stores a position that the feed can serve, where it differs.
func (f *Feed) remember(ctx context.Context, in FeedIn) error {
	const statement = `
		insert into outbox_reader as reader (consumer, pos)
		select $1, $2
		from outbox_head
		where $2 between floor and pos
		on conflict (consumer) do update
		set pos = excluded.pos, at = excluded.at
		where reader.pos <> excluded.pos`
	_, err := f.db.Exec(ctx, statement, in.Consumer, in.After)
	return err
}

// read takes head, floor and events from one snapshot: a purge that commits between
// two of them would look like a gap.
func (f *Feed) read(ctx context.Context, in FeedIn) (out FeedOut, err error) {
	const query = `
		select pos, floor
		from outbox_head`
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, f.db, snapshot, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, query).Scan(&out.Head, &out.Floor); err != nil {
			return fmt.Errorf("read head: %w", err)
		}
		switch {
		case in.After < out.Floor:
			return ErrTooLate
		case in.After > out.Head:
			return ErrAhead
		case in.After == out.Head:
			return nil
		}
		out.Events, err = page(ctx, tx, in)
		return err
	})
	return out, err
}

// errPageFull ends a page at its limit of bytes.
var errPageFull = errors.New("page is full")

func page(ctx context.Context, tx pgx.Tx, in FeedIn) ([]Event, error) {
	const query = `
		select id::text, pos, type, key, actor, request_id, outcome, body, personal, at
		from outbox
		where pos > $1
		order by pos
		limit $2`
	rows, err := tx.Query(ctx, query, in.After, in.Max)
	if err != nil {
		return nil, fmt.Errorf("query events: %w", err)
	}
	var events []Event
	var e Event
	size := 0
	fields := []any{&e.ID, &e.Pos, &e.Type, &e.Key, &e.Actor, &e.RequestID, &e.Outcome, (*[]byte)(&e.Body), (*[]byte)(&e.Personal), &e.At}
	_, err = pgx.ForEachRow(rows, fields, func() error {
		e.At = e.At.UTC()
		encoded, err := json.Marshal(e) // what counts is the text that travels, escapes and all
		if err != nil {
			return fmt.Errorf("encode event %d: %w", e.Pos, err)
		}
		if size += len(encoded) + len(","); size > maxPageBytes && len(events) > 0 {
			return errPageFull
		}
		events = append(events, e)
		return nil
	})
	if err != nil && !errors.Is(err, errPageFull) {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

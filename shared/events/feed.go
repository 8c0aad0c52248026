package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
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

const maxConsumer = 63 // bytes

var consumerPattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]*$`)

func validConsumer(name string) bool {
	return len(name) <= maxConsumer && consumerPattern.MatchString(name)
}

// Read returns the events after in.After and remembers that the consumer has come so
// far. It returns ErrTooLate below the floor, ErrAhead above the head, and
// ErrInvalidRead for input that makes no sense. It never waits for events.
func (f *Feed) Read(ctx context.Context, in FeedIn) (FeedOut, error) {
	if !validConsumer(in.Consumer) || in.After < 0 || in.Max < 0 {
		return FeedOut{}, ErrInvalidRead
	}
	if in.Max == 0 || in.Max > maxPage {
		in.Max = maxPage
	}
	out, err := f.read(ctx, in)
	if err != nil {
		return FeedOut{}, pg.Fault(fmt.Errorf("read feed after %d: %w", in.After, err))
	}
	return out, nil
}

// rememberReader stores a position that the feed can serve, where it differs.
const rememberReader = `
	insert into outbox_reader as reader (consumer, pos)
	select $1, $2
	from outbox_head
	where $2 between floor and pos
	on conflict (consumer) do update
	set pos = excluded.pos, at = excluded.at
	where reader.pos <> excluded.pos`

// readPage takes head, floor and events from one snapshot: a purge that commits between
// two of them would look like a gap.
const readPage = `
	select head.pos, head.floor, e.id::text, e.pos, e.type, e.key, e.actor, e.request_id, e.outcome, e.body, e.personal, e.at
	from outbox_head head
	left join lateral (
		select id, pos, type, key, actor, request_id, outcome, body, personal, at
		from outbox
		where pos > $1
		order by pos
		limit $2
	) e on true
	order by e.pos`

// read does everything in one round trip.
func (f *Feed) read(ctx context.Context, in FeedIn) (out FeedOut, err error) {
	batch := &pgx.Batch{}
	batch.Queue(rememberReader, in.Consumer, in.After)
	batch.Queue(readPage, in.After, in.Max)
	results := f.db.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	if _, err := results.Exec(); err != nil {
		return FeedOut{}, fmt.Errorf("remember reader %s: %w", in.Consumer, err)
	}
	rows, err := results.Query()
	if err != nil {
		return FeedOut{}, err
	}
	if out, err = page(rows); err != nil {
		return FeedOut{}, err
	}
	switch {
	case in.After < out.Floor:
		return FeedOut{}, ErrTooLate
	case in.After > out.Head:
		return FeedOut{}, ErrAhead
	}
	return out, nil
}

// errPageFull ends a page at its limit of bytes.
var errPageFull = errors.New("page is full")

// page reads the rows of readPage. Where there is no event, there is one row without.
func page(rows pgx.Rows) (out FeedOut, err error) {
	var e Event
	size := 0
	fields := []any{
		&out.Head, &out.Floor, (*zeronull.Text)(&e.ID), (*zeronull.Int8)(&e.Pos), (*zeronull.Text)(&e.Type), (*zeronull.Text)(&e.Key),
		(*zeronull.Text)(&e.Actor), (*zeronull.Text)(&e.RequestID), (*zeronull.Text)(&e.Outcome),
		(*[]byte)(&e.Body), (*[]byte)(&e.Personal), (*zeronull.Timestamptz)(&e.At),
	}
	_, err = pgx.ForEachRow(rows, fields, func() error {
		if e.Pos == 0 {
			return nil
		}
		e.At = e.At.UTC()
		encoded, err := json.Marshal(e) // what counts is the text that travels, escapes and all
		if err != nil {
			return fmt.Errorf("encode event %d: %w", e.Pos, err)
		}
		if size += len(encoded) + len(","); size > maxPageBytes && len(out.Events) > 0 {
			return errPageFull
		}
		out.Events = append(out.Events, e)
		return nil
	})
	if err != nil && !errors.Is(err, errPageFull) {
		return FeedOut{}, fmt.Errorf("read events: %w", err)
	}
	return out, nil
}

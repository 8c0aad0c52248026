package events

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// reason says why an event was set aside. An unknown type stands alone: one that the
// consumer never learns does not hold up the rest of its key.
type reason string

const (
	reasonUnknown reason = "unknown_type"
	reasonFailed  reason = "failed"
	reasonFollows reason = "follows" // an earlier event of its key failed
)

// parked is an event that is set aside.
type parked struct {
	event    Event
	reason   reason
	attempts int
	cause    error
}

// Parked returns how many events wait aside.
func (c *Consumer) Parked(ctx context.Context) (int, error) {
	const query = `
		select count(*)
		from inbox_parked
		where consumer = $1 and source = $2`
	var n int
	if err := c.cfg.DB.QueryRow(ctx, query, c.cfg.Name, c.source).Scan(&n); err != nil {
		return 0, pg.Fault(fmt.Errorf("count parked events: %w", err))
	}
	return n, nil
}

// sort tells the events that the handler gets from those that have to be set aside.
func (c *Consumer) sort(ctx context.Context, tx pgx.Tx, page []Event) (batch []Event, aside []parked, err error) {
	held, err := c.heldKeys(ctx, tx, page)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range page {
		switch {
		case held[e.Key]:
			aside = append(aside, parked{event: e, reason: reasonFollows})
		case c.knows(e.Type):
			batch = append(batch, e)
		case c.cfg.Park:
			aside = append(aside, parked{event: e, reason: reasonUnknown})
		default:
			return nil, nil, ErrUnknownType.With(fmt.Errorf("event %d is a %s", e.Pos, e.Type))
		}
	}
	return batch, aside, nil
}

func (c *Consumer) knows(eventType string) bool {
	return c.cfg.Known == nil || c.cfg.Known(eventType)
}

// heldKeys returns the keys of the page whose events have to wait for one that failed.
func (c *Consumer) heldKeys(ctx context.Context, tx pgx.Tx, page []Event) (map[string]bool, error) {
	if !c.cfg.Park {
		return nil, nil
	}
	const query = `
		select distinct key
		from inbox_parked
		where consumer = $1 and source = $2 and key = any ($3) and key <> '' and reason <> 'unknown_type'`
	keys := make([]string, 0, len(page))
	for _, e := range page {
		keys = append(keys, e.Key)
	}
	rows, err := tx.Query(ctx, query, c.cfg.Name, c.source, keys)
	if err != nil {
		return nil, fmt.Errorf("query held keys: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read held keys: %w", err)
	}
	held := map[string]bool{}
	for _, key := range found {
		held[key] = true
	}
	return held, nil
}

// park sets events aside.
func (c *Consumer) park(ctx context.Context, tx pgx.Tx, aside ...parked) error {
	const statement = `
		insert into inbox_parked (consumer, source, pos, key, reason, event, error, attempts)
		values (@consumer, @source, @pos, @key, @reason, @event, @error, @attempts)`
	for _, p := range aside {
		event, err := json.Marshal(p.event)
		if err != nil {
			return fmt.Errorf("encode event %d: %w", p.event.Pos, err)
		}
		_, err = tx.Exec(ctx, statement, pgx.NamedArgs{
			"consumer": c.cfg.Name, "source": c.source, "pos": p.event.Pos, "key": p.event.Key,
			"reason": p.reason, "event": event, "error": text(p.cause), "attempts": p.attempts,
		})
		if err != nil {
			return fmt.Errorf("park event %d: %w", p.event.Pos, err)
		}
	}
	return nil
}

// unpark forgets the parked events after a position.
func (c *Consumer) unpark(ctx context.Context, tx pgx.Tx, after int64) error {
	const statement = `
		delete from inbox_parked
		where consumer = $1 and source = $2 and pos > $3`
	if _, err := tx.Exec(ctx, statement, c.cfg.Name, c.source, after); err != nil {
		return fmt.Errorf("forget parked events: %w", err)
	}
	return nil
}

const maxErrorText = 500 // bytes

// text makes an error fit for a column of type text.
func text(err error) string {
	if err == nil {
		return ""
	}
	s := err.Error()
	return strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), maxErrorText)], ""), "\x00", "")
}

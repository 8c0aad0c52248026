package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Add writes ev to the outbox of the module whose transaction tx is, and lets the
// commit wake a sleeping relay. Nobody sees the event before the commit.
//
// Empty fields are filled: ID with a new UUIDv7, RequestID from the context's trace,
// Actor from its principal (who acts, where that is somebody else than the subject),
// Body with {}. Pos is the relay's and At the database's; values given are ignored.
// An error means that the event is malformed or the database failed, and that the
// transaction must not commit.
func Add(ctx context.Context, tx pgx.Tx, ev Event) error {
	ev, err := completed(ctx, ev)
	if err != nil {
		return fmt.Errorf("add event: %w", err)
	}
	if err := ev.check(); err != nil {
		return fmt.Errorf("add event: %w", err)
	}
	// A commit that notifies holds a lock of the whole server while it is flushed, so
	// notify is only for a relay that sleeps. No payload: any role may listen.
	const statement = `
		with added as (
			insert into outbox (id, type, key, actor, request_id, outcome, body, personal)
			values (@id, @type, @key, @actor, @request_id, @outcome, @body, @personal)
		)
		select pg_notify('outbox_' || current_schema, '')
		from outbox_head
		where watched_until < clock_timestamp()`
	_, err = tx.Exec(ctx, statement, pgx.NamedArgs{
		"id": ev.ID, "type": ev.Type, "key": ev.Key, "actor": ev.Actor, "request_id": ev.RequestID,
		"outcome": ev.Outcome, "body": ev.Body, "personal": ev.Personal,
	})
	if err != nil {
		return fmt.Errorf("add event %s: %w", ev.Type, err)
	}
	return nil
}

func completed(ctx context.Context, ev Event) (Event, error) {
	if ev.ID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return Event{}, fmt.Errorf("make id: %w", err)
		}
		ev.ID = id.String()
	}
	if ev.RequestID == "" {
		ev.RequestID = trace.From(ctx).RequestID
	}
	if p, ok := principal.From(ctx); ok && ev.Actor == "" {
		ev.Actor = cmp.Or(p.Actor, p.Subject)
	}
	if len(ev.Body) == 0 {
		ev.Body = json.RawMessage(`{}`)
	}
	if len(ev.Personal) == 0 {
		ev.Personal = nil
	}
	return ev, nil
}

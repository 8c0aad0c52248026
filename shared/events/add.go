package events

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
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
	_, err := AddAfter(ctx, tx, ev, "select", pgx.NamedArgs{})
	return err
}

// AddAfter runs a change and adds ev for the row that it changes, in one statement, and
// reports whether there was one. On a pool the statement is a transaction of its own, which
// takes one round trip. change is one statement that returns at most one row; its arguments
// do not begin with event_. It must not touch anything of which others keep copies (package
// epoch): only pg.InTx waits for them. For the rest it is Add.
func AddAfter(ctx context.Context, db pg.Querier, ev Event, change string, args pgx.NamedArgs) (bool, error) {
	added, err := arguments(ctx, ev)
	if err != nil {
		return false, err
	}
	maps.Copy(added, args)
	tag, err := db.Exec(ctx, after(change), added)
	if err != nil {
		return false, fmt.Errorf("add event %s: %w", ev.Type, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Queue is Add as the next statement of a batch.
func Queue(ctx context.Context, batch *pgx.Batch, ev Event) error {
	added, err := arguments(ctx, ev)
	if err == nil {
		batch.Queue(after("select"), added)
	}
	return err
}

func arguments(ctx context.Context, ev Event) (pgx.NamedArgs, error) {
	ev, err := completed(ctx, ev)
	if err == nil {
		err = ev.check()
	}
	if err != nil {
		return nil, fmt.Errorf("add event: %w", err)
	}
	return pgx.NamedArgs{
		"event_id": ev.ID, "event_type": ev.Type, "event_key": ev.Key, "event_actor": ev.Actor, "event_request_id": ev.RequestID,
		"event_outcome": string(ev.Outcome), "event_body": []byte(ev.Body), "event_personal": []byte(ev.Personal),
	}, nil
}

func after(change string) string { return "with changed as (" + change + addChanged }

// addChanged ends the statement of AddAfter. A commit that notifies holds a lock of the
// whole server while it is flushed, so notify is only for a relay that sleeps. No payload:
// any role may listen.
const addChanged = `
	), added as (
		insert into outbox (id, type, key, actor, request_id, outcome, body, personal)
		select @event_id, @event_type, @event_key, @event_actor, @event_request_id, @event_outcome, @event_body, @event_personal
		from changed
	)
	select (
		select pg_notify('outbox_' || current_schema, '')
		from outbox_head
		where watched_until < clock_timestamp()
	)
	from changed`

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

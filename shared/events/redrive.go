package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Redrive applies the events that were set aside, in their order, where that is
// possible now, and returns how many it applied. An event that fails again stays, and
// so do the later ones of its key. Run begins with it; an operator calls it when the
// cause of a failure is gone.
func (c *Consumer) Redrive(ctx context.Context) (applied int, err error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	held := map[string]bool{}
	for after := int64(0); ; {
		pos, ok, err := c.redriveNext(ctx, after, held)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return applied, nil
		case err != nil:
			return applied, fmt.Errorf("redrive events of %s: %w", c.source, err)
		case ok:
			applied++
		}
		after = pos
	}
}

// redriveNext tries the first parked event after a position. It returns ErrNoRows when
// there is none.
func (c *Consumer) redriveNext(ctx context.Context, after int64, held map[string]bool) (pos int64, applied bool, err error) {
	var next parked
	err = pg.InTx(ctx, c.cfg.DB, func(tx pgx.Tx) error {
		applied = false
		// The cursor's lock keeps live events of the same key, and other replicas, out.
		if _, err := c.lockCursor(ctx, tx); err != nil {
			return err
		}
		var err error
		if next, err = c.nextParked(ctx, tx, after); err != nil {
			return err
		}
		if held[next.event.Key] || !c.knows(next.event.Type) {
			return nil
		}
		if err := c.handle(ctx, tx, []Event{next.event}); err != nil {
			return err
		}
		applied = true
		return c.removeParked(ctx, tx, next.event.Pos)
	})
	if blames(err) {
		held[next.event.Key] = next.event.Key != ""
		err = c.failedAgain(ctx, next.event.Pos, err)
	}
	return next.event.Pos, applied && err == nil, err
}

func (c *Consumer) nextParked(ctx context.Context, tx pgx.Tx, after int64) (parked, error) {
	const query = `
		select event, reason, attempts
		from inbox_parked
		where consumer = $1 and source = $2 and pos > $3
		order by pos
		limit 1`
	var event []byte
	var p parked
	if err := tx.QueryRow(ctx, query, c.cfg.Name, c.source, after).Scan(&event, &p.reason, &p.attempts); err != nil {
		return parked{}, fmt.Errorf("read parked event: %w", err)
	}
	if err := json.Unmarshal(event, &p.event); err != nil {
		return parked{}, fmt.Errorf("decode parked event: %w", err)
	}
	return p, nil
}

func (c *Consumer) removeParked(ctx context.Context, tx pgx.Tx, pos int64) error {
	const statement = `
		delete from inbox_parked
		where consumer = $1 and source = $2 and pos = $3`
	if _, err := tx.Exec(ctx, statement, c.cfg.Name, c.source, pos); err != nil {
		return fmt.Errorf("remove parked event %d: %w", pos, err)
	}
	return nil
}

// failedAgain notes the failure. An event whose type was unknown when it was parked
// holds up its key from now on.
func (c *Consumer) failedAgain(ctx context.Context, pos int64, cause error) error {
	const statement = `
		update inbox_parked
		set reason = 'failed', attempts = attempts + 1, error = $4
		where consumer = $1 and source = $2 and pos = $3`
	if _, err := c.cfg.DB.Exec(ctx, statement, c.cfg.Name, c.source, pos, text(cause)); err != nil {
		return pg.Fault(fmt.Errorf("note failure of parked event %d: %w", pos, err))
	}
	return nil
}

package events

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Position returns the last position that has been applied, 0 before the first.
func (c *Consumer) Position(ctx context.Context) (int64, error) {
	const query = `
		select pos
		from inbox_cursor
		where consumer = $1 and source = $2`
	var pos int64
	err := c.cfg.DB.QueryRow(ctx, query, c.cfg.Name, c.source).Scan(&pos)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, pg.Fault(fmt.Errorf("read cursor of %s: %w", c.source, err))
	}
	return pos, nil
}

// Rewind sets the cursor back, so that the events after to are delivered again. The
// effects that they had are the caller's to undo. It refuses to go forward, which
// would skip events.
func (c *Consumer) Rewind(ctx context.Context, to int64) error {
	err := pg.InTx(ctx, c.cfg.DB, func(tx pgx.Tx) error {
		at, err := c.lockCursor(ctx, tx)
		if err != nil {
			return err
		}
		if to < 0 || to > at {
			return fmt.Errorf("position %d is not between 0 and the cursor %d", to, at)
		}
		if err := c.unpark(ctx, tx, to); err != nil {
			return err
		}
		return c.moveCursor(ctx, tx, to)
	})
	if err != nil {
		return fmt.Errorf("rewind %s: %w", c.source, err)
	}
	c.reached(to)
	return nil
}

// errBusy means that another replica holds the cursor.
var errBusy = errors.New("another replica is at work")

// tryCursor locks the cursor and returns it, or errBusy.
func (c *Consumer) tryCursor(ctx context.Context, tx pgx.Tx) (int64, error) {
	const query = `
		select pos
		from inbox_cursor
		where consumer = $1 and source = $2
		for update skip locked`
	var pos int64
	err := tx.QueryRow(ctx, query, c.cfg.Name, c.source).Scan(&pos)
	if errors.Is(err, pgx.ErrNoRows) { // somebody has it, or it does not exist yet
		if created, err := c.ensureCursor(ctx, tx); err != nil || created {
			return 0, err
		}
		return 0, errBusy
	}
	if err != nil {
		return 0, fmt.Errorf("lock cursor: %w", err)
	}
	return pos, nil
}

// lockCursor locks the cursor, waiting its turn, and returns it.
func (c *Consumer) lockCursor(ctx context.Context, tx pgx.Tx) (int64, error) {
	const query = `
		select pos
		from inbox_cursor
		where consumer = $1 and source = $2
		for update`
	if _, err := c.ensureCursor(ctx, tx); err != nil {
		return 0, err
	}
	var pos int64
	if err := tx.QueryRow(ctx, query, c.cfg.Name, c.source).Scan(&pos); err != nil {
		return 0, fmt.Errorf("lock cursor: %w", err)
	}
	return pos, nil
}

// ensureCursor creates the cursor at 0 if there is none, and reports whether it did.
func (c *Consumer) ensureCursor(ctx context.Context, tx pgx.Tx) (bool, error) {
	const statement = `
		insert into inbox_cursor (consumer, source)
		values ($1, $2)
		on conflict do nothing`
	tag, err := tx.Exec(ctx, statement, c.cfg.Name, c.source)
	if err != nil {
		return false, fmt.Errorf("create cursor: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func (c *Consumer) moveCursor(ctx context.Context, tx pgx.Tx, to int64) error {
	const statement = `
		update inbox_cursor
		set pos = $3
		where consumer = $1 and source = $2`
	if _, err := tx.Exec(ctx, statement, c.cfg.Name, c.source, to); err != nil {
		return fmt.Errorf("move cursor: %w", err)
	}
	return nil
}

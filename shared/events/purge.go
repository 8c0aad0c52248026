package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const purgeBatch = 1000 // events in one transaction

// purgeBatch deletes, from the front, what is older than Keep and read by every known
// consumer, and raises the floor with it. It ends before the first event that is too
// young, so what is left has no hole.
func (r *Relay) purgeBatch(ctx context.Context, db pg.Beginner) (int, error) {
	n, err := inTurn(ctx, db, func(ctx context.Context, tx pgx.Tx) (int, error) {
		return purge(ctx, tx, r.cfg.Keep)
	})
	if err != nil {
		return 0, fmt.Errorf("purge events: %w", err)
	}
	return n, nil
}

func purge(ctx context.Context, tx pgx.Tx, keep time.Duration) (n int, err error) {
	const statement = `
		with oldest as (
			select outbox.pos, outbox.at
			from outbox, outbox_head head
			where outbox.pos > head.floor
			order by outbox.pos
			limit @batch
		), last as (
			select least(
				coalesce(
					(select min(pos) - 1 from oldest where at > now() - make_interval(secs => @keep)),
					(select max(pos) from oldest)),
				(select min(pos) from outbox_reader)) as pos
		), gone as (
			delete from outbox
			using last
			where outbox.pos <= last.pos
			returning outbox.pos
		)
		update outbox_head
		set floor = reached.pos
		from (select count(*) as n, max(pos) as pos from gone) reached
		where reached.n > 0
		returning reached.n`
	err = tx.QueryRow(ctx, statement, pgx.NamedArgs{"batch": purgeBatch, "keep": keep.Seconds()}).Scan(&n)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const (
	numberBatch = 500 // events in one transaction

	// watchFor is how long commits after a numbering rely on the relay to look by
	// itself. The relay looks longer, for those that committed late.
	watchFor = time.Second
)

// Number gives positions to the events that are committed now and returns to how
// many. It leaves them to another replica that is at it. Run does this by itself;
// tests call it to know when it has happened.
func (r *Relay) Number(ctx context.Context) (int, error) {
	for total := 0; ; {
		n, err := r.numberBatch(ctx, r.cfg.DB, 0)
		if total += n; err != nil || n < numberBatch {
			return total, pg.Fault(err)
		}
	}
}

// database is a pool or a connection.
type database interface {
	pg.Querier
	pg.Beginner
}

// numberBatch numbers at most numberBatch events, in one transaction, and promises to
// look again by itself for the time given.
func (r *Relay) numberBatch(ctx context.Context, db database, watch time.Duration) (int, error) {
	fresh, err := anyFresh(ctx, db)
	if err != nil || !fresh {
		return 0, err
	}
	n, err := inTurn(ctx, db, func(ctx context.Context, tx pgx.Tx) (int, error) {
		return number(ctx, tx, watch)
	})
	if err != nil {
		return 0, fmt.Errorf("number events: %w", err)
	}
	if n > 0 {
		r.cfg.Wake.Publish(r.cfg.Source)
	}
	return n, nil
}

// anyFresh reports whether there is something to number. Unlike the lock of the head,
// the question writes nothing.
func anyFresh(ctx context.Context, db pg.Querier) (bool, error) {
	const query = `
		select exists (select from outbox where pos is null)`
	var fresh bool
	if err := db.QueryRow(ctx, query).Scan(&fresh); err != nil {
		return false, fmt.Errorf("look for new events: %w", err)
	}
	return fresh, nil
}

// inTurn runs fn in a transaction that alone may change positions and the floor. While
// there is another one it does nothing and returns 0.
func inTurn(ctx context.Context, db pg.Beginner, fn func(context.Context, pgx.Tx) (int, error)) (n int, err error) {
	err = pg.InTx(ctx, db, func(tx pgx.Tx) error {
		n = 0
		locked, err := lockHead(ctx, tx)
		if err != nil || !locked {
			return err
		}
		n, err = fn(ctx, tx)
		return err
	})
	return n, err
}

// lockHead is a statement of its own because what follows must see what the holder
// before us has committed.
func lockHead(ctx context.Context, tx pgx.Tx) (bool, error) {
	const query = `
		select true
		from outbox_head
		for update skip locked`
	var locked bool
	err := tx.QueryRow(ctx, query).Scan(&locked)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock head: %w", err)
	}
	return locked, nil
}

// number continues the positions in the order of writing. A row that is not
// committed yet is not seen, so it gets a later position, never one that readers
// have passed. It goes through the array so that each row is looked up, whatever the
// planner thinks of the sizes: joined, it may read the whole table.
func number(ctx context.Context, tx pgx.Tx, watch time.Duration) (int, error) {
	const statement = `
		with given as (
			update outbox
			set pos = (select pos from outbox_head) + fresh.place
			from unnest(array(
				select seq
				from outbox
				where pos is null
				order by seq
				limit $1
			)) with ordinality as fresh (seq, place)
			where outbox.seq = fresh.seq
			returning outbox.pos
		)
		update outbox_head
		set pos = last.pos,
		    watched_until = greatest(watched_until, clock_timestamp() + make_interval(secs => $2))
		from (select count(*) as n, max(pos) as pos from given) last
		where last.n > 0
		returning last.n`
	var n int
	err := tx.QueryRow(ctx, statement, numberBatch, watch.Seconds()).Scan(&n)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

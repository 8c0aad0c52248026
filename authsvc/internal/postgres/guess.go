package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const guessPause = `
select open_at
from guess
where key = $1 and open_at > $2`

// GuessPause implements account.Store.
func (a *Account) GuessPause(ctx context.Context, g throttle.Guess) (time.Duration, error) {
	pause, err := pauseOf(a.db.QueryRow(ctx, guessPause, g.Key[:], g.At), g)
	return pause, pg.Fault(err)
}

// countGuess is one statement, so that of any number of guesses at once only those count,
// and learn anything, that found the account open.
const countGuess = `
with before as (
    select open_at
    from guess
    where key = @key
), counted as (
    insert into guess as g (key, count, counted_at, open_at)
    values (@key, 1, @at, @at)
    on conflict (key) do update
    set (count, counted_at, open_at) = (
        select n, @at::timestamptz, @at::timestamptz + case
            when n < @free then interval '0'
            else least(@longest::interval, @first::interval * power(2, least(n - @free, 30)))
        end
        from (
            select greatest(0, g.count - floor(extract(epoch from @at - g.counted_at) / extract(epoch from @forget::interval))::integer) + 1
        ) as next (n))
    where g.open_at <= @at
    returning key
)
select coalesce((select open_at from before), @at)
where not exists (select from counted)`

func (t accountTx) CountGuess(ctx context.Context, g throttle.Guess) (time.Duration, error) {
	row := t.tx.QueryRow(ctx, countGuess, pgx.NamedArgs{
		"key": g.Key[:], "at": g.At, "free": g.Free, "first": g.First, "longest": g.Longest, "forget": g.Forget,
	})
	return pauseOf(row, g)
}

const passGuess = `
with cleared as (
    delete from guess
    where key = $1 and open_at <= $2
)
select open_at
from guess
where key = $1 and open_at > $2`

func (t accountTx) PassGuess(ctx context.Context, g throttle.Guess) (time.Duration, error) {
	return pauseOf(t.tx.QueryRow(ctx, passGuess, g.Key[:], g.At), g)
}

const forgetGuesses = `
delete from guess
where key = $1`

func (t accountTx) ForgetGuesses(ctx context.Context, g throttle.Guess) error {
	_, err := t.tx.Exec(ctx, forgetGuesses, g.Key[:])
	return err
}

// pauseOf reads when an account that is closed opens again: no row, no pause. A guess that
// another has just closed the account to knows no more than that, and waits for the first.
func pauseOf(row pgx.Row, g throttle.Guess) (time.Duration, error) {
	var open time.Time
	err := row.Scan(&open)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return pauseUntil(open, g), nil
}

func pauseUntil(open time.Time, g throttle.Guess) time.Duration { return max(open.Sub(g.At), g.First) }

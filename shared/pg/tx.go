package pg

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	txTries      = 3
	txBackoff    = 10 * time.Millisecond // doubles with each try, plus as much jitter
	endOfTxLimit = 2 * time.Second       // for a rollback after the caller's time is over
)

// Beginner starts transactions: a pool, or a transaction (then a savepoint).
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// InTx runs fn in a transaction of its own and commits when fn returns nil.
// Otherwise, and when fn panics, it rolls back, and fn's error comes back with the
// rollback's own error beside it if that failed too. A commit that fails is an
// error; whether it took effect is then unknown. After a commit that raised a number
// (package epoch), it returns when nobody goes by copies from before.
//
// A serialization failure (40001) or a deadlock (40P01) runs fn again in a fresh
// transaction, three times in all, so fn must have no effect outside of tx.
// Errors come back through Fault.
func InTx(ctx context.Context, pool Beginner, fn func(tx pgx.Tx) error) error {
	backoff := txBackoff
	for try := 1; ; try++ {
		err := once(ctx, pool, fn)
		if err == nil || try == txTries || !conflicted(err) {
			return Fault(err)
		}
		if pauseErr := pause(ctx, backoff+rand.N(backoff)); pauseErr != nil {
			return Fault(errors.Join(err, pauseErr))
		}
		backoff *= 2
	}
}

func once(ctx context.Context, pool Beginner, fn func(tx pgx.Tx) error) (err error) {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	committed := false
	defer func() {
		if !committed {
			err = errors.Join(err, rollback(ctx, tx))
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	raised := awaitRaised(tx)
	committed = true // from here on Commit ends the transaction, one way or the other
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	raised.settled(ctx)
	return nil
}

// rollback gets time of its own, so that a caller whose time is over gives the
// connection back instead of breaking it.
func rollback(ctx context.Context, tx pgx.Tx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endOfTxLimit)
	defer cancel()
	err := tx.Rollback(ctx)
	if err == nil || errors.Is(err, pgx.ErrTxClosed) || errors.Is(err, pgconn.ErrConnClosed) {
		return nil // a closed connection has rolled back already
	}
	return fmt.Errorf("roll back transaction: %w", err)
}

func conflicted(err error) bool {
	state := sqlState(err)
	return state == "40001" || state == "40P01"
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

package pg_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

// account returns a pool on a table with two rows.
func account(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := open(t, pg.Config{URL: pgtest.Admin(t), Schema: "public", MaxConns: 4})
	_, err := pool.Exec(t.Context(), `
		create table account (
			id int primary key,
			amount int not null,
			owner text,
			constraint account_owner unique (owner) deferrable initially deferred
		);
		insert into account values (1, 100), (2, 100)`)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func TestInTx(t *testing.T) {
	t.Parallel()
	pool := account(t)
	amount := func(t *testing.T) int {
		t.Helper()
		if got := pool.Stat().AcquiredConns(); got != 0 {
			t.Errorf("%d connections did not come back", got)
		}
		return one[int](t, pool, "select amount from account where id = 1")
	}
	spend := func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "update account set amount = amount - 1 where id = 1")
		return err
	}

	t.Run("commits", func(t *testing.T) {
		err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error { return spend(t.Context(), tx) })
		if got := amount(t); err != nil || got != 99 {
			t.Errorf("amount is %d, error %v", got, err)
		}
	})
	t.Run("rolls back and returns the closure's error as it is", func(t *testing.T) {
		mine := errors.New("mine")
		err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error { return errors.Join(spend(t.Context(), tx), mine) })
		if got := amount(t); !errors.Is(err, mine) || got != 99 {
			t.Errorf("amount is %d, error %v", got, err)
		}
	})
	t.Run("rolls back when the closure panics", func(t *testing.T) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("swallowed the panic")
				}
			}()
			_ = pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				if err := spend(t.Context(), tx); err != nil {
					t.Error(err)
				}
				panic("mine")
			})
		}()
		if got := amount(t); got != 99 {
			t.Errorf("amount is %d", got)
		}
	})
	t.Run("rolls back, and keeps the connection, when the caller's time is over", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var pid uint32
		err := pg.InTx(ctx, pool, func(tx pgx.Tx) error {
			pid = tx.Conn().PgConn().PID()
			err := spend(ctx, tx)
			cancel()
			return errors.Join(err, ctx.Err())
		})
		if got := amount(t); !errors.Is(err, context.Canceled) || got != 99 {
			t.Errorf("amount is %d, error %v", got, err)
		}
		if one[int](t, pool, "select count(*) from pg_stat_activity where pid = $1", int64(pid)) != 1 {
			t.Error("the connection is gone")
		}
	})
	t.Run("returns the error of a commit that fails", func(t *testing.T) {
		err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "update account set owner = 'same'")
			return err
		})
		if !pg.IsUnique(err, "account_owner") || pg.IsUnique(err, "account_pkey") {
			t.Errorf("got %v, want a violation of account_owner", err)
		}
		amount(t)
	})
	t.Run("is an error when the closure hides that its transaction failed", func(t *testing.T) {
		err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			_, _ = tx.Exec(t.Context(), "select 1/0")
			return nil
		})
		if !errors.Is(err, pgx.ErrTxCommitRollback) {
			t.Errorf("got %v, want %v", err, pgx.ErrTxCommitRollback)
		}
	})
}

// write skew: each transaction reads both rows and changes one, so two at once
// cannot both be right and PostgreSQL aborts one with 40001.
func TestInTx_Retries(t *testing.T) {
	t.Parallel()
	pool := account(t)
	var bothRead sync.WaitGroup
	bothRead.Add(2)
	tries := make([]int, 2)
	withdraw := func(id int) error {
		return pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			tries[id-1]++
			if _, err := tx.Exec(t.Context(), "set transaction isolation level serializable"); err != nil {
				return err
			}
			var sum int
			if err := tx.QueryRow(t.Context(), "select sum(amount) from account").Scan(&sum); err != nil {
				return err
			}
			if tries[id-1] == 1 {
				bothRead.Done()
				bothRead.Wait()
			}
			if sum < 150 {
				return nil
			}
			_, err := tx.Exec(t.Context(), "update account set amount = amount - 100 where id = $1", id)
			return err
		})
	}
	var group sync.WaitGroup
	for id := range 2 {
		group.Go(func() {
			if err := withdraw(id + 1); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if sum := one[int](t, pool, "select sum(amount)::int from account"); sum != 100 {
		t.Errorf("both withdrew: %d is left", sum)
	}
	if tries[0]+tries[1] < 3 {
		t.Errorf("tries are %v: nothing was in conflict, so nothing was tested", tries)
	}
}

func TestInTx_GivesUp(t *testing.T) {
	t.Parallel()
	pool := account(t)
	tries := 0
	err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		tries++
		_, err := tx.Exec(t.Context(), "do $$ begin raise exception 'conflict' using errcode = '40001'; end $$")
		return err
	})
	if got := fault.KindOf(err); tries != 3 || got != fault.Unavailable {
		t.Errorf("%d tries, then %s; want 3, then %s", tries, got, fault.Unavailable)
	}
}

package pg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

func TestFault(t *testing.T) {
	t.Parallel()
	state := func(code string) error { return fmt.Errorf("store thing: %w", &pgconn.PgError{Code: code}) }

	t.Run("makes an outage Unavailable and keeps its cause", func(t *testing.T) {
		t.Parallel()
		for _, err := range []error{
			state("08006"), state("53300"), state("53100"), state("57P01"), state("57P02"), state("57P03"), state("57014"),
			state("55P03"), state("25006"), state("40001"),
			io.ErrUnexpectedEOF, fmt.Errorf("write: %w", syscall.ECONNRESET), pgconn.ErrConnClosed,
			fmt.Errorf("begin: %w", context.DeadlineExceeded),
		} {
			got := pg.Fault(err)
			checkOutage(t, got)
			if !errors.Is(got, err) {
				t.Errorf("%v lost its cause", err)
			}
		}
	})
	t.Run("lets everything else through", func(t *testing.T) {
		t.Parallel()
		mine := fault.New(fault.Conflict, "thing.taken", "Taken.").With(state("57014"))
		for _, err := range []error{
			nil, state("23505"), state("42501"), state("42P01"), pgx.ErrNoRows, errors.New("mine"), context.Canceled, mine,
		} {
			if got := pg.Fault(err); got != err { //nolint:errorlint // the very same value
				t.Errorf("%v became %v", err, got)
			}
		}
	})
}

func TestFault_StatementTimeout(t *testing.T) {
	t.Parallel()
	pool := account(t)
	err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "set local statement_timeout = '20ms'")
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), "select pg_sleep(5)")
		return err
	})
	checkOutage(t, err)
}

package pg_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// A store takes a Querier, so it works on a pool and in a transaction.
func ExampleInTx() {
	rename := func(ctx context.Context, q pg.Querier, from, to string) error {
		_, err := q.Exec(ctx, "update thing set name = $2 where name = $1", from, to)
		return err
	}
	swap := func(ctx context.Context, pool *pgxpool.Pool) error {
		return pg.InTx(ctx, pool, func(tx pgx.Tx) error {
			if err := rename(ctx, tx, "a", "b"); err != nil {
				return err
			}
			return rename(ctx, tx, "b", "c")
		})
	}
	_ = swap
}

func ExampleSQL() {
	script, err := pg.SQL([]pg.Module{{Name: "billing"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(script) {
		if strings.Contains(line, "schema if not exists") || strings.HasPrefix(line, `\password`) {
			fmt.Print(line)
		}
	}
	// Output:
	// \password billing
	// create schema if not exists "billing" authorization "billing_owner";
}

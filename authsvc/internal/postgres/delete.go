package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const beginRemoval = `
insert into removal (id, actor, begun_at)
values ($1, $2, $3)
on conflict do nothing`

func (t accountTx) BeginRemoval(ctx context.Context, r account.Removal, now time.Time) error {
	_, err := t.tx.Exec(ctx, beginRemoval, r.UserID, r.Actor, now)
	return err
}

const endRemoval = `
delete from removal
where id = $1`

func (t accountTx) EndRemoval(ctx context.Context, userID string) (bool, error) {
	tag, err := t.tx.Exec(ctx, endRemoval, userID)
	return tag.RowsAffected() == 1, err
}

const listRemovals = `
select id::text as user_id, actor
from removal
where begun_at < $1
order by begun_at
limit 100`

// ListRemovals implements account.Store.
func (a *Account) ListRemovals(ctx context.Context, before time.Time) ([]account.Removal, error) {
	rows, err := a.db.Query(ctx, listRemovals, before)
	if err != nil {
		return nil, pg.Fault(err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowToStructByName[account.Removal])
	return left, pg.Fault(err)
}

// userTables finds the tables that hold something of users. Asking the catalogue means
// that a table which comes later is never forgotten.
const userTables = `
select table_name
from information_schema.columns
where table_schema = current_schema()
    and column_name = 'user_id'
order by table_name`

func (t accountTx) DeleteUserRows(ctx context.Context, userID string) error {
	rows, err := t.tx.Query(ctx, userTables)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, table := range tables {
		statement := "delete from " + pgx.Identifier{table}.Sanitize() + " where user_id = $1"
		if _, err := t.tx.Exec(ctx, statement, userID); err != nil {
			return fmt.Errorf("delete from %s: %w", table, err)
		}
	}
	return nil
}

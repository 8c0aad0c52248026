package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const createAlarm = `
insert into alert (token_hash, user_id, address_hash, created_at, expires_at)
values ($1, $2, $3, $4, $5)`

func (t accountTx) CreateAlarm(ctx context.Context, hash [32]byte, a account.Alarm, expires time.Time) error {
	_, err := t.tx.Exec(ctx, createAlarm, hash[:], a.UserID, a.Address, a.CreatedAt, expires)
	return err
}

const findAlarm = `
select user_id::text, address_hash, created_at
from alert
where token_hash = $1 and expires_at > $2`

// FindAlarm implements account.Store.
func (a *Account) FindAlarm(ctx context.Context, hash [32]byte, now time.Time) (account.Alarm, error) {
	var found account.Alarm
	err := a.db.QueryRow(ctx, findAlarm, hash[:], now).Scan(&found.UserID, &found.Address, &found.CreatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return account.Alarm{}, account.ErrInvalidToken
	}
	return found, pg.Fault(err)
}

// useAlarm decides between parallel uses: of any number, one deletes the row.
const useAlarm = `
delete from alert
where token_hash = $1 and expires_at > $2`

func (t accountTx) UseAlarm(ctx context.Context, hash [32]byte, now time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, useAlarm, hash[:], now)
	return tag.RowsAffected() == 1, err
}

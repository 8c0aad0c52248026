package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const listEnrolled = `
select user_id::text
from two_factor
where user_id = any ($1::uuid[]) and enabled`

// ListEnrolled implements account.Store.
func (a *Account) ListEnrolled(ctx context.Context, userIDs ...string) (map[string]bool, error) {
	rows, err := a.db.Query(ctx, listEnrolled, userIDs)
	if err != nil {
		return nil, pg.Fault(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, pg.Fault(err)
	}
	enrolled := make(map[string]bool, len(ids))
	for _, id := range ids {
		enrolled[id] = true
	}
	return enrolled, nil
}

// findEnrolled makes a change of the factor wait: what ends the sessions that were opened
// without it must see the one that is being opened.
const findEnrolled = `
select enabled, verified
from two_factor
where user_id = $1
for share`

func (t accountTx) FindEnrolled(ctx context.Context, userID string) (account.Enrolled, error) {
	return enrolledOf(t.tx.QueryRow(ctx, findEnrolled, userID))
}

func enrolledOf(row pgx.Row) (account.Enrolled, error) {
	var e account.Enrolled
	err := row.Scan(&e.Enabled, &e.TOTP)
	if errors.Is(err, pgx.ErrNoRows) {
		return account.Enrolled{}, nil
	}
	return e, err
}

const createChallenge = `
insert into two_factor_challenge (id_hash, user_id, method, amr, remember, expires_at)
values (@id_hash, @user_id, @method, @amr, @remember, @expires_at)`

func (t accountTx) CreateChallenge(ctx context.Context, c account.Challenge) error {
	_, err := t.tx.Exec(ctx, createChallenge, pgx.NamedArgs{
		"id_hash": c.Hash[:], "user_id": c.UserID, "method": c.Method, "amr": c.AMR, "remember": c.Remember, "expires_at": c.ExpiresAt,
	})
	return err
}

// useChallenge decides between parallel attempts: the row is there once (Better Auth PR 9993).
const useChallenge = `
delete from two_factor_challenge
where id_hash = $1 and expires_at > $2
returning user_id::text, method, amr, remember, expires_at`

func (t accountTx) UseChallenge(ctx context.Context, hash [32]byte, now time.Time) (account.Challenge, error) {
	c := account.Challenge{Hash: hash}
	err := t.tx.QueryRow(ctx, useChallenge, hash[:], now).Scan(&c.UserID, &c.Method, &c.AMR, &c.Remember, &c.ExpiresAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return account.Challenge{}, account.ErrChallenge
	}
	return c, err
}

const createDevice = `
insert into trusted_device (id_hash, user_id, expires_at)
values ($1, $2, $3)`

func (t accountTx) CreateDevice(ctx context.Context, hash [32]byte, userID string, expires time.Time) error {
	_, err := t.tx.Exec(ctx, createDevice, hash[:], userID, expires)
	return err
}

const renewDevice = `
update trusted_device
set id_hash = $4, expires_at = $5
where id_hash = $1 and user_id = $2 and expires_at > $3`

func (t accountTx) RenewDevice(ctx context.Context, old [32]byte, userID string, now time.Time, renewed [32]byte) (bool, error) {
	tag, err := t.tx.Exec(ctx, renewDevice, old[:], userID, now, renewed[:], now.Add(account.DeviceLife))
	return tag.RowsAffected() == 1, err
}

const endTrust = `
with challenges as (delete from two_factor_challenge where user_id = $1)
delete from trusted_device
where user_id = $1`

func (t accountTx) EndTrust(ctx context.Context, userID string) error {
	_, err := t.tx.Exec(ctx, endTrust, userID)
	return err
}

package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Code is the store of one-time codes.
type Code struct {
	db     *pgxpool.Pool
	outbox Outbox
}

var _ code.Store = (*Code)(nil)

// NewCode returns the store on the module's pool.
func NewCode(db *pgxpool.Pool, outbox Outbox) *Code { return &Code{db, outbox} }

// InTx implements code.Store.
func (c *Code) InTx(ctx context.Context, write func(code.Tx) error) error {
	return pg.Fault(pg.InTx(ctx, c.db, func(tx pgx.Tx) error { return write(codeTx{accountTx{tx, c.outbox}}) }))
}

// codeTx is the writing side of Code within one transaction.
type codeTx struct{ accountTx }

var _ code.Tx = codeTx{}

const putCode = `
insert into one_time_code (key, code_hash, expires_at)
values ($1, $2, $3)
on conflict (key) do update
set code_hash = excluded.code_hash, attempts = 0, expires_at = excluded.expires_at`

func (t codeTx) PutCode(ctx context.Context, c code.Stored) error {
	_, err := t.tx.Exec(ctx, putCode, c.Key[:], c.Hash[:], c.ExpiresAt)
	return err
}

// tryCode counts every try but a right one in time. What it answers is of the row as it is
// then, which its lock keeps for the rest of the transaction.
const tryCode = `
update one_time_code
set attempts = attempts + case when code_hash = $2 and attempts < $3 then 0 else 1 end
where key = $1
returning code_hash = $2, attempts > $3, expires_at <= $4`

const dropCode = `
delete from one_time_code
where key = $1`

func (t codeTx) TryCode(ctx context.Context, g code.Guess) (code.Verdict, error) {
	var right, spent, expired bool
	err := t.tx.QueryRow(ctx, tryCode, g.Key[:], g.Hash[:], code.Attempts, g.At).Scan(&right, &spent, &expired)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return code.Unknown, nil
	case err != nil:
		return code.Wrong, err
	case !expired && !spent && right:
		return code.Right, nil
	case !expired && !spent:
		return code.Wrong, nil
	}
	verdict := code.Spent
	if expired {
		verdict = code.Expired
	}
	_, err = t.tx.Exec(ctx, dropCode, g.Key[:])
	return verdict, err
}

const useCode = `
delete from one_time_code
where key = $1 and code_hash = $2 and attempts < $3 and expires_at > $4`

func (t codeTx) UseCode(ctx context.Context, g code.Guess) (bool, error) {
	tag, err := t.tx.Exec(ctx, useCode, g.Key[:], g.Hash[:], code.Attempts, g.At)
	return tag.RowsAffected() == 1, err
}

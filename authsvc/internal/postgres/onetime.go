package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/onetime"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// OneTime is the store of one-time tokens.
type OneTime struct {
	db     *pgxpool.Pool
	outbox Outbox
}

var _ onetime.Store = (*OneTime)(nil)

// NewOneTime returns the store on the module's pool.
func NewOneTime(db *pgxpool.Pool, outbox Outbox) *OneTime { return &OneTime{db, outbox} }

// InTx implements onetime.Store.
func (o *OneTime) InTx(ctx context.Context, write func(onetime.Tx) error) error {
	return pg.Fault(pg.InTx(ctx, o.db, func(tx pgx.Tx) error { return write(oneTimeTx{accountTx{tx, o.outbox}}) }))
}

// oneTimeTx is the writing side of OneTime within one transaction.
type oneTimeTx struct{ accountTx }

var _ onetime.Tx = oneTimeTx{}

const createOneTime = `
insert into one_time_token (token_hash, user_id, session_id, sealed, expires_at)
values ($1, $2, $3, $4, $5)`

func (t oneTimeTx) CreateOneTime(ctx context.Context, hash [32]byte, kept onetime.Token, expires time.Time) error {
	_, err := t.tx.Exec(ctx, createOneTime, hash[:], kept.UserID, kept.SessionID, kept.Sealed, expires)
	return err
}

// useOneTime decides between parallel uses: of any number, one deletes the row (Better Auth
// CVE-2026-53518).
const useOneTime = `
delete from one_time_token
where token_hash = $1 and expires_at > $2
returning user_id::text, session_id::text, sealed`

func (t oneTimeTx) UseOneTime(ctx context.Context, hash [32]byte, now time.Time) (onetime.Token, error) {
	var kept onetime.Token
	err := t.tx.QueryRow(ctx, useOneTime, hash[:], now).Scan(&kept.UserID, &kept.SessionID, &kept.Sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return onetime.Token{}, onetime.ErrInvalid
	}
	return kept, err
}

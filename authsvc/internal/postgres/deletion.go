package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
)

const createDeletion = `
insert into user_deletion (token_hash, user_id, expires_at)
values ($1, $2, $3)`

func (t accountTx) CreateDeletion(ctx context.Context, hash [32]byte, userID string, expires time.Time) error {
	_, err := t.tx.Exec(ctx, createDeletion, hash[:], userID, expires)
	return err
}

// useDeletion is the whole decision: of parallel uses the row lock of the delete lets one
// find something.
const useDeletion = `
delete from user_deletion
where token_hash = $1 and expires_at > $2
returning user_id::text`

func (t accountTx) UseDeletion(ctx context.Context, hash [32]byte, now time.Time) (string, error) {
	var userID string
	err := t.tx.QueryRow(ctx, useDeletion, hash[:], now).Scan(&userID)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", account.ErrInvalidToken
	}
	return userID, err
}

package postgres

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const changePending = `
select exists (
    select
    from email_change
    where proof_hash = $1 and expires_at > $2)`

// ChangePending implements account.Store.
func (a *Account) ChangePending(ctx context.Context, hash [32]byte, now time.Time) (bool, error) {
	var pending bool
	err := a.db.QueryRow(ctx, changePending, hash[:], now).Scan(&pending)
	return pending, pg.Fault(err)
}

const createChange = `
insert into email_change (proof_hash, user_id, expires_at)
values ($1, $2, $3)
on conflict do nothing`

func (t accountTx) CreateChange(ctx context.Context, hash [32]byte, userID string, expires time.Time) error {
	_, err := t.tx.Exec(ctx, createChange, hash[:], userID, expires)
	return err
}

// useChange is the whole decision: of parallel uses the row lock of the delete lets one
// find something.
const useChange = `
delete from email_change
where proof_hash = $1 and expires_at > $2`

func (t accountTx) UseChange(ctx context.Context, hash [32]byte, now time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, useChange, hash[:], now)
	return tag.RowsAffected() == 1, err
}

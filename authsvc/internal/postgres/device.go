package postgres

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/device"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// meetDevice reads what was known before it adds to it: a statement does not see what it
// writes itself.
const meetDevice = `
with seen as (
    insert into known_device (user_id, mark, first_seen, last_seen)
    select $1, mark, $3, $3
    from unnest($2::bytea[]) as mark
    on conflict (user_id, mark) do update
    set last_seen = greatest(known_device.last_seen, excluded.last_seen)
)
select count(*) > 0, count(*) filter (where mark = any ($2)) > 0
from known_device
where user_id = $1`

func (t accountTx) MeetDevice(ctx context.Context, userID string, marks []device.Mark, now time.Time) (account.Acquaintance, error) {
	var met account.Acquaintance
	err := t.tx.QueryRow(ctx, meetDevice, userID, raw(marks), now).Scan(&met.Any, &met.This)
	return met, err
}

const forgetDevices = `
with challenges as (delete from two_factor_challenge where user_id = $1),
    trusted as (delete from trusted_device where user_id = $1)
delete from known_device
where user_id = $1`

func (t accountTx) ForgetDevices(ctx context.Context, userID string) error {
	_, err := t.tx.Exec(ctx, forgetDevices, userID)
	return err
}

const knowsDevice = `
select exists (
    select
    from known_device
    where user_id = $1 and mark = $2)`

// KnowsDevice implements account.Store.
func (a *Account) KnowsDevice(ctx context.Context, userID string, mark device.Mark) (bool, error) {
	var known bool
	err := a.db.QueryRow(ctx, knowsDevice, userID, mark[:]).Scan(&known)
	return known, pg.Fault(err)
}

func raw(marks []device.Mark) [][]byte {
	list := make([][]byte, 0, len(marks))
	for _, mark := range marks {
		list = append(list, mark[:])
	}
	return list
}

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// SigningKey is the store of signing keys.
type SigningKey struct{ db *pgxpool.Pool }

var _ signingkey.Store = (*SigningKey)(nil)

// NewSigningKey returns the store on the module's pool.
func NewSigningKey(db *pgxpool.Pool) *SigningKey { return &SigningKey{db} }

const listKeys = `
select kid, public_key, private_key, created_at, signs_from, signs_until, known_until
from signing_key
where known_until > $1
order by signs_from`

// List implements signingkey.Store.
func (s *SigningKey) List(ctx context.Context, now time.Time) ([]signingkey.Sealed, error) {
	keys, err := listSealed(ctx, s.db, now)
	return keys, pg.Fault(err)
}

func listSealed(ctx context.Context, db pg.Querier, now time.Time) ([]signingkey.Sealed, error) {
	rows, err := db.Query(ctx, listKeys, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (signingkey.Sealed, error) {
		var k signingkey.Sealed
		err := row.Scan(&k.ID, (*[]byte)(&k.Public), &k.Box, &k.CreatedAt, &k.SignsFrom, &k.SignsUntil, &k.KnownUntil)
		return k, err
	})
}

// lockKeys keeps other processes from adding a key until the transaction ends; readers go on.
const lockKeys = `
lock table signing_key in share row exclusive mode`

const addKey = `
insert into signing_key (kid, public_key, private_key, created_at, signs_from, signs_until, known_until)
values (@kid, @public_key, @private_key, @created_at, @signs_from, @signs_until, @known_until)`

// Add implements signingkey.Store.
func (s *SigningKey) Add(ctx context.Context, now time.Time, next func([]signingkey.Sealed) *signingkey.Sealed) error {
	if have, err := s.List(ctx, now); err != nil || next(have) == nil {
		return err
	}
	return pg.Fault(pg.InTx(ctx, s.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockKeys); err != nil {
			return err
		}
		have, err := listSealed(ctx, tx, now)
		if err != nil {
			return err
		}
		key := next(have)
		if key == nil {
			return nil
		}
		_, err = tx.Exec(ctx, addKey, pgx.NamedArgs{
			"kid": key.ID, "public_key": []byte(key.Public), "private_key": key.Box, "created_at": key.CreatedAt,
			"signs_from": key.SignsFrom, "signs_until": key.SignsUntil, "known_until": key.KnownUntil,
		})
		if err != nil {
			return err
		}
		return events.Add(ctx, tx, events.Event{
			Type: authapi.EventSigningKeyRotated, Key: key.ID, Actor: "system", Outcome: events.Success,
		})
	}))
}

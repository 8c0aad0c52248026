package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Refresh is the store of refresh families.
type Refresh struct {
	db     *pgxpool.Pool
	outbox Outbox
}

var _ refresh.Store = (*Refresh)(nil)

// NewRefresh returns the store on the module's pool.
func NewRefresh(db *pgxpool.Pool, outbox Outbox) *Refresh { return &Refresh{db, outbox} }

const findFamily = `
select f.id, f.session_id::text, f.user_id::text, f.client_id, f.scope, f.amr, f.auth_time,
    f.salt, f.generation, f.rotated_at, f.expires_at, f.ended
from refresh_family f
join session s on s.id = f.session_id
where f.id = $1 and s.expires_at > $2`

// Find implements refresh.Store.
func (s *Refresh) Find(ctx context.Context, id uuid.UUID, now time.Time) (refresh.Family, error) {
	var f refresh.Family
	err := s.db.QueryRow(ctx, findFamily, id, now).Scan(&f.ID, &f.SessionID, &f.UserID, &f.ClientID, &f.Scope, &f.AMR, &f.AuthTime,
		&f.Salt, &f.Generation, &f.RotatedAt, &f.ExpiresAt, &f.Ended)
	if errors.Is(err, pgx.ErrNoRows) {
		return refresh.Family{}, refresh.ErrInvalidGrant
	}
	return f, pg.Fault(err)
}

const createFamily = `
insert into refresh_family (id, session_id, user_id, client_id, scope, amr, auth_time, salt, rotated_at, expires_at)
values (@id, @session_id, @user_id, @client_id, @scope, @amr, @auth_time, @salt, @rotated_at, @expires_at)`

// Create implements refresh.Store.
func (s *Refresh) Create(ctx context.Context, f refresh.Family, ev events.Event) error {
	return pg.Fault(pg.InTx(ctx, s.db, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, createFamily, pgx.NamedArgs{
			"id": f.ID, "session_id": f.SessionID, "user_id": f.UserID, "client_id": f.ClientID, "scope": f.Scope, "amr": f.AMR,
			"auth_time": f.AuthTime, "salt": f.Salt, "rotated_at": f.RotatedAt, "expires_at": f.ExpiresAt,
		})
		if err != nil {
			return err
		}
		return events.Add(ctx, tx, ev)
	}))
}

// rotateFamily is the whole decision: of any number of parallel calls for one generation,
// in any number of processes, one matches (Better Auth CVE-2026-53517).
const rotateFamily = `
update refresh_family
set generation = generation + 1, rotated_at = $3, expires_at = $4
where id = $1 and generation = $2 and not ended and expires_at > $3`

// Rotate implements refresh.Store.
func (s *Refresh) Rotate(ctx context.Context, f refresh.Family, rotated, expires time.Time, ev events.Event) (bool, error) {
	var won bool
	err := pg.InTx(ctx, s.db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, rotateFamily, f.ID, f.Generation, rotated, expires)
		if err != nil {
			return err
		}
		if won = tag.RowsAffected() == 1; !won {
			return nil
		}
		return events.Add(ctx, tx, ev)
	})
	return won && err == nil, pg.Fault(err)
}

const endFamily = `
update refresh_family
set ended = true
where id = $1 and not ended`

// End implements refresh.Store.
func (s *Refresh) End(ctx context.Context, id uuid.UUID, then func(account.Tx) error) error {
	return pg.Fault(pg.InTx(ctx, s.db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, endFamily, id)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return then(accountTx{tx, s.outbox})
	}))
}

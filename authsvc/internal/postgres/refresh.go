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
	err := s.db.QueryRow(ctx, findFamily, id.String(), now).Scan(&f.ID, &f.SessionID, &f.UserID, &f.ClientID, &f.Scope, &f.AMR, &f.AuthTime,
		&f.Salt, &f.Generation, &f.RotatedAt, &f.ExpiresAt, &f.Ended)
	if errors.Is(err, pgx.ErrNoRows) {
		return refresh.Family{}, refresh.ErrInvalidGrant
	}
	return f, pg.Fault(err)
}

// createFamily removes what the session has left behind.
const createFamily = `
with expired as (delete from refresh_family where session_id = @session_id and expires_at < @rotated_at)
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
set generation = generation + 1, rotated_at = @rotated_at, expires_at = @expires_at
where id = @id and generation = @generation and not ended and expires_at > @rotated_at
returning id`

// Rotate implements refresh.Store. No copy shows a generation, so nobody is waited for.
func (s *Refresh) Rotate(ctx context.Context, f refresh.Family, rotated, expires time.Time, ev events.Event) (bool, error) {
	won, err := events.AddAfter(ctx, s.db, ev, rotateFamily, pgx.NamedArgs{
		"id": f.ID.String(), "generation": f.Generation, "rotated_at": rotated, "expires_at": expires,
	})
	return won, pg.Fault(err)
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

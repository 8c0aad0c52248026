package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// sessionRow is a session as its table has it.
type sessionRow struct {
	ID        string
	TokenHash []byte
	UserID    string
	IP        string
	UserAgent string
	AMR       []string
	Remember  bool
	CreatedAt time.Time
	UpdatedAt time.Time
	ExpiresAt time.Time

	ImpersonatedBy      *string
	ImpersonationReason string
}

func (r sessionRow) session() session.Session {
	s := session.Session{
		ID: r.ID, TokenHash: session.Hash(r.TokenHash), UserID: r.UserID, IP: r.IP, UserAgent: r.UserAgent,
		AMR: r.AMR, Remember: r.Remember, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, ExpiresAt: r.ExpiresAt,
	}
	if r.ImpersonatedBy != nil {
		s.Impersonation = session.Impersonation{By: *r.ImpersonatedBy, Reason: r.ImpersonationReason}
	}
	return s
}

func collectSessions(rows pgx.Rows, err error) ([]session.Session, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (session.Session, error) {
		r, err := pgx.RowToStructByName[sessionRow](row)
		return r.session(), err
	})
}

// sessionColumns is what a sessionRow is read from.
const sessionColumns = `
    id::text, token_hash, user_id::text, ip, user_agent, amr, remember, created_at, updated_at, expires_at,
    impersonated_by::text, impersonation_reason`

const findSession = `
select` + sessionColumns + `,
    exists (select from two_factor f where f.user_id = session.user_id and f.enabled)
from session
where token_hash = $1`

// FindSession implements account.Store.
func (a *Account) FindSession(ctx context.Context, hash session.Hash) (session.Session, bool, error) {
	var r sessionRow
	var enrolled bool
	err := a.db.QueryRow(ctx, findSession, hash[:]).Scan(&r.ID, &r.TokenHash, &r.UserID, &r.IP, &r.UserAgent, &r.AMR, &r.Remember,
		&r.CreatedAt, &r.UpdatedAt, &r.ExpiresAt, &r.ImpersonatedBy, &r.ImpersonationReason, &enrolled)
	if errors.Is(err, pgx.ErrNoRows) {
		return session.Session{}, false, account.ErrUnauthorized
	}
	if err != nil {
		return session.Session{}, false, pg.Fault(err)
	}
	return r.session(), enrolled, nil
}

const listSessions = `
select` + sessionColumns + `
from session
where user_id = $1 and expires_at > $2
order by id`

// ListSessions implements account.Store.
func (a *Account) ListSessions(ctx context.Context, userID string, now time.Time) ([]session.Session, error) {
	sessions, err := collectSessions(a.db.Query(ctx, listSessions, userID, now))
	return sessions, pg.Fault(err)
}

const createSession = `
insert into session (id, token_hash, user_id, ip, user_agent, amr, remember, created_at, updated_at, expires_at,
                     impersonated_by, impersonation_reason)
values (@id, @token_hash, @user_id, @ip, @user_agent, @amr, @remember, @created_at, @updated_at, @expires_at,
        nullif(@impersonated_by, '')::uuid, @impersonation_reason)`

func (t accountTx) CreateSession(ctx context.Context, s session.Session) error {
	_, err := t.tx.Exec(ctx, createSession, newSession(s))
	return err
}

func newSession(s session.Session) pgx.NamedArgs {
	return pgx.NamedArgs{
		"id": s.ID, "token_hash": s.TokenHash[:], "user_id": s.UserID, "ip": s.IP, "user_agent": s.UserAgent, "amr": s.AMR,
		"remember": s.Remember, "created_at": s.CreatedAt, "updated_at": s.UpdatedAt, "expires_at": s.ExpiresAt,
		"impersonated_by": s.Impersonation.By, "impersonation_reason": s.Impersonation.Reason,
	}
}

// Admit takes one round trip.
func (t accountTx) Admit(ctx context.Context, a account.Admission) (met account.Acquaintance, err error) {
	batch := &pgx.Batch{}
	batch.Queue(createSession, newSession(a.Session))
	batch.Queue(meetDevice, a.Session.UserID, raw(a.Marks), a.Session.CreatedAt)
	if err := events.Queue(ctx, batch, a.Event); err != nil {
		return account.Acquaintance{}, err
	}
	results := t.tx.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	if _, err := results.Exec(); err != nil {
		return account.Acquaintance{}, err
	}
	if err := results.QueryRow().Scan(&met.Any, &met.This); err != nil {
		return account.Acquaintance{}, err
	}
	_, err = results.Exec()
	return met, err
}

const extendSession = `
update session
set updated_at = $2, expires_at = $3
where id = $1`

func (t accountTx) ExtendSession(ctx context.Context, id string, updated, expires time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, extendSession, id, updated, expires)
	return tag.RowsAffected() == 1, err
}

const deleteSessions = `
delete from session
where user_id = $1
    and ($2::bytea[] is null or token_hash = any ($2))
    and ($3 = '' or id::text <> $3)
    and ($4 = '' or id::text = $4)
returning` + sessionColumns

func (t accountTx) DeleteSessions(ctx context.Context, which session.Selection) ([]session.Session, error) {
	var hashes [][]byte
	if which.Hashes != nil {
		hashes = make([][]byte, 0, len(which.Hashes))
		for _, hash := range which.Hashes {
			hashes = append(hashes, hash[:])
		}
	}
	return collectSessions(t.tx.Query(ctx, deleteSessions, which.UserID, hashes, which.Except, which.ID))
}

const deleteImpersonations = `
delete from session
where impersonated_by = $1
returning` + sessionColumns

func (t accountTx) DeleteImpersonations(ctx context.Context, impersonator string) ([]session.Session, error) {
	return collectSessions(t.tx.Query(ctx, deleteImpersonations, impersonator))
}

const sweepExpired = `
with flows as (delete from social_flow where expires_at < $1),
    sessions as (delete from session where expires_at < $1),
    proofs as (delete from used_proof where expires_at < $1),
    deletions as (delete from user_deletion where expires_at < $1),
    changes as (delete from email_change where expires_at < $1),
    guesses as (delete from guess where counted_at < $1),
    challenges as (delete from two_factor_challenge where expires_at < $1),
    codes as (delete from two_factor_code where expires_at < $1),
    one_time_codes as (delete from one_time_code where expires_at < $1),
    magic_links as (delete from magic_link where expires_at < $1),
    devices as (delete from trusted_device where expires_at < $1),
    alerts as (delete from alert where expires_at < $1),
    handovers as (delete from one_time_token where expires_at < $1),
    acquaintances as (
        delete from known_device
        where last_seen < $1 - interval '400 days' -- when the browser forgets its id
            or (last_seen = first_seen and last_seen < $1 - interval '90 days')) -- and one that never came back
delete from password_reset
where expires_at < $1`

// Sweep removes what expired before the given time. Nothing relies on it: expiry is
// judged at use (authentik CVE-2025-64708).
func (a *Account) Sweep(ctx context.Context, before time.Time) error {
	_, err := a.db.Exec(ctx, sweepExpired, before)
	return pg.Fault(err)
}

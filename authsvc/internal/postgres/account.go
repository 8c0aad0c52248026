package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Outbox stores a mail to be sent in the transaction that causes it.
type Outbox interface {
	Add(ctx context.Context, tx pgx.Tx, m mail.Message) error
}

// Account is the store of the account use cases.
type Account struct {
	db     *pgxpool.Pool
	outbox Outbox
}

var _ account.Store = (*Account)(nil)

// NewAccount returns the store on the module's pool.
func NewAccount(db *pgxpool.Pool, outbox Outbox) *Account { return &Account{db, outbox} }

// InTx implements account.Store.
func (a *Account) InTx(ctx context.Context, write func(account.Tx) error) error {
	return pg.Fault(pg.InTx(ctx, a.db, func(tx pgx.Tx) error { return write(accountTx{tx, a.outbox}) }))
}

// accountTx is the writing side of Account within one transaction.
type accountTx struct {
	tx     pgx.Tx
	outbox Outbox
}

var _ account.Tx = accountTx{}

func (t accountTx) AddEvent(ctx context.Context, ev events.Event) error {
	return events.Add(ctx, t.tx, ev)
}

func (t accountTx) AddMail(ctx context.Context, m mail.Message) error {
	return t.outbox.Add(ctx, t.tx, m)
}

const findPassword = `
select hash
from credential
where user_id = $1`

// FindPassword implements account.Store.
func (a *Account) FindPassword(ctx context.Context, userID string) (string, error) {
	var hash string
	err := a.db.QueryRow(ctx, findPassword, userID).Scan(&hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return hash, pg.Fault(err)
}

const findStored = `
with browser as (
    select exists (select from known_device where user_id = @user_id and mark = @mark) as known
)
select known, coalesce((select hash from credential where user_id = @user_id), ''), (
    select open_at
    from guess
    where key = case when known then @from_there::bytea else @from_any end and open_at > @at)
from browser`

// FindStored implements account.Store.
func (a *Account) FindStored(ctx context.Context, q account.StoredQuery) (account.Stored, error) {
	row := a.db.QueryRow(ctx, findStored, pgx.NamedArgs{
		"user_id": q.UserID, "mark": q.Browser[:], "from_there": q.FromThere.Key[:], "from_any": q.FromAny.Key[:], "at": q.FromAny.At,
	})
	var found account.Stored
	var open *time.Time
	if err := row.Scan(&found.Known, &found.Hash, &open); err != nil {
		return account.Stored{}, pg.Fault(err)
	}
	if open != nil {
		found.Pause = pauseUntil(*open, q.FromAny)
	}
	return found, nil
}

// setPassword ends half sign-ins that the old password began, and the trust in browsers
// that were let in by it.
const setPassword = `
with challenges as (delete from two_factor_challenge where user_id = $1),
    devices as (delete from trusted_device where user_id = $1)
insert into credential (user_id, hash)
values ($1, $2)
on conflict (user_id) do update
set hash = excluded.hash, updated_at = now()`

func (t accountTx) SetPassword(ctx context.Context, userID, hash string) error {
	_, err := t.tx.Exec(ctx, setPassword, userID, hash)
	return err
}

const deletePassword = `
delete from credential
where user_id = $1`

func (t accountTx) DeletePassword(ctx context.Context, userID string) error {
	_, err := t.tx.Exec(ctx, deletePassword, userID)
	return err
}

const keepPassword = `
select
from credential
where user_id = $1 and hash = $2
for share`

func (t accountTx) KeepPassword(ctx context.Context, userID, hash string) (bool, error) {
	tag, err := t.tx.Exec(ctx, keepPassword, userID, hash)
	return tag.RowsAffected() == 1, err
}

// HoldProof takes one round trip. Each statement sees what was committed before it, so
// that a factor which was enabled before the password is kept counts.
func (t accountTx) HoldProof(ctx context.Context, userID, hash string, g throttle.Guess) (held account.Held, err error) {
	batch := &pgx.Batch{}
	batch.Queue(passGuess, g.Key[:], g.At)
	batch.Queue(keepPassword, userID, hash)
	batch.Queue(findEnrolled, userID)
	results := t.tx.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	if held.Pause, err = pauseOf(results.QueryRow(), g); err != nil {
		return account.Held{}, err
	}
	tag, err := results.Exec()
	if err != nil {
		return account.Held{}, err
	}
	held.Kept = tag.RowsAffected() == 1
	held.Enrolled, err = enrolledOf(results.QueryRow())
	return held, err
}

const replacePassword = `
update credential
set hash = $3, updated_at = now()
where user_id = $1 and hash = $2`

func (t accountTx) ReplacePassword(ctx context.Context, userID, old, hash string) (bool, error) {
	tag, err := t.tx.Exec(ctx, replacePassword, userID, old, hash)
	return tag.RowsAffected() == 1, err
}

const createReset = `
insert into password_reset (token_hash, user_id, address_hash, expires_at)
values ($1, $2, $3, $4)`

func (t accountTx) CreateReset(ctx context.Context, hash [32]byte, r account.Reset, expires time.Time) error {
	_, err := t.tx.Exec(ctx, createReset, hash[:], r.UserID, r.Address, expires)
	return err
}

const deleteResets = `
with changes as (delete from email_change where user_id = $1)
delete from password_reset
where user_id = $1`

func (t accountTx) DeleteResets(ctx context.Context, userID string) error {
	_, err := t.tx.Exec(ctx, deleteResets, userID)
	return err
}

const findReset = `
select user_id::text, address_hash
from password_reset
where token_hash = $1 and expires_at > $2`

// FindReset implements account.Store.
func (a *Account) FindReset(ctx context.Context, hash [32]byte, now time.Time) (account.Reset, error) {
	var r account.Reset
	err := a.db.QueryRow(ctx, findReset, hash[:], now).Scan(&r.UserID, &r.Address)
	if errors.Is(err, pgx.ErrNoRows) {
		return account.Reset{}, account.ErrInvalidToken
	}
	return r, pg.Fault(err)
}

const useProof = `
insert into used_proof (proof_hash, expires_at)
values ($1, $2)
on conflict do nothing`

func (t accountTx) UseProof(ctx context.Context, hash [32]byte, expires time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, useProof, hash[:], expires)
	return tag.RowsAffected() == 1, err
}

// useReset deletes all reset tokens of the user whose token is presented. The row lock of
// the delete decides between parallel uses: the second finds nothing.
const useReset = `
with presented as (
    delete from password_reset
    where token_hash = $1 and expires_at > $2
    returning user_id
), siblings as (
    delete from password_reset
    using presented
    where password_reset.user_id = presented.user_id and token_hash <> $1
)
select user_id::text
from presented`

func (t accountTx) UseReset(ctx context.Context, hash [32]byte, now time.Time) (string, error) {
	var userID string
	err := t.tx.QueryRow(ctx, useReset, hash[:], now).Scan(&userID)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", account.ErrInvalidToken
	}
	return userID, err
}

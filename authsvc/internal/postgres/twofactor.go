package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/twofactor"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// TwoFactor is the store of second factors.
type TwoFactor struct{ *Account }

var _ twofactor.Store = TwoFactor{}

// NewTwoFactor returns the store beside that of accounts.
func NewTwoFactor(accounts *Account) TwoFactor { return TwoFactor{accounts} }

// twoFactorTx is the writing side of TwoFactor within one transaction.
type twoFactorTx struct{ accountTx }

var _ twofactor.Tx = twoFactorTx{}

// InTx implements twofactor.Store.
func (s TwoFactor) InTx(ctx context.Context, write func(twofactor.Tx) error) error {
	return pg.Fault(pg.InTx(ctx, s.db, func(tx pgx.Tx) error { return write(twoFactorTx{accountTx{tx, s.outbox}}) }))
}

const findFactor = `
select user_id::text, enabled, secret, verified, last_step, failures, locked_until
from two_factor
where user_id = $1`

// Find implements twofactor.Store.
func (s TwoFactor) Find(ctx context.Context, userID string) (twofactor.Factor, error) {
	f, err := scanFactor(s.db.QueryRow(ctx, findFactor, userID))
	return f, pg.Fault(err)
}

func scanFactor(row pgx.Row) (twofactor.Factor, error) {
	var f twofactor.Factor
	err := row.Scan(&f.UserID, &f.Enabled, &f.Secret, &f.Verified, &f.LastStep, &f.Failures, &f.LockedUntil)
	if errors.Is(err, pgx.ErrNoRows) {
		return twofactor.Factor{}, nil
	}
	return f, err
}

const holdPassword = `
select
from credential
where user_id = $1
for no key update`

func (t twoFactorTx) HoldPassword(ctx context.Context, userID string) error {
	_, err := t.tx.Exec(ctx, holdPassword, userID)
	return err
}

// holdFactor is the lock under which codes are judged: parallel attempts take turns, and
// each sees what the one before has counted and used up.
const holdFactor = `
select user_id::text, enabled, secret, verified, last_step, failures, locked_until
from two_factor
where user_id = $1
for update`

func (t twoFactorTx) HoldFactor(ctx context.Context, userID string) (twofactor.Factor, error) {
	return scanFactor(t.tx.QueryRow(ctx, holdFactor, userID))
}

const saveFactor = `
insert into two_factor (user_id, enabled, secret, verified, last_step, failures, locked_until)
values (@user_id, @enabled, @secret, @verified, @last_step, @failures, @locked_until)
on conflict (user_id) do update
set enabled = excluded.enabled, secret = excluded.secret, verified = excluded.verified,
    last_step = excluded.last_step, failures = excluded.failures, locked_until = excluded.locked_until`

func (t twoFactorTx) SaveFactor(ctx context.Context, f twofactor.Factor) error {
	_, err := t.tx.Exec(ctx, saveFactor, pgx.NamedArgs{
		"user_id": f.UserID, "enabled": f.Enabled, "secret": f.Secret, "verified": f.Verified,
		"last_step": f.LastStep, "failures": f.Failures, "locked_until": f.LockedUntil,
	})
	return err
}

const deleteFactor = `
with challenges as (delete from two_factor_challenge where user_id = $1),
    codes as (delete from two_factor_code where user_id = $1),
    devices as (delete from trusted_device where user_id = $1)
delete from two_factor
where user_id = $1`

func (t twoFactorTx) DeleteFactor(ctx context.Context, userID string) error {
	_, err := t.tx.Exec(ctx, deleteFactor, userID)
	return err
}

const (
	deleteBackupCodes = `
delete from backup_code
where user_id = $1`

	createBackupCodes = `
insert into backup_code (user_id, code_hash)
select $1, unnest($2::bytea[])`
)

func (t twoFactorTx) ReplaceBackupCodes(ctx context.Context, userID string, hashes [][32]byte) error {
	if _, err := t.tx.Exec(ctx, deleteBackupCodes, userID); err != nil {
		return err
	}
	raw := make([][]byte, 0, len(hashes))
	for _, hash := range hashes {
		raw = append(raw, hash[:])
	}
	_, err := t.tx.Exec(ctx, createBackupCodes, userID, raw)
	return err
}

const useBackupCode = `
delete from backup_code
where user_id = $1 and code_hash = $2`

func (t twoFactorTx) UseBackupCode(ctx context.Context, userID string, hash [32]byte) (bool, error) {
	tag, err := t.tx.Exec(ctx, useBackupCode, userID, hash[:])
	return tag.RowsAffected() == 1, err
}

const findChallenge = `
select user_id::text, method, amr, remember, expires_at
from two_factor_challenge
where id_hash = $1 and expires_at > $2`

// FindChallenge implements twofactor.Store.
func (s TwoFactor) FindChallenge(ctx context.Context, hash [32]byte, now time.Time) (account.Challenge, error) {
	c := account.Challenge{Hash: hash}
	err := s.db.QueryRow(ctx, findChallenge, hash[:], now).Scan(&c.UserID, &c.Method, &c.AMR, &c.Remember, &c.ExpiresAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return account.Challenge{}, account.ErrChallenge
	}
	return c, pg.Fault(err)
}

const countChallenge = `
update two_factor_challenge
set attempts = attempts + 1
where id_hash = $1 and expires_at > $2
returning attempts - 1`

func (t twoFactorTx) CountChallenge(ctx context.Context, hash [32]byte, now time.Time) (int, error) {
	var before int
	err := t.tx.QueryRow(ctx, countChallenge, hash[:], now).Scan(&before)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, account.ErrChallenge
	}
	return before, err
}

const createCode = `
insert into two_factor_code (subject, user_id, code_hash, expires_at)
values ($1, $2, $3, $4)
on conflict (subject) do update
set code_hash = excluded.code_hash, attempts = 0, expires_at = excluded.expires_at`

func (t twoFactorTx) CreateCode(ctx context.Context, subject, userID string, hash [32]byte, expires time.Time) error {
	_, err := t.tx.Exec(ctx, createCode, subject, userID, hash[:], expires)
	return err
}

// findCode holds the code: of a user without a factor there is no row to take turns on.
const findCode = `
select code_hash, attempts
from two_factor_code
where subject = $1 and expires_at > $2
for update`

func (t twoFactorTx) FindCode(ctx context.Context, subject string, now time.Time) (twofactor.Mailed, error) {
	var hash []byte
	var mailed twofactor.Mailed
	err := t.tx.QueryRow(ctx, findCode, subject, now).Scan(&hash, &mailed.Attempts)
	if errors.Is(err, pgx.ErrNoRows) {
		return twofactor.Mailed{}, twofactor.ErrOTPExpired
	}
	if err == nil {
		mailed.Hash = [32]byte(hash)
	}
	return mailed, err
}

const countAttempt = `
update two_factor_code
set attempts = attempts + 1
where subject = $1`

func (t twoFactorTx) CountAttempt(ctx context.Context, subject string) error {
	_, err := t.tx.Exec(ctx, countAttempt, subject)
	return err
}

const deleteCode = `
delete from two_factor_code
where subject = $1`

func (t twoFactorTx) DeleteCode(ctx context.Context, subject string) error {
	_, err := t.tx.Exec(ctx, deleteCode, subject)
	return err
}

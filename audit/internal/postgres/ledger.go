package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/audit/internal/vault"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// Ledger reads the log and keeps its checkpoints.
type Ledger struct{ db *pgxpool.Pool }

var _ ledger.Store = (*Ledger)(nil)

// NewLedger returns the store on the module's pool.
func NewLedger(db *pgxpool.Pool) *Ledger { return &Ledger{db} }

const findSize = `
select size
from tree`

// Size implements ledger.Store.
func (l *Ledger) Size(ctx context.Context) (int64, error) {
	var size int64
	err := l.db.QueryRow(ctx, findSize).Scan(&size)
	return size, pg.Fault(err)
}

// Stored implements ledger.Store.
func (l *Ledger) Stored(ctx context.Context) tree.Reader { return hashes{ctx, l.db} }

const lastCheckpoint = `
select size, root, note
from checkpoint
order by size desc
limit 1`

// LastCheckpoint implements ledger.Store.
func (l *Ledger) LastCheckpoint(ctx context.Context) (tree.Checkpoint, error) {
	var c tree.Checkpoint
	var root []byte
	err := l.db.QueryRow(ctx, lastCheckpoint).Scan(&c.Size, &root, &c.Note)
	if errors.Is(err, pgx.ErrNoRows) {
		return tree.Checkpoint{}, ledger.ErrEmpty
	}
	if err != nil {
		return tree.Checkpoint{}, pg.Fault(err)
	}
	c.Root = tree.Hash(root)
	return c, nil
}

const addCheckpoint = `
insert into checkpoint (size, root, note)
values ($1, $2, $3)
on conflict (size) do nothing` // another replica signed the same

// AddCheckpoint implements ledger.Store.
func (l *Ledger) AddCheckpoint(ctx context.Context, c tree.Checkpoint) error {
	_, err := l.db.Exec(ctx, addCheckpoint, c.Size, c.Root[:], c.Note)
	return pg.Fault(err)
}

const findRecord = `
select index, event_id::text, bytes, source, pos, at, action, outcome, actor, subject, request_id
from leaf
where event_id = $1`

// Find implements ledger.Store.
func (l *Ledger) Find(ctx context.Context, eventID string) (ledger.Record, error) {
	rows, err := l.db.Query(ctx, findRecord, eventID)
	if err != nil {
		return ledger.Record{}, pg.Fault(err)
	}
	record, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[ledger.Record])
	if errors.Is(err, pgx.ErrNoRows) {
		return ledger.Record{}, ledger.ErrUnknown
	}
	return record, pg.Fault(err)
}

const listRecords = `
select index, event_id::text, bytes, source, pos, at, action, outcome, actor, subject, request_id
from leaf
where (@actor = '' or actor = @actor)
    and (@subject = '' or subject = @subject)
    and (@action = '' or action = @action)
    and (@from::timestamptz is null or at >= @from)
    and (@to::timestamptz is null or at < @to)
    and (@before::bigint = 0 or index < @before)
order by index desc
limit @limit`

// List implements ledger.Store.
func (l *Ledger) List(ctx context.Context, q ledger.Query) ([]ledger.Record, error) {
	return l.collect(l.db.Query(ctx, listRecords, pgx.NamedArgs{
		"actor": q.Actor, "subject": q.Subject, "action": q.Action, "from": optional(q.From), "to": optional(q.To),
		"before": q.Before, "limit": q.Limit,
	}))
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

const rangeRecords = `
select index, event_id::text, bytes, source, pos, at, action, outcome, actor, subject, request_id
from leaf
where index >= $1 and index < $2
order by index
limit $3`

// Range implements ledger.Store.
func (l *Ledger) Range(ctx context.Context, first, limit int64, count int) ([]ledger.Record, error) {
	return l.collect(l.db.Query(ctx, rangeRecords, first, limit, count))
}

func (l *Ledger) collect(rows pgx.Rows, err error) ([]ledger.Record, error) {
	if err != nil {
		return nil, pg.Fault(err)
	}
	records, err := pgx.CollectRows(rows, pgx.RowToStructByName[ledger.Record])
	return records, pg.Fault(err)
}

const findSecrets = `
select p.index, p.subject, p.salt, p.sealed, k.sealed
from personal p
join subject_key k on k.subject = p.subject
where p.index = any ($1)`

// Secrets implements ledger.Store.
func (l *Ledger) Secrets(ctx context.Context, indexes []int64) ([]ledger.Secret, error) {
	rows, err := l.db.Query(ctx, findSecrets, indexes)
	if err != nil {
		return nil, pg.Fault(err)
	}
	secrets, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ledger.Secret, error) {
		var s ledger.Secret
		var salt []byte
		var key vault.Key
		if err := row.Scan(&s.Index, &s.Entry.Subject, &salt, &s.Entry.Sealed, (*[]byte)(&key)); err != nil {
			return ledger.Secret{}, err
		}
		s.Key = key
		copy(s.Entry.Salt[:], salt)
		return s, nil
	})
	return secrets, pg.Fault(err)
}

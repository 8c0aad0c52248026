package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/audit/internal/vault"
)

// Intake writes the log within a transaction.
type Intake struct{ tx pgx.Tx }

var _ ledger.Tx = Intake{}

// NewIntake returns the writing side of the log in tx.
func NewIntake(tx pgx.Tx) Intake { return Intake{tx} }

const lockSize = `
select size
from tree
for update`

// LockSize implements ledger.Tx.
func (i Intake) LockSize(ctx context.Context) (int64, error) {
	var size int64
	err := i.tx.QueryRow(ctx, lockSize).Scan(&size)
	return size, err
}

const setSize = `
update tree
set size = $1
where size <= $1`

// SetSize implements ledger.Tx.
func (i Intake) SetSize(ctx context.Context, size int64) error {
	tag, err := i.tx.Exec(ctx, setSize, size)
	if err == nil && tag.RowsAffected() != 1 {
		return fmt.Errorf("the tree is larger than %d already", size)
	}
	return err
}

// Stored implements ledger.Tx.
func (i Intake) Stored(ctx context.Context) tree.Reader { return hashes{ctx, i.tx} }

// AddHashes implements ledger.Tx.
func (i Intake) AddHashes(ctx context.Context, first int64, added []tree.Hash) error {
	_, err := i.tx.CopyFrom(ctx, pgx.Identifier{"node"}, []string{"index", "hash"},
		pgx.CopyFromSlice(len(added), func(n int) ([]any, error) { return []any{first + int64(n), added[n][:]}, nil }))
	return err
}

// AddRecords implements ledger.Tx.
func (i Intake) AddRecords(ctx context.Context, records []ledger.Record) error {
	columns := []string{"index", "event_id", "bytes", "source", "pos", "at", "action", "outcome", "actor", "subject", "request_id"}
	_, err := i.tx.CopyFrom(ctx, pgx.Identifier{"leaf"}, columns,
		pgx.CopyFromSlice(len(records), func(n int) ([]any, error) {
			r := records[n]
			return []any{r.Index, r.EventID, r.Bytes, r.Source, r.Pos, r.At, r.Action, r.Outcome, r.Actor, r.Subject, r.RequestID}, nil
		}))
	return err
}

const addSubjectKey = `
insert into subject_key (subject, sealed)
values ($1, $2)
on conflict (subject) do nothing`

const findSubjectKey = `
select sealed
from subject_key
where subject = $1`

// SubjectKey implements ledger.Tx.
func (i Intake) SubjectKey(ctx context.Context, subject string, fresh vault.Key) (vault.Key, error) {
	if _, err := i.tx.Exec(ctx, addSubjectKey, subject, []byte(fresh)); err != nil {
		return nil, err
	}
	var key []byte
	err := i.tx.QueryRow(ctx, findSubjectKey, subject).Scan(&key)
	return key, err
}

const addPersonal = `
insert into personal (index, subject, salt, sealed)
values ($1, $2, $3, $4)`

// AddPersonal implements ledger.Tx.
func (i Intake) AddPersonal(ctx context.Context, index int64, entry vault.Entry) error {
	_, err := i.tx.Exec(ctx, addPersonal, index, entry.Subject, entry.Salt[:], entry.Sealed)
	return err
}

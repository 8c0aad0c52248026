package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// Stored implements ledger.Tx.
func (i Intake) Stored(ctx context.Context) tree.Reader { return hashes{ctx, i.tx} }

// findSubjectKeys does not see the keys that it adds itself. Nobody else adds one
// meanwhile: the tree is locked.
const findSubjectKeys = `
with added as (
    insert into subject_key (subject, sealed)
    select subject, sealed
    from unnest($1::text[], $2::bytea[]) as fresh (subject, sealed)
    on conflict (subject) do nothing
    returning subject, sealed
)
select subject, sealed
from added
union all
select subject, sealed
from subject_key
where subject = any ($1)`

// SubjectKeys implements ledger.Tx.
func (i Intake) SubjectKeys(ctx context.Context, fresh map[string]vault.Key) (map[string]vault.Key, error) {
	subjects, sealed := make([]string, 0, len(fresh)), make([][]byte, 0, len(fresh))
	for subject, key := range fresh {
		subjects, sealed = append(subjects, subject), append(sealed, key)
	}
	rows, err := i.tx.Query(ctx, findSubjectKeys, subjects, sealed)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]vault.Key, len(fresh))
	var subject string
	var key []byte
	_, err = pgx.ForEachRow(rows, []any{&subject, &key}, func() error {
		keys[subject] = key
		return nil
	})
	return keys, err
}

const addHashes = `
insert into node (index, hash)
select $1 + place - 1, hash
from unnest($2::bytea[]) with ordinality as added (hash, place)`

const addRecords = `
insert into leaf (index, event_id, bytes, source, pos, at, action, outcome, actor, subject, request_id)
select index, event_id, bytes, source, pos, at, action, outcome, actor, subject, request_id
from unnest(@index::bigint[], @event_id::uuid[], @bytes::bytea[], @source::text[], @pos::bigint[], @at::timestamptz[],
    @action::text[], @outcome::text[], @actor::text[], @subject::text[], @request_id::text[])
    as added (index, event_id, bytes, source, pos, at, action, outcome, actor, subject, request_id)`

const addPersonal = `
insert into personal (index, subject, salt, sealed)
select index, subject, salt, sealed
from unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) as added (index, subject, salt, sealed)`

const setSize = `
update tree
set size = $1
where size <= $1`

// Append implements ledger.Tx. It takes one round trip.
func (i Intake) Append(ctx context.Context, a ledger.Addition) (err error) {
	batch := &pgx.Batch{}
	batch.Queue(addHashes, a.First, slicesOf(a.Hashes))
	batch.Queue(addRecords, recordColumns(a.Records))
	if len(a.Personal) > 0 {
		batch.Queue(addPersonal, personalColumns(a.Personal)...)
	}
	batch.Queue(setSize, a.Size)
	results := i.tx.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	for range batch.Len() - 1 {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	tag, err := results.Exec()
	if err == nil && tag.RowsAffected() != 1 {
		return fmt.Errorf("the tree is larger than %d already", a.Size)
	}
	return err
}

func slicesOf(hashes []tree.Hash) [][]byte {
	list := make([][]byte, 0, len(hashes))
	for n := range hashes {
		list = append(list, hashes[n][:])
	}
	return list
}

func recordColumns(records []ledger.Record) pgx.NamedArgs {
	return pgx.NamedArgs{
		"index":      column(records, func(r ledger.Record) int64 { return r.Index }),
		"event_id":   column(records, func(r ledger.Record) string { return r.EventID }),
		"bytes":      column(records, func(r ledger.Record) []byte { return r.Bytes }),
		"source":     column(records, func(r ledger.Record) string { return r.Source }),
		"pos":        column(records, func(r ledger.Record) int64 { return r.Pos }),
		"at":         column(records, func(r ledger.Record) time.Time { return r.At }),
		"action":     column(records, func(r ledger.Record) string { return r.Action }),
		"outcome":    column(records, func(r ledger.Record) string { return r.Outcome }),
		"actor":      column(records, func(r ledger.Record) string { return r.Actor }),
		"subject":    column(records, func(r ledger.Record) string { return r.Subject }),
		"request_id": column(records, func(r ledger.Record) string { return r.RequestID }),
	}
}

func column[T any](records []ledger.Record, of func(ledger.Record) T) []T {
	list := make([]T, 0, len(records))
	for _, r := range records {
		list = append(list, of(r))
	}
	return list
}

func personalColumns(personal map[int64]vault.Entry) []any {
	var indexes []int64
	var subjects []string
	var salts, sealed [][]byte
	for index, entry := range personal {
		indexes, subjects = append(indexes, index), append(subjects, entry.Subject)
		salts, sealed = append(salts, entry.Salt[:]), append(sealed, entry.Sealed)
	}
	return []any{indexes, subjects, salts, sealed}
}

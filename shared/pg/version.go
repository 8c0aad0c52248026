package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const (
	versionTable = "schema_version"
	floorTable   = "schema_floor"
)

// version is what a schema says about itself. The zero value is a schema that
// was never migrated.
type version struct {
	version int32 // of the schema
	floor   int32 // lowest version of the code that the schema serves
}

// TooNewError means that the schema no longer serves code this old.
type TooNewError struct {
	Schema  string
	Version int32 // of the schema
	Floor   int32 // lowest version of the code that the schema serves
	Code    int32 // version of the code
}

// Error says which version is needed.
func (e *TooNewError) Error() string {
	return fmt.Sprintf("schema %q is at version %d and serves code from version %d on, this program has version %d: start a newer program",
		e.Schema, e.Version, e.Floor, e.Code)
}

// read asks in one statement and takes a missing table, schema or right as "never
// migrated": whoever goes on from there finds out which it is.
func (m *migration) read(ctx context.Context) (version, error) {
	query := fmt.Sprintf(`
		select v.version, f.version
		from %s v, %s f`, qualified(m.Schema, versionTable), qualified(m.Schema, floorTable))
	var now version
	err := m.conn.QueryRow(ctx, query, pgx.QueryExecModeExec).Scan(&now.version, &now.floor)
	if errors.Is(err, pgx.ErrNoRows) {
		return version{}, nil
	}
	switch sqlState(err) {
	case "42P01", "3F000", "42501": // no such table, no such schema, no right to look
		return version{}, nil
	}
	if err != nil {
		return version{}, fmt.Errorf("read version: %w", err)
	}
	return now, nil
}

// admit decides whether code may run on a schema that is newer than itself.
func (m *migration) admit(now version) error {
	if now.floor > m.newest {
		return &TooNewError{Schema: m.Schema, Version: now.version, Floor: now.floor, Code: m.newest}
	}
	m.Log.Warn().Str("schema", m.Schema).Int32("schema_version", now.version).Int32("code_version", m.newest).
		Msg("the schema is newer than this program, and still serves it")
	return nil
}

func (m *migration) ensureFloor(ctx context.Context) error {
	table := qualified(m.Schema, floorTable)
	_, err := m.conn.Exec(ctx, fmt.Sprintf(`
		create table if not exists %s (
			version int4 not null,
			only_row boolean primary key default true check (only_row)
		);
		insert into %s (version) values (0) on conflict do nothing`, table, table))
	if err != nil {
		return fmt.Errorf("create %s: %w", floorTable, err)
	}
	return nil
}

package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// errRefused marks the lack of a right, as against an outage.
var errRefused = errors.New("not allowed")

func isRefused(err error) bool { return errors.Is(err, errRefused) }

// refusal says in one sentence what an administrator has to do.
func (m *migration) refusal() error {
	self := m.conn.Config().User
	return fmt.Errorf("role %q may not change schema %q to version %d (%w): as an administrator run `grant %s to %s`, or start once with an administrator's URL",
		self, m.Schema, m.newest, errRefused, quote(ownerOf(m.Schema)), quote(self))
}

// becomeOwner makes the session act as who may create in the schema, and creates
// the schema first if there is none.
func (m *migration) becomeOwner(ctx context.Context) error {
	const query = `
		select n.oid is not null,
		       o.oid is not null,
		       coalesce(has_schema_privilege(n.oid, 'CREATE'), false),
		       coalesce(has_schema_privilege(o.oid, n.oid, 'CREATE'), false)
		from (select) as one
		left join pg_namespace n on n.nspname = $1
		left join pg_roles o on o.rolname = $2`
	var hasSchema, hasOwner, selfCreates, ownerCreates bool
	err := m.conn.QueryRow(ctx, query, pgx.QueryExecModeExec, m.Schema, ownerOf(m.Schema)).
		Scan(&hasSchema, &hasOwner, &selfCreates, &ownerCreates)
	if err != nil {
		return fmt.Errorf("inspect schema: %w", err)
	}
	if !hasSchema {
		if err := m.createSchema(ctx, hasOwner); err != nil {
			return err
		}
		selfCreates, ownerCreates = !hasOwner, hasOwner
	}
	if ownerCreates {
		switched, err := m.setRole(ctx)
		if switched || err != nil {
			return err
		}
	}
	if !selfCreates {
		return m.refusal()
	}
	return nil
}

func (m *migration) createSchema(ctx context.Context, hasOwner bool) error {
	statement := "create schema if not exists " + quote(m.Schema)
	if hasOwner {
		statement += " authorization " + quote(ownerOf(m.Schema))
	}
	_, err := m.conn.Exec(ctx, statement)
	if sqlState(err) == "42501" {
		self := m.conn.Config().User
		return fmt.Errorf("schema %q does not exist and role %q may not create it (%w): have an administrator run the bootstrap SQL, or start once with an administrator's URL",
			m.Schema, self, errRefused)
	}
	if err != nil {
		return fmt.Errorf("create schema: %w", err)
	}
	return nil
}

// setRole reports whether the session now acts as the owner. The setting survives
// `reset all`.
func (m *migration) setRole(ctx context.Context) (bool, error) {
	_, err := m.conn.Exec(ctx, "set role "+quote(ownerOf(m.Schema)))
	if sqlState(err) == "42501" {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("act as owner: %w", err)
	}
	return true, nil
}

// share lets Role use what the acting role is about to create.
func (m *migration) share(ctx context.Context) error {
	foreign, err := m.foreignRole(ctx)
	if err != nil || !foreign {
		return err
	}
	schema, role := quote(m.Schema), quote(m.Role)
	_, err = m.conn.Exec(ctx, fmt.Sprintf(`
		grant usage on schema %[1]s to %[2]s;
		alter default privileges in schema %[1]s
			grant select, insert, update, delete on tables to %[2]s;
		alter default privileges in schema %[1]s
			grant usage, select on sequences to %[2]s`, schema, role))
	if sqlState(err) == "42704" {
		return fmt.Errorf("role %q does not exist: prepare the database first, or name no role", m.Role)
	}
	if err != nil {
		return fmt.Errorf("grant schema to role %q: %w", m.Role, err)
	}
	return nil
}

// protect keeps Role from changing the schema's own record of its version.
func (m *migration) protect(ctx context.Context) error {
	foreign, err := m.foreignRole(ctx)
	if err != nil || !foreign {
		return err
	}
	tables := qualified(m.Schema, versionTable) + ", " + qualified(m.Schema, floorTable)
	_, err = m.conn.Exec(ctx, fmt.Sprintf(`
		revoke all on %[1]s from %[2]s;
		grant select on %[1]s to %[2]s`, tables, quote(m.Role)))
	if err != nil {
		return fmt.Errorf("protect version tables: %w", err)
	}
	return nil
}

// foreignRole reports whether Role is somebody other than the acting role.
func (m *migration) foreignRole(ctx context.Context) (bool, error) {
	if m.Role == "" {
		return false, nil
	}
	var foreign bool
	err := m.conn.QueryRow(ctx, "select current_user <> $1", pgx.QueryExecModeExec, m.Role).Scan(&foreign)
	if err != nil {
		return false, fmt.Errorf("compare roles: %w", err)
	}
	return foreign, nil
}

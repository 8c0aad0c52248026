package pg

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Module is one tenant of the database: the role Name logs in and works in the
// schema Name, whose tables belong to the role Name_owner.
type Module struct {
	Name     string      // lower-case letters, digits and _, at most 40, beginning with a letter
	Password secret.Text // of the role Name; printable ASCII, at least 16 characters
}

// maxRoleConnections is what one role may hold over all processes.
const maxRoleConnections = 80

// databaseSQL takes away what PostgreSQL gives to everybody.
const databaseSQL = `
do $$ begin
  execute format('revoke all on database %I from public', current_database());
  if to_regnamespace('public') is not null then
    revoke all on schema public from public;
  end if;
end $$;
`

// moduleSQL builds one module's side of the wall. Every statement may run again.
// A name is checked before it comes here, so it is the same bare and quoted.
const moduleSQL = `
do $$ begin
  if not exists (select from pg_roles where rolname = '{owner}') then
    create role "{owner}" nologin;
  end if;
  if not exists (select from pg_roles where rolname = '{name}') then
    create role "{name}" login;
  end if;
  if not (select rolsuper from pg_roles where rolname = current_user) then
    grant "{owner}" to current_user;
  end if;
end $$;
alter role "{name}" login connection limit {limit};
{password}
do $$ begin
  execute format('grant connect on database %I to "{name}"', current_database());
  execute format('alter role "{name}" in database %I set search_path = "{name}"', current_database());
  execute format('alter role "{name}" in database %I set statement_timeout = %L', current_database(), '5s');
  execute format('alter role "{name}" in database %I set idle_in_transaction_session_timeout = %L', current_database(), '10s');
end $$;
create schema if not exists "{name}" authorization "{owner}";
grant usage on schema "{name}" to "{name}";
alter default privileges for role "{owner}" in schema "{name}"
  grant select, insert, update, delete on tables to "{name}";
alter default privileges for role "{owner}" in schema "{name}"
  grant usage, select on sequences to "{name}";
`

// SQL returns what Prepare runs, as a script that an administrator runs with
// psql in the database itself, as often as wanted. A module without a password
// makes psql ask for one; a module with one gets its SCRAM verifier, so the
// script never holds a password.
func SQL(modules []Module) (string, error) {
	var script strings.Builder
	script.WriteString("-- Run with psql, as an administrator, in the database that the modules use.\n\\set ON_ERROR_STOP on\n")
	script.WriteString(databaseSQL)
	for _, m := range modules {
		statements, err := m.sql(fmt.Sprintf(`\password %s`, m.Name))
		if err != nil {
			return "", err
		}
		script.WriteString(statements)
	}
	return script.String(), nil
}

// sql returns the module's statements; a module without a password has
// noPassword in the place where the password is set.
func (m Module) sql(noPassword string) (string, error) {
	if err := checkName(m.Name); err != nil {
		return "", err
	}
	password := noPassword
	if m.Password != "" {
		stored, err := verifier(m.Password)
		if err != nil {
			return "", fmt.Errorf("role %q: %w", m.Name, err)
		}
		quoted, err := literal(stored)
		if err != nil {
			return "", fmt.Errorf("role %q: %w", m.Name, err)
		}
		password = fmt.Sprintf("alter role %s password %s;", quote(m.Name), quoted)
	}
	return strings.NewReplacer(
		"{name}", m.Name,
		"{owner}", ownerOf(m.Name),
		"{limit}", fmt.Sprint(maxRoleConnections),
		"{password}", password,
	).Replace(moduleSQL), nil
}

const maxName = 40 // bytes

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func checkName(name string) error {
	if len(name) > maxName || !namePattern.MatchString(name) {
		return fmt.Errorf("name %q cannot be a schema and a role: use at most %d lower-case letters, digits and _, beginning with a letter", name, maxName)
	}
	if strings.HasPrefix(name, "pg_") {
		return fmt.Errorf("name %q cannot be a schema and a role: PostgreSQL keeps pg_ for itself", name)
	}
	return nil
}

func ownerOf(name string) string { return name + "_owner" }

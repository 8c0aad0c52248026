package test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// relation is anything with rows that a module owns.
type relation struct{ Schema, Name string }

func (r relation) quoted() string { return pgx.Identifier{r.Schema, r.Name}.Sanitize() }

// TestDatabase_KeepsModulesApart looks at the database of a system that runs: each module's
// role against everything that another module owns (ASVS V13.2.2).
func TestDatabase_KeepsModulesApart(t *testing.T) {
	t.Parallel()
	system := shape.Start(t, shape.Direct, nil)
	all := relations(t, connect(t, system.Database.URL()))
	modules := []string{"audit", "authsvc", "identity"}
	for _, role := range modules {
		if !slices.ContainsFunc(all, func(r relation) bool { return r.Schema == role }) {
			t.Fatalf("%s owns nothing: this test looks at the wrong place", role)
		}
		t.Run("as "+role, func(t *testing.T) {
			t.Parallel()
			admin, conn := connect(t, system.Database.URL()), connect(t, system.Database.URL())
			if _, err := conn.Exec(t.Context(), "set session authorization "+role); err != nil {
				t.Fatal(err)
			}
			for _, other := range modules {
				if other != role {
					noMember(t, admin, role, other)
				}
			}
			refused(t, conn, "create table public.mine ()")
			refused(t, conn, "create schema mine")
			refused(t, conn, "create table "+role+".mine ()")
			for _, r := range all {
				own := r.Schema == role
				privileges(t, admin, role, r, own)
				if !own {
					refused(t, conn, "select * from "+r.quoted())
					refused(t, conn, "delete from "+r.quoted())
				}
			}
			works(t, conn, all, role)
		})
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func relations(t *testing.T, conn *pgx.Conn) []relation {
	t.Helper()
	const list = `
		select n.nspname as schema, c.relname as name
		from pg_class c
		join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
		and n.nspname not like 'pg\_%'
		and n.nspname <> 'information_schema'
		order by 1, 2`
	rows, err := conn.Query(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[relation])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// privileges checks what the catalogue says: whether the role may do anything at all with
// a relation that is not its own.
func privileges(t *testing.T, admin *pgx.Conn, role string, r relation, own bool) {
	t.Helper()
	const may = `
		select has_schema_privilege($1, $2, 'usage'), has_schema_privilege($1, $2, 'create'),
			exists (
				select from unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as p
				where c.relkind <> 'S' and has_table_privilege($1, c.oid, p)
				or c.relkind = 'S' and p in ('select', 'update') and has_sequence_privilege($1, c.oid, p)
			)
		from pg_class c
		where c.oid = $3::regclass`
	var usage, create, anything bool
	if err := admin.QueryRow(t.Context(), may, role, r.Schema, r.quoted()).Scan(&usage, &create, &anything); err != nil {
		t.Fatalf("%s: %v", r.quoted(), err)
	}
	if create {
		t.Errorf("%s may create things in the schema of %s", role, r.quoted())
	}
	if usage != own || (anything && !own) {
		t.Errorf("%s and %s: usage of the schema %t, privileges on it %t, its own %t", role, r.quoted(), usage, anything, own)
	}
}

// noMember checks that the role cannot become another module's role or owner.
func noMember(t *testing.T, admin *pgx.Conn, role, other string) {
	t.Helper()
	for _, target := range []string{other, other + "_owner", role + "_owner"} {
		var member bool
		if err := admin.QueryRow(t.Context(), "select pg_has_role($1, $2, 'member')", role, target).Scan(&member); err != nil {
			t.Fatal(err)
		}
		if member {
			t.Errorf("%s is a member of %s", role, target)
		}
	}
}

func refused(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql)
	if found, ok := errors.AsType[*pgconn.PgError](err); !ok || found.Code != "42501" {
		t.Errorf("%s: %v, want it refused with 42501", sql, err)
	}
}

// works proves that the role is alive: without it everything would be refused.
func works(t *testing.T, conn *pgx.Conn, all []relation, role string) {
	t.Helper()
	read := 0
	for _, r := range all {
		if r.Schema != role {
			continue
		}
		if _, err := conn.Exec(t.Context(), "select * from "+r.quoted()+" limit 1"); err == nil {
			read++
		}
	}
	if read < 5 {
		t.Errorf("%s can read %d relations of its own", role, read)
	}
}

package pg_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

// migrated brings schemas to version 1.
func migrated(t *testing.T, admin string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := pg.Migrate(t.Context(), pg.MigrateConfig{URL: admin, Schema: name, Files: files(1), Role: name}); err != nil {
			t.Fatal(err)
		}
	}
}

// The wall: DESIGN section 9, "42501 on every foreign table".
func TestPrepare_Wall(t *testing.T) {
	t.Parallel()
	names := []string{"wall_a", "wall_b"}
	admin := prepared(t, names...)
	migrated(t, admin, names...)
	for i, name := range names {
		other := names[1-i]
		conn := connect(t, as(t, admin, name))
		exec(t, conn, "select * from "+name+".thing_1")
		for _, sql := range []string{
			"select * from " + other + ".thing_1",
			"insert into " + other + ".thing_1 (name) values ('a')",
			"update " + other + ".thing_1 set name = 'a'",
			"delete from " + other + ".thing_1",
			"select * from " + other + ".schema_version",
			"create table " + other + ".mine ()",
			"create table public.mine ()",
			"create temporary table mine ()",
			"create schema mine",
			"set role " + other,
			"set role " + name + "_owner",
		} {
			if _, err := conn.Exec(t.Context(), sql); !hasState(err, "42501") {
				t.Errorf("as %s: %s: %v, want 42501", name, sql, err)
			}
		}
	}
}

func TestPrepare_Role(t *testing.T) {
	t.Parallel()
	admin := prepared(t, "prep_role")
	conn := connect(t, as(t, admin, "prep_role"))
	for setting, want := range map[string]string{
		"search_path": "prep_role", "statement_timeout": "5s", "idle_in_transaction_session_timeout": "10s",
	} {
		if got := one[string](t, conn, "select current_setting($1)", setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
	admins := connect(t, admin)
	if got := one[int](t, admins, "select rolconnlimit from pg_roles where rolname = 'prep_role'"); got != 80 {
		t.Errorf("connection limit is %d, want 80", got)
	}
	stored := one[string](t, admins, "select rolpassword from pg_authid where rolname = 'prep_role'")
	if !strings.HasPrefix(stored, "SCRAM-SHA-256$4096:") {
		t.Errorf("the password is stored as %q", stored)
	}
	if one[bool](t, admins, "select rolcanlogin from pg_roles where rolname = 'prep_role_owner'") {
		t.Error("the owner role can log in")
	}
}

func TestPrepare_Mends(t *testing.T) {
	t.Parallel()
	names := []string{"mend_a", "mend_b"}
	admin := prepared(t, names...)
	conn := connect(t, admin)
	modules := []pg.Module{{Name: "mend_a", Password: password}, {Name: "mend_b", Password: password}}
	stored := func() string {
		return one[string](t, conn, "select string_agg(rolpassword, ' ' order by rolname) from pg_authid where rolname like 'mend__'")
	}
	before := stored()
	if err := pg.Prepare(t.Context(), admin, modules); err != nil || stored() != before {
		t.Errorf("with everything in order it changed something, or failed: %v", err)
	}
	for _, damage := range []string{
		"do $$ begin execute format('grant connect on database %I to public', current_database()); end $$",
		"do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$",
		"do $$ begin execute format('alter role mend_a in database %I reset search_path', current_database()); end $$",
		"do $$ begin execute format('revoke connect on database %I from mend_b', current_database()); end $$",
		"grant usage on schema public to public",
		"revoke usage on schema mend_b from mend_b",
		"alter default privileges for role mend_a_owner in schema mend_a revoke delete on tables from mend_a",
		"alter default privileges for role mend_a_owner in schema mend_a revoke usage on sequences from mend_a",
		"alter role mend_b connection limit 1",
		"alter role mend_b nologin",
		"alter role mend_b password 'something else'",
		"alter role mend_b password null",
		"drop schema mend_a",
	} {
		exec(t, conn, damage)
		damaged := stored()
		if err := pg.Prepare(t.Context(), admin, modules); err != nil {
			t.Errorf("after %s: %v", damage, err)
		}
		mended := stored()
		if mended == damaged {
			t.Errorf("did not notice: %s", damage)
		}
		if err := pg.Prepare(t.Context(), admin, modules); err != nil || stored() != mended {
			t.Errorf("is not content with its own work after: %s (%v)", damage, err)
		}
	}
	exec(t, conn, "drop schema public")
	for range 2 {
		if err := pg.Prepare(t.Context(), admin, modules); err != nil {
			t.Errorf("without a schema public: %v", err)
		}
	}
}

func TestPrepare_Concurrent(t *testing.T) {
	t.Parallel()
	modules := []pg.Module{{Name: "prep_con_a", Password: password}, {Name: "prep_con_b", Password: password}}
	first, second := pgtest.Admin(t), pgtest.Admin(t) // roles are shared between databases too
	var group sync.WaitGroup
	for range 4 {
		for _, admin := range []string{first, second} {
			group.Go(func() {
				if err := pg.Prepare(t.Context(), admin, modules); err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
	migrated(t, first, "prep_con_a", "prep_con_b")
}

func TestPrepare_LesserAdministrator(t *testing.T) {
	t.Parallel()

	t.Run("works with CREATEROLE and an own database", func(t *testing.T) {
		t.Parallel()
		super := pgtest.Admin(t)
		exec(t, connect(t, super), `
			create role lesser_admin login createrole;
			do $$ begin execute format('alter database %I owner to lesser_admin', current_database()); end $$`)
		admin := as(t, super, "lesser_admin")
		for range 2 {
			if err := pg.Prepare(t.Context(), admin, []pg.Module{{Name: "lesser", Password: password}}); err != nil {
				t.Fatal(err)
			}
		}
		migrated(t, admin, "lesser")
		exec(t, connect(t, as(t, super, "lesser")), "insert into thing_1 (name) values ('a')")
		if one[string](t, connect(t, super), "select tableowner from pg_tables where tablename = 'thing_1'") != "lesser_owner" {
			t.Error("the table does not belong to the owner role")
		}
	})
	t.Run("says what is missing without CREATEROLE", func(t *testing.T) {
		t.Parallel()
		super := pgtest.Admin(t)
		exec(t, connect(t, super), "create role powerless login")
		err := pg.Prepare(t.Context(), as(t, super, "powerless"), []pg.Module{{Name: "powerless_m", Password: password}})
		if err == nil || !strings.Contains(err.Error(), "CREATEROLE") {
			t.Errorf("got %v, want a sentence about CREATEROLE", err)
		}
	})
}

func TestPrepare_Refusals(t *testing.T) {
	t.Parallel()
	const nowhere = "postgres://u:p@/d?host=/nowhere"
	for name, module := range map[string]pg.Module{
		"an injected name": {Name: `x"; drop role y; --`, Password: password},
		"a reserved name":  {Name: "pg_x", Password: password},
		"a capital":        {Name: "Xyz", Password: password},
		"an endless name":  {Name: strings.Repeat("x", 41), Password: password},
		"no name":          {Password: password},
		"no password":      {Name: "x"},
		"a short password": {Name: "x", Password: "short"},
	} {
		err := pg.Prepare(t.Context(), nowhere, []pg.Module{module})
		if err == nil || strings.Contains(err.Error(), "connect") {
			t.Errorf("%s: got %v, want a refusal before connecting", name, err)
		}
	}
}

func TestSQL(t *testing.T) {
	t.Parallel()

	t.Run("takes a name of 40 letters", func(t *testing.T) {
		t.Parallel()
		if _, err := pg.SQL([]pg.Module{{Name: strings.Repeat("x", 40), Password: password}}); err != nil {
			t.Error(err)
		}
	})

	t.Run("does what Prepare does", func(t *testing.T) {
		t.Parallel()
		script, err := pg.SQL([]pg.Module{{Name: "by_hand", Password: password}})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(script, password) {
			t.Error("the script holds the password")
		}
		admin := pgtest.Admin(t)
		statements := regexp.MustCompile(`(?m)^\\set .*$`).ReplaceAllString(script, "") // for psql
		exec(t, connect(t, admin), statements)
		migrated(t, admin, "by_hand")
		exec(t, connect(t, as(t, admin, "by_hand")), "insert into thing_1 (name) values ('a')")
	})
	t.Run("lets psql ask for a password that it was not given", func(t *testing.T) {
		t.Parallel()
		script, err := pg.SQL([]pg.Module{{Name: "by_hand"}})
		if err != nil || !strings.Contains(script, "\n\\password by_hand\n") {
			t.Errorf("got %v and no request for the password", err)
		}
	})
}

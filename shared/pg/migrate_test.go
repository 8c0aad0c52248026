package pg_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

const password = "a password of some length"

// files are migrations 1 to n, each of which makes a table.
func files(n int) fs.FS {
	made := fstest.MapFS{}
	for i := 1; i <= n; i++ {
		made[fmt.Sprintf("%03d_thing.sql", i)] = &fstest.MapFile{
			Data: fmt.Appendf(nil, "create table thing_%d (id bigserial primary key, name text unique);", i),
		}
	}
	return made
}

// as returns the URL with another user.
func as(t *testing.T, raw, role string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, password)
	return u.String()
}

func prepared(t *testing.T, names ...string) string {
	t.Helper()
	admin := pgtest.Admin(t)
	var modules []pg.Module
	for _, name := range names {
		modules = append(modules, pg.Module{Name: name, Password: password})
	}
	if err := pg.Prepare(t.Context(), admin, modules); err != nil {
		t.Fatal(err)
	}
	return admin
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func one[T any](t *testing.T, conn pg.Querier, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func TestMigrate_Administrator(t *testing.T) {
	t.Parallel()
	admin := prepared(t, "mig_admin")
	cfg := pg.MigrateConfig{URL: admin, Schema: "mig_admin", Files: files(2), Role: "mig_admin", Log: zerolog.Nop()}
	if err := pg.Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, admin)

	t.Run("acts as the owner role, after tern's reset too", func(t *testing.T) {
		owner := one[string](t, conn, "select string_agg(distinct tableowner, ',') from pg_tables where schemaname = 'mig_admin'")
		if owner != "mig_admin_owner" {
			t.Errorf("tables belong to %s", owner)
		}
	})
	t.Run("lets the runtime role use tables and sequences", func(t *testing.T) {
		runtime := connect(t, as(t, admin, "mig_admin"))
		exec(t, runtime, "insert into mig_admin.thing_2 (name) values ('a')")
	})
	t.Run("keeps the runtime role from its version and from definitions", func(t *testing.T) {
		runtime := connect(t, as(t, admin, "mig_admin"))
		for _, sql := range []string{
			"update mig_admin.schema_version set version = 0",
			"update mig_admin.schema_floor set version = 9",
			"create table mig_admin.mine ()",
			"drop table mig_admin.thing_1",
		} {
			if _, err := runtime.Exec(t.Context(), sql); !hasState(err, "42501") {
				t.Errorf("%s: %v, want 42501", sql, err)
			}
		}
	})
	t.Run("continues with new files and repeats nothing", func(t *testing.T) {
		for range 2 {
			cfg.Files = files(3)
			if err := pg.Migrate(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
		}
		if got := one[int](t, conn, "select version from mig_admin.schema_version"); got != 3 {
			t.Errorf("version is %d, want 3", got)
		}
	})
}

func TestMigrate_Newer(t *testing.T) {
	t.Parallel()
	admin := prepared(t, "mig_newer")
	cfg := pg.MigrateConfig{URL: admin, Schema: "mig_newer", Files: files(3), Role: "mig_newer"}
	if err := pg.Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Files = files(2)
	cfg.After = func(context.Context, *pgx.Conn) error { return errors.New("must not run on a newer schema") }

	if err := pg.Migrate(t.Context(), cfg); err != nil {
		t.Errorf("older code on a schema that serves it: %v", err)
	}
	exec(t, connect(t, admin), "update mig_newer.schema_floor set version = 3")
	err := pg.Migrate(t.Context(), cfg)
	refused, ok := errors.AsType[*pg.TooNewError](err)
	if !ok {
		t.Fatalf("older code on a schema that does not serve it: %v, want a TooNewError", err)
	}
	if want := (pg.TooNewError{Schema: "mig_newer", Version: 3, Floor: 3, Code: 2}); *refused != want {
		t.Errorf("got %+v, want %+v", *refused, want)
	}
}

func TestMigrate_ModuleURL(t *testing.T) {
	t.Parallel()

	t.Run("needs no right when the schema is at its version", func(t *testing.T) {
		t.Parallel()
		admin := prepared(t, "mig_done")
		cfg := pg.MigrateConfig{URL: admin, Schema: "mig_done", Files: files(1), Role: "mig_done"}
		if err := pg.Migrate(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		ran := false
		cfg.URL = as(t, admin, "mig_done")
		cfg.After = func(ctx context.Context, conn *pgx.Conn) error {
			ran = true
			_, err := conn.Exec(ctx, "select 1")
			return err
		}
		if err := pg.Migrate(t.Context(), cfg); err != nil || !ran {
			t.Errorf("hook ran: %t, error: %v", ran, err)
		}
		cfg.After = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "create table mine ()")
			return err
		}
		if err := pg.Migrate(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), `grant "mig_done_owner" to "mig_done"`) {
			t.Errorf("a hook without the right it needs: %v, want a sentence with the grant", err)
		}
	})
	t.Run("says what to grant when it may not migrate", func(t *testing.T) {
		t.Parallel()
		admin := prepared(t, "mig_poor")
		err := pg.Migrate(t.Context(), pg.MigrateConfig{URL: as(t, admin, "mig_poor"), Schema: "mig_poor", Files: files(1), Role: "mig_poor"})
		if err == nil || !strings.Contains(err.Error(), `grant "mig_poor_owner" to "mig_poor"`) {
			t.Fatalf("got %v, want a sentence with the grant", err)
		}
		exec(t, connect(t, admin), "grant mig_poor_owner to mig_poor")
		if err := pg.Migrate(t.Context(), pg.MigrateConfig{URL: as(t, admin, "mig_poor"), Schema: "mig_poor", Files: files(1), Role: "mig_poor"}); err != nil {
			t.Errorf("after that grant: %v", err)
		}
	})
	t.Run("migrates as itself a schema that it owns", func(t *testing.T) {
		t.Parallel()
		admin := pgtest.Admin(t)
		exec(t, connect(t, admin), "create role mig_self login; create schema mig_self authorization mig_self")
		if err := pg.Migrate(t.Context(), pg.MigrateConfig{URL: as(t, admin, "mig_self"), Schema: "mig_self", Files: files(2), Role: "mig_self"}); err != nil {
			t.Error(err)
		}
	})
	t.Run("creates the schema when it may, and says so when it may not", func(t *testing.T) {
		t.Parallel()
		admin := pgtest.Admin(t)
		conn := connect(t, admin)
		exec(t, conn, "create role mig_make login")
		cfg := pg.MigrateConfig{URL: as(t, admin, "mig_make"), Schema: "mig_make", Files: files(1)}
		if err := pg.Migrate(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "does not exist") {
			t.Errorf("without the right: %v, want that the schema does not exist", err)
		}
		exec(t, conn, "do $$ begin execute format('grant create on database %I to mig_make', current_database()); end $$")
		if err := pg.Migrate(t.Context(), cfg); err != nil {
			t.Errorf("with the right: %v", err)
		}
	})
}

func TestMigrate_Concurrent(t *testing.T) {
	t.Parallel()
	names := []string{"mig_con_a", "mig_con_b", "mig_con_c"}
	admin := prepared(t, names...)
	var group sync.WaitGroup
	var mu sync.Mutex
	inside := 0
	for range 3 {
		for _, name := range names {
			group.Go(func() {
				err := pg.Migrate(t.Context(), pg.MigrateConfig{
					URL: admin, Schema: name, Files: files(3), Role: name,
					After: func(context.Context, *pgx.Conn) error {
						mu.Lock()
						inside++
						alone := inside == 1
						mu.Unlock()
						time.Sleep(time.Millisecond)
						mu.Lock()
						inside--
						mu.Unlock()
						if !alone {
							return errors.New("another hook runs at once")
						}
						return nil
					},
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	group.Wait()
}

func TestMigrate_SeveralInTheirOrder(t *testing.T) {
	t.Parallel()
	names := []string{"mig_many_c", "mig_many_a", "mig_many_b"}
	admin := prepared(t, names...)
	var ran []string
	var configs []pg.MigrateConfig
	for _, name := range names {
		configs = append(configs, pg.MigrateConfig{
			URL: admin, Schema: name, Files: files(2), Role: name,
			After: func(context.Context, *pgx.Conn) error { ran = append(ran, name); return nil },
		})
	}
	if err := pg.Migrate(t.Context(), configs...); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ran, names) {
		t.Errorf("ran in the order %v, want %v", ran, names)
	}
	configs[1].Files, configs[2].URL = fstest.MapFS{}, "mysql://"
	err := pg.Migrate(t.Context(), configs...)
	if err == nil || !strings.Contains(err.Error(), "mig_many_a") || !strings.Contains(err.Error(), "mig_many_b") {
		t.Errorf("got %v, want both faults", err)
	}
	if len(ran) != len(names) {
		t.Error("something was done although a schema cannot be reached")
	}
}

func TestMigrate_Lock(t *testing.T) {
	t.Parallel()
	admin := prepared(t, "mig_lock")
	holder := connect(t, admin)
	key := pg.LockKey
	one[bool](t, holder, "select pg_try_advisory_lock($1)", key)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var log strings.Builder
	err := pg.Migrate(ctx, pg.MigrateConfig{URL: admin, Schema: "mig_lock", Files: files(1), Log: zerolog.New(&log)})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the caller's deadline", err)
	}
	if got := strings.Count(log.String(), "waiting for another process"); got != 1 {
		t.Errorf("said %d times that it waits, want once", got)
	}
}

func TestMigrate_Refusals(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]pg.MigrateConfig{
		"no files":       {URL: "postgres://a@b/c", Schema: "s"},
		"an empty tree":  {URL: "postgres://a@b/c", Schema: "s", Files: fstest.MapFS{}},
		"a gap":          {URL: "postgres://a@b/c", Schema: "s", Files: fstest.MapFS{"002_x.sql": {Data: []byte("select 1")}}},
		"a foreign name": {URL: "postgres://a@b/c", Schema: `s"; drop schema x; --`, Files: files(1)},
		"no URL":         {Schema: "s", Files: files(1)},
	} {
		if err := pg.Migrate(t.Context(), cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestMigrate_Failure(t *testing.T) {
	t.Parallel()
	admin := prepared(t, "mig_fail")
	broken := fstest.MapFS{
		"001_good.sql": {Data: []byte("create table good ()")},
		"002_bad.sql":  {Data: []byte("create table half (); select no_such_function()")},
	}
	err := pg.Migrate(t.Context(), pg.MigrateConfig{URL: admin, Schema: "mig_fail", Files: broken, Role: "mig_fail"})
	if err == nil || !strings.Contains(err.Error(), "002_bad.sql") {
		t.Errorf("got %v, want the name of the file", err)
	}
	conn := connect(t, admin)
	if got := one[int](t, conn, "select version from mig_fail.schema_version"); got != 1 {
		t.Errorf("version is %d, want 1", got)
	}
	if one[bool](t, conn, "select to_regclass('mig_fail.half') is not null") {
		t.Error("half of a failed file stayed")
	}
}

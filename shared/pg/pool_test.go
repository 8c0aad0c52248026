package pg_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func open(t *testing.T, cfg pg.Config) *pgxpool.Pool {
	t.Helper()
	pool, err := pg.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func TestOpen_Session(t *testing.T) {
	t.Parallel()
	admin := prepared(t, "pool_session")
	// The URL tries to loosen what is pinned.
	raw := as(t, admin, "pool_session") + "&search_path=public&statement_timeout=0"
	pool := open(t, pg.Config{URL: raw, Role: "pool_session", Schema: "pool_session", Application: "the-program"})
	for setting, want := range map[string]string{
		"search_path":                         `"pool_session"`,
		"statement_timeout":                   "5s",
		"lock_timeout":                        "3s",
		"idle_in_transaction_session_timeout": "10s",
		"application_name":                    "the-program",
	} {
		if got := one[string](t, pool, "select current_setting($1)", setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
	if got := pool.Config().MaxConns; got != 10 {
		t.Errorf("a pool without a size has %d connections, want 10", got)
	}
}

func TestOpen_Refuses(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]pg.Config{
		"no schema":        {URL: "postgres://u@h/d"},
		"negative size":    {URL: "postgres://u@h/d", Schema: "s", MaxConns: -1},
		"no URL":           {Schema: "s"},
		"not a PostgreSQL": {URL: "https://h/d", Schema: "s"},
	} {
		if _, err := pg.Open(t.Context(), cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOpen_Role(t *testing.T) {
	t.Parallel()
	admin := prepared(t, "pool_role", "pool_other", "pool_astray")
	exec(t, connect(t, admin), `
		grant pool_role to pool_other; alter role pool_other set role = pool_role;
		grant pool_role to pool_astray; alter role pool_astray set role = pool_role`)
	for name, test := range map[string]struct {
		url, role string
		superuser bool
	}{
		"a superuser":                        {url: admin, role: "pool_role", superuser: true},
		"another role":                       {url: as(t, admin, "pool_role"), role: "pool_other"},
		"a login that switches to that role": {url: as(t, admin, "pool_other"), role: "pool_role"},
		"that role, which switches away":     {url: as(t, admin, "pool_astray"), role: "pool_astray"},
	} {
		pool := open(t, pg.Config{URL: test.url, Role: test.role, Schema: "pool_role"})
		err := pool.Ping(t.Context())
		wrong, ok := errors.AsType[*pg.WrongRoleError](err)
		if !ok || wrong.Superuser != test.superuser {
			t.Errorf("%s: got %v, want a WrongRoleError", name, err)
		}
	}
	pool := open(t, pg.Config{URL: as(t, admin, "pool_role"), Role: "pool_role", Schema: "pool_role"})
	if err := pool.Ping(t.Context()); err != nil {
		t.Errorf("the role itself: %v", err)
	}
}

// Zitadel CVE-2024-32967: what a caller sees names neither host nor role nor database.
func checkOutage(t *testing.T, err error) {
	t.Helper()
	got := fault.From(pg.Fault(err))
	if got == nil || got.Kind != fault.Unavailable || got.RetryAfter != time.Second {
		t.Fatalf("got %v, want Unavailable with a second to wait", err)
	}
	for _, word := range []string{"127.0.0.1", "secret", "role_name", "db_name", "sock"} {
		if strings.Contains(got.Message, word) {
			t.Errorf("the message %q tells %q", got.Message, word)
		}
	}
}

func TestOpen_LostDatabase(t *testing.T) {
	t.Parallel()

	t.Run("fails within two seconds when nobody answers", func(t *testing.T) {
		t.Parallel()
		hole, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts and stays silent
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = hole.Close() })
		pool := open(t, pg.Config{URL: "postgres://role_name:secret@" + hole.Addr().String() + "/db_name", Schema: "s"})
		begin := time.Now()
		checkOutage(t, pool.Ping(t.Context()))
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("took %s", took)
		}
	})
	t.Run("fails at once when there is no server", func(t *testing.T) {
		t.Parallel()
		host := url.QueryEscape(t.TempDir())
		pool := open(t, pg.Config{URL: "postgres://role_name:secret@/db_name?host=" + host, Schema: "s"})
		_, err := pool.Exec(t.Context(), "select 1")
		checkOutage(t, err)
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the password: %v", err)
		}
	})
	t.Run("recovers by itself", func(t *testing.T) {
		t.Parallel()
		admin := prepared(t, "pool_lost")
		pool := open(t, pg.Config{URL: as(t, admin, "pool_lost"), Role: "pool_lost", Schema: "pool_lost", MaxConns: 2})
		pid := one[int](t, pool, "select pg_backend_pid()")
		if !one[bool](t, connect(t, admin), "select pg_terminate_backend($1, 5000)", pid) {
			t.Fatal("the connection did not end")
		}
		_, err := pool.Exec(t.Context(), "select 1")
		if err != nil {
			checkOutage(t, err) // the first statement may meet the dead connection
		}
		if _, err := pool.Exec(t.Context(), "select 1"); err != nil {
			t.Errorf("the next statement: %v", err)
		}
	})
	t.Run("tells a full pool from a slow statement", func(t *testing.T) {
		t.Parallel()
		admin := pgtest.Admin(t)
		pool := open(t, pg.Config{URL: admin, Schema: "public", MaxConns: 1})
		held, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = pool.Exec(ctx, "select 1")
		held.Release()
		checkOutage(t, err)

		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = pool.Exec(ctx, "select pg_sleep(2)")
		if got := fault.KindOf(pg.Fault(err)); got != fault.Deadline {
			t.Errorf("a caller's own deadline became %s", got)
		}
	})
}

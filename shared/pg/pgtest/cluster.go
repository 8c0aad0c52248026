package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

// server is the one cluster of the test process. It cannot be a parameter: the
// test functions of a package share nothing else.
var server running //nolint:gochecknoglobals // see above

// running is the cluster with everything that tests share.
type running struct {
	once    sync.Once
	err     error // why it does not run
	process *cluster.Process
	folder  string
	watcher *watcher
	admin   *pgxpool.Pool // of the database postgres

	names     atomic.Int64
	templates sync.Map // of string to *template
}

// Main runs the tests of a package and stops the cluster. Call it from TestMain.
// Without it the cluster ends with the process just the same, a moment later.
func Main(m *testing.M) {
	code := m.Run()
	if err := server.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop test database:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// use returns the cluster, which it starts if need be.
func use(t testing.TB) *running {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL; -short leaves it out")
	}
	server.once.Do(func() { server.err = server.start(context.WithoutCancel(t.Context())) })
	if server.err != nil {
		t.Fatalf("start test database: %v", server.err)
	}
	return &server
}

func (r *running) start(ctx context.Context) error {
	account := cluster.Current()
	install, err := cluster.Find(ctx, account, 0)
	if err != nil {
		return err
	}
	data, err := cached(ctx, install, account)
	if err != nil {
		return err
	}
	if r.folder, err = newFolder(account); err != nil {
		return err
	}
	if r.watcher, err = watch(r.folder); err != nil {
		return errors.Join(err, os.RemoveAll(r.folder))
	}
	if err := copyData(ctx, data, r.folder); err != nil {
		return errors.Join(err, r.watcher.end())
	}
	r.process, err = cluster.Launch(ctx, cluster.LaunchConfig{
		Install:  install,
		Account:  account,
		Data:     filepath.Join(r.folder, dataName),
		Socket:   r.folder,
		Log:      filepath.Join(r.folder, "postgres.log"),
		Settings: settings(),
		Orphan:   syscall.SIGQUIT,
	})
	if err != nil {
		return errors.Join(err, r.watcher.end())
	}
	// Not pg.Open: making a database has no use for a statement timeout.
	r.admin, err = pgxpool.New(ctx, r.url(cluster.Superuser, "postgres"))
	return err
}

func (r *running) stop() error {
	if r.process == nil {
		return nil
	}
	r.templates.Range(func(_, value any) bool {
		if t, ok := value.(*template); ok && t.pool != nil {
			t.pool.Close()
		}
		return true
	})
	r.admin.Close()
	return errors.Join(r.process.Stop(context.Background()), r.watcher.end())
}

func (r *running) url(role, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(role),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {r.folder}, "port": {"5432"}}.Encode(),
	}
	return u.String()
}

// settings trade durability for speed. Each test process may have many
// connections: parallel tests with a pool each.
func settings() []string {
	return []string{
		"fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"max_connections=300", "shared_buffers=32MB", "max_wal_size=256MB",
		"wal_level=minimal", "max_wal_senders=0", "autovacuum=off", "jit=off",
		"unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC", "lc_messages=C", "log_checkpoints=off",
	}
}

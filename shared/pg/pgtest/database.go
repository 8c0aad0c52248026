package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

// Spec is the schema of one module.
type Spec struct {
	Name  string                                          // of the schema and its runtime role
	Files fs.FS                                           // migrations, in its root
	After func(ctx context.Context, conn *pgx.Conn) error // as pg.MigrateConfig.After
}

// Admin returns the superuser's URL of a new and empty database, which is dropped
// when the test ends. Roles belong to the cluster, so tests that run at once and
// prepare roles should use names of their own.
func Admin(t testing.TB) string {
	t.Helper()
	r := use(t)
	return r.url(cluster.Superuser, r.create(t, "template1"))
}

// Schema returns a pool on a database of its own that holds the migrated schema.
// It connects as the module's runtime role, with the module's rights only. Pool
// and database end with the test.
func Schema(t testing.TB, spec Spec) *pgxpool.Pool {
	t.Helper()
	r := use(t)
	migrated := r.template(t, spec)
	pool, err := r.open(t.Context(), spec, r.create(t, migrated.database), 4)
	if err != nil {
		t.Fatalf("open schema %s: %v", spec.Name, err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Tx returns a transaction on the migrated schema, as the runtime role, which
// rolls back when the test ends. Tests share the database, so none sees what
// another does, but two that insert the same unique key wait for each other.
func Tx(t testing.TB, spec Spec) pgx.Tx {
	t.Helper()
	migrated := use(t).template(t, spec)
	pool, err := migrated.shared(t.Context())
	if err != nil {
		t.Fatalf("open schema %s: %v", spec.Name, err)
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatalf("begin transaction: %v", err)
	}
	t.Cleanup(func() {
		if err := tx.Rollback(context.WithoutCancel(t.Context())); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			t.Errorf("roll back transaction: %v", err)
		}
	})
	return tx
}

// template is a database with the migrated schema, made once and then cloned.
type template struct {
	server *running
	spec   Spec
	made   sync.Once
	err    error

	database string
	opened   sync.Once
	pool     *pgxpool.Pool // of a clone that Tx shares
	openErr  error
}

func (r *running) template(t testing.TB, spec Spec) *template {
	t.Helper()
	key, err := spec.key()
	if err != nil {
		t.Fatalf("read migrations of %s: %v", spec.Name, err)
	}
	entry, _ := r.templates.LoadOrStore(key, &template{server: r, spec: spec, database: "template_" + key})
	found, ok := entry.(*template)
	if !ok {
		t.Fatalf("template of %s is a %T", spec.Name, entry)
	}
	found.made.Do(func() { found.err = found.make(context.WithoutCancel(t.Context())) })
	if found.err != nil {
		t.Fatalf("migrate schema %s: %v", spec.Name, found.err)
	}
	return found
}

// key tells specs apart by name, files and whether there is a hook.
func (s Spec) key() (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %t\n", s.Name, s.After != nil)
	err := fs.WalkDir(s.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(s.Files, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(content), content)
		return err
	})
	return s.Name + "_" + hex.EncodeToString(sum.Sum(nil)[:6]), err
}

func (m *template) make(ctx context.Context) error {
	if _, err := m.server.admin.Exec(ctx, "create database "+pgx.Identifier{m.database}.Sanitize()); err != nil {
		return err
	}
	admin := m.server.url(cluster.Superuser, m.database)
	if err := pg.Prepare(ctx, admin, []pg.Module{{Name: m.spec.Name, Password: "every local login is trusted"}}); err != nil {
		return err
	}
	return pg.Migrate(ctx, pg.MigrateConfig{
		URL:    admin,
		Schema: m.spec.Name,
		Files:  m.spec.Files,
		Role:   m.spec.Name,
		After:  m.spec.After,
		Log:    zerolog.Nop(),
	})
}

// shared returns the pool of the clone that rolled-back transactions share.
func (m *template) shared(ctx context.Context) (*pgxpool.Pool, error) {
	ctx = context.WithoutCancel(ctx)
	m.opened.Do(func() {
		clone := m.database + "_shared"
		if m.openErr = m.server.clone(ctx, clone, m.database); m.openErr == nil {
			m.pool, m.openErr = m.server.open(ctx, m.spec, clone, 32)
		}
	})
	return m.pool, m.openErr
}

func (r *running) open(ctx context.Context, spec Spec, database string, conns int32) (*pgxpool.Pool, error) {
	return pg.Open(ctx, pg.Config{
		URL:         r.url(spec.Name, database),
		Role:        spec.Name,
		Schema:      spec.Name,
		MaxConns:    conns,
		Application: "pgtest",
	})
}

// create clones a database for one test.
func (r *running) create(t testing.TB, from string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", r.names.Add(1))
	if err := r.clone(t.Context(), name, from); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		_, err := r.admin.Exec(context.WithoutCancel(t.Context()), "drop database "+name+" with (force)")
		if err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return name
}

func (r *running) clone(ctx context.Context, name, from string) error {
	_, err := r.admin.Exec(ctx, fmt.Sprintf("create database %s template %s",
		pgx.Identifier{name}.Sanitize(), pgx.Identifier{from}.Sanitize()))
	return err
}

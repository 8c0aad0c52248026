package shape

import (
	"context"
	"os"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/pg/embedded"
)

// Database is a PostgreSQL server of one test's own, which can be lost and found.
type Database struct {
	folder string
	server *embedded.Server // nil: stopped
	url    string
}

// NewDatabase starts an empty database, which ends with the test.
func NewDatabase(t testing.TB) *Database {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL; -short leaves it out")
	}
	d := &Database{folder: Folder(t)}
	d.Start(t)
	t.Cleanup(func() { d.Stop(t) })
	return d
}

// Folder returns a new folder that other accounts may pass through, as PostgreSQL needs
// when root runs it. It is removed when the test ends.
func Folder(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "gatehouse-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Errorf("remove data folder: %v", err)
		}
	})
	if err := os.Chmod(folder, 0o711); err != nil { //nolint:gosec // see above
		t.Fatal(err)
	}
	return folder
}

// URL is the administrator's. It stays the same when the server stops and starts.
func (d *Database) URL() string { return d.url }

// Start starts the server again, with all that was in it.
func (d *Database) Start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), startLimit)
	defer cancel()
	server, err := embedded.Start(ctx, embedded.Config{Dir: d.folder, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if d.url != "" && d.url != server.URL() {
		t.Fatal("the database came back at another place")
	}
	d.server, d.url = server, server.URL()
}

// Stop stops the server, so that everybody loses their connections.
func (d *Database) Stop(t testing.TB) {
	t.Helper()
	if d.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), startLimit)
	defer cancel()
	if err := d.server.Stop(ctx); err != nil {
		t.Errorf("stop database: %v", err)
	}
	d.server = nil
}

package embedded

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rs/zerolog"
)

// seed is a data folder with a cluster, made once: initdb takes a second or two.
var seed struct { //nolint:gochecknoglobals // shared by the tests of the package
	once sync.Once
	dir  string
	err  error
}

// seeded returns a data folder of the test's own with a cluster in it.
func seeded(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs PostgreSQL; -short leaves it out")
	}
	seed.once.Do(func() { seed.err = makeSeed(context.WithoutCancel(t.Context())) })
	if seed.err != nil {
		t.Fatal(seed.err)
	}
	dir := filepath.Join(room(t), "data")
	if out, err := exec.CommandContext(t.Context(), "cp", "-Rp", seed.dir, dir).CombinedOutput(); err != nil {
		t.Fatalf("copy seed: %v: %s", err, out)
	}
	return dir
}

func makeSeed(ctx context.Context) error {
	parent, err := os.MkdirTemp("", "embedded-test-seed-")
	if err != nil {
		return err
	}
	if err := os.Chmod(parent, 0o711); err != nil { //nolint:gosec // the database's user has to pass
		return err
	}
	seed.dir = filepath.Join(parent, "data")
	server, err := Start(ctx, Config{Dir: seed.dir, Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	return server.Stop(ctx)
}

func dropSeed() error {
	if seed.dir == "" {
		return nil
	}
	return os.RemoveAll(filepath.Dir(seed.dir))
}

package round_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/round"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/target"
)

// The bare handler is this program again, as it is the benchmark.
func TestMain(m *testing.M) {
	if len(os.Args) != 3 || os.Args[1] != target.BareRole {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	err := target.ServeBare(ctx, os.Args[2])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// scratch is passable for the user who runs PostgreSQL where tests run as root.
func scratch(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "gatehouse-bench-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestRun(t *testing.T) {
	t.Parallel()
	folder := scratch(t)
	database, err := target.StartDatabase(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	bare, err := target.Bare(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("measures the bare handler", func(t *testing.T) { measuresTheBareHandler(t, bare, database) })
	t.Run("stops the system when it is ended", func(t *testing.T) { stopsTheSystem(t, bare, database) })
}

func measuresTheBareHandler(t *testing.T, bare target.Target, database *target.Database) {
	t.Helper()
	got, err := round.Run(t.Context(), round.Config{
		Connections: 4, Warm: load.Bounds{For: time.Minute, Most: 100}, Measured: load.Bounds{For: time.Minute, Most: 4000},
	}, bare, database)
	if err != nil {
		t.Fatal(err)
	}
	if got.Target != bare.Name || got.Boot <= 0 || len(got.Rows) != 2 {
		t.Fatalf("got %+v", got)
	}
	row := got.Rows[0]
	if row.Scenario != scenario.Bare || row.Done != 4000 || row.Failed != 0 {
		t.Errorf("got %+v", row)
	}
	if row.Metered && (row.Server <= 0 || row.Server > time.Minute || row.Database < 0) {
		t.Errorf("4000 requests cost %s, and PostgreSQL %s", row.Server, row.Database)
	}
	if row.Metered == (got.Idle == nil) {
		t.Errorf("metered: %t, idle processes: %v", row.Metered, got.Idle)
	}
}

func stopsTheSystem(t *testing.T, bare target.Target, database *target.Database) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := errors.New("enough")
	time.AfterFunc(2*time.Second, func() { cancel(ended) })
	_, err := round.Run(ctx, round.Config{
		Connections: 2, Warm: load.Bounds{For: time.Minute, Most: 10}, Measured: load.Bounds{For: time.Hour, Most: 1 << 30},
	}, bare, database)
	if !errors.Is(err, ended) {
		t.Errorf("got %v", err)
	}
}

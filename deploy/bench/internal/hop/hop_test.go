package hop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/hop"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
)

// The helpers are this program again, as they are the benchmark.
func TestMain(m *testing.M) {
	if len(os.Args) != 3 || (os.Args[1] != hop.BusRole && os.Args[1] != hop.ServiceRole) {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	var err error
	if os.Args[1] == hop.BusRole {
		err = hop.RunBus(ctx, os.Stdout, os.Args[2])
	} else {
		err = hop.RunService(ctx, os.Args[2])
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func TestMeasure_TakesEveryWay(t *testing.T) {
	t.Parallel()
	rows, err := hop.Measure(t.Context(), hop.Config{
		Scratch: t.TempDir(), InFlight: []int{1, 4},
		Warm: load.Bounds{For: time.Minute, Most: 20}, Measured: load.Bounds{For: time.Minute, Most: 200},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5*2 {
		t.Fatalf("%d rows, want five ways with two numbers of calls in flight", len(rows))
	}
	for _, row := range rows {
		if row.Done != 200 || row.Failed != 0 || row.P50 <= 0 {
			t.Errorf("%s, %d in flight: %+v", row.Way, row.InFlight, row.Result)
		}
	}
}

func TestMeasure_LeavesNothingBehindWhenItIsEnded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := errors.New("enough")
	time.AfterFunc(time.Second, func() { cancel(ended) })
	_, err := hop.Measure(ctx, hop.Config{
		Scratch: t.TempDir(), InFlight: []int{1}, // removing the folder fails if a helper still writes there
		Warm: load.Bounds{For: time.Minute, Most: 1}, Measured: load.Bounds{For: time.Hour, Most: 1 << 30},
	})
	if !errors.Is(err, ended) {
		t.Errorf("got %v", err)
	}
}

func TestHelpers_WantToBeStartedByTheBenchmark(t *testing.T) {
	t.Parallel()
	if hop.RunBus(t.Context(), io.Discard, "127.0.0.1:0") == nil || hop.RunService(t.Context(), "nats://127.0.0.1:1") == nil {
		t.Error("a helper without a root secret started")
	}
}

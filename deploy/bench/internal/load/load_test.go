package load_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
)

type worker func(context.Context) error

func (w worker) Do(ctx context.Context) error { return w(ctx) }

var errBroken = errors.New("broken")

func TestRun_StopsAtItsCount(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	count := worker(func(context.Context) error { calls.Add(1); return nil })
	result, err := load.Run(t.Context(), load.Bounds{For: time.Minute, Most: 1000}, []load.Worker{count, count, count})
	if err != nil {
		t.Fatal(err)
	}
	if result.Done != 1000 || calls.Load() != 1000 {
		t.Errorf("done %d, called %d, want 1000 of both", result.Done, calls.Load())
	}
	if result.Rate() <= 0 || result.P99 < result.P50 {
		t.Errorf("figures make no sense: %+v", result)
	}
}

func TestRun_StopsAtItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := worker(func(context.Context) error { time.Sleep(7 * time.Millisecond); return nil })
		result, err := load.Run(t.Context(), load.Bounds{For: 50 * time.Millisecond, Most: 1 << 30}, []load.Worker{slow, slow})
		if err != nil {
			t.Fatal(err)
		}
		// The eighth of each worker begins at 49 ms and is waited for.
		if result.Done != 16 || result.P50 != 7*time.Millisecond || result.Elapsed != 56*time.Millisecond {
			t.Errorf("got %+v", result)
		}
	})
}

func TestRun_KeepsFailuresOutOfTheFigures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		every := worker(func(context.Context) error {
			if calls++; calls%2 == 0 {
				return errBroken // at once, which must not make the median better
			}
			time.Sleep(2 * time.Millisecond)
			return nil
		})
		result, err := load.Run(t.Context(), load.Bounds{For: time.Minute, Most: 40}, []load.Worker{every})
		if err != nil {
			t.Fatal(err)
		}
		if result.Done != 20 || result.Failed != 20 || !errors.Is(result.Failure, errBroken) || result.P50 != 2*time.Millisecond {
			t.Errorf("got %+v", result)
		}
		if result.Rate() != 500 {
			t.Errorf("%g a second, want 500: 20 that succeeded in 40 ms", result.Rate())
		}
	})
}

func TestRun_SaysWhyNothingSucceeded(t *testing.T) {
	t.Parallel()
	never := worker(func(context.Context) error { return errBroken })
	if _, err := load.Run(t.Context(), load.Bounds{For: time.Minute, Most: 1 << 30}, []load.Worker{never}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestRun_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := worker(func(context.Context) error { cancel(errBroken); return nil })
	if _, err := load.Run(ctx, load.Bounds{For: time.Minute, Most: 1 << 30}, []load.Worker{stop}); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the cause of the end", err)
	}
}

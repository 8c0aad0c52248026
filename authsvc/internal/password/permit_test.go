package password

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func TestPermits_BoundTheWorkAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPermits(limits{permits: 3, waiting: 100, wait: time.Hour})
		var out, most, done atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if err := p.acquire(t.Context()); err != nil {
					t.Error(err)
					return
				}
				defer p.release()
				if now := out.Add(1); now > most.Load() {
					most.Store(now)
				}
				time.Sleep(time.Second) // of the bubble's clock
				out.Add(-1)
				done.Add(1)
			})
		}
		all.Wait()
		if most.Load() > 3 || done.Load() != 100 {
			t.Errorf("%d at a time, %d done; want at most 3 and 100", most.Load(), done.Load())
		}
	})
}

// Covers ASVS V15.2.2.
func TestPermits_TurnAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPermits(limits{permits: 1, waiting: 2, wait: 4 * time.Second})
		if err := p.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		waited := make(chan error, 2)
		for range 2 {
			go func() { waited <- p.acquire(t.Context()) }()
		}
		synctest.Wait()
		start := time.Now()
		err := p.acquire(t.Context())
		if !errors.Is(err, ErrBusy) || time.Since(start) != 0 {
			t.Errorf("with the queue full: %v after %v, want ErrBusy at once", err, time.Since(start))
		}
		if f := fault.From(err); f.Kind != fault.Overloaded || f.RetryAfter <= 0 {
			t.Errorf("fault is %s with RetryAfter %v, want overloaded and more than 0", f.Kind, f.RetryAfter)
		}
		for range 2 {
			if err := <-waited; !errors.Is(err, ErrBusy) || time.Since(start) != 4*time.Second {
				t.Errorf("after the wait: %v after %v, want ErrBusy after 4s", err, time.Since(start))
			}
		}
		p.release()
		if err := p.acquire(t.Context()); err != nil {
			t.Errorf("after the storm: %v, want a permit", err)
		}
	})
}

func TestPermits_HonourTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPermits(limits{permits: 1, waiting: 1, wait: time.Hour})
		if err := p.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 3 { // the queue has one place: who leaves must free it
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := p.acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("acquire = %v, want context.DeadlineExceeded", err)
			}
			cancel()
		}
	})
}

// What an unknown user costs is what a known one does: the parameters of the dummy are those
// of a fresh hash (ASVS V6.3.8).
func TestDummy_HasTheParametersOfAHash(t *testing.T) {
	t.Parallel()
	parameters := func(encoded string) string { return strings.Join(strings.Split(encoded, "$")[:4], "$") }
	if got, want := parameters(dummy), parameters(hash("x")); got != want {
		t.Errorf("the dummy is %s, a hash %s", got, want)
	}
	if ok, rehash, err := verify(dummy, "a password that nobody has"); !ok || rehash || err != nil {
		t.Errorf("it does not verify as one: %t, %t, %v", ok, rehash, err)
	}
}

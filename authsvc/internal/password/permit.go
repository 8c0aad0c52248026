package password

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// ErrBusy turns away whom the queue cannot take. Nothing was hashed.
var ErrBusy = fault.New(fault.Overloaded, "password.busy", "Too many sign-ins at the same time. Try again in a moment.").
	WithRetryAfter(2 * time.Second)

// limits bound how much is hashed at a time.
type limits struct {
	permits int           // hashes at the same time
	waiting int           // callers that may wait for a permit
	wait    time.Duration // for how long
}

// defaultLimits leaves one processor to everything else where there are several: a hash
// keeps its processor for milliseconds at a time, and a session that is looked up meanwhile
// would wait for it.
func defaultLimits() limits {
	return limits{permits: max(1, runtime.GOMAXPROCS(0)-1), waiting: 64, wait: 4 * time.Second}
}

// permits are handed out one per hash, in the order of the callers. They are safe for
// concurrent use.
type permits struct {
	limits
	slots   chan struct{} // holds one element per permit that is out
	waiters atomic.Int64
}

func newPermits(l limits) *permits {
	return &permits{limits: l, slots: make(chan struct{}, l.permits)}
}

// acquire waits for a permit: ErrBusy if the queue is full or the wait too long, the
// context's error if it ends first.
func (p *permits) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait for a password permit: %w", err)
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	if p.waiters.Add(1) > int64(p.waiting) {
		p.waiters.Add(-1)
		return ErrBusy
	}
	defer p.waiters.Add(-1)
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return ErrBusy
	case <-ctx.Done():
		return fmt.Errorf("wait for a password permit: %w", ctx.Err())
	}
}

// release gives a permit back.
func (p *permits) release() { <-p.slots }

package epoch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

const (
	askEvery     = 500 * time.Millisecond // a lease lasts four times as long
	askAgain     = 100 * time.Millisecond // after a failure
	ensureLimit  = 300 * time.Millisecond // how long somebody who needs a lease waits for one
	defaultLimit = 1_000_000              // numbers in memory: about 40 MiB
)

// ErrNoLease means that it cannot be known now whether a copy is up to date.
var ErrNoLease = fault.New(fault.Unavailable, "epoch.no_lease", "It cannot be found out now whether this still holds. Try again.").
	WithRetryAfter(time.Second)

// FollowerConfig says whom a Follower follows.
type FollowerConfig struct {
	Source string                                 // its name, for wake-ups and the log
	Ask    func(context.Context, In) (Out, error) // the source's method
	Wake   events.Wake                            // nil: it only asks now and then
	Log    zerolog.Logger
	Clock  Clock // nil: Boottime
	Limit  int   // numbers in memory; 0: a million
}

// Follower knows which copies of one source are out of date. It is safe for concurrent use.
type Follower struct {
	cfg    FollowerConfig
	holder string

	turn    chan struct{} // holds one element while somebody asks
	origin  string        // what follows is of whoever has the turn
	cursor  int64
	applied atomic.Int64

	until  atomic.Int64 // the end of the lease, by the clock
	newest atomic.Int64 // as the memory's, for a look without a lock
	began  atomic.Bool

	mutex  sync.RWMutex
	memory *memory
}

// NewFollower returns a Follower without a lease. Source and Ask are required.
func NewFollower(cfg FollowerConfig) *Follower {
	if cfg.Clock == nil {
		cfg.Clock = Boottime
	}
	if cfg.Limit <= 0 {
		cfg.Limit = defaultLimit
	}
	cfg.Log = cfg.Log.With().Str("follows", cfg.Source).Logger()
	return &Follower{cfg: cfg, holder: rand.Text(), turn: make(chan struct{}, 1), memory: newMemory(cfg.Limit)}
}

// Number is the number up to which this Follower has followed: the stamp of a copy that
// is read from now on, from a place that is not behind this Follower.
func (f *Follower) Number() int64 { return f.applied.Load() }

// Live reports whether there is a lease now.
func (f *Follower) Live() bool { return f.LiveAt(f.cfg.Clock()) }

// LiveAt is Live for who has just looked at the Follower's clock.
func (f *Follower) LiveAt(now time.Duration) bool { return int64(now) < f.until.Load() }

// Began returns nil once there has been a lease.
func (f *Follower) Began() error {
	if f.began.Load() {
		return nil
	}
	return fmt.Errorf("it is not known yet what changed in %s", f.cfg.Source)
}

// Current reports whether a copy with the stamp is up to date, as far as is known: whether
// no newer number stands at its marks. It means nothing without a lease: ask Live after it,
// or LiveAt with a time from after it.
func (f *Follower) Current(stamp int64, marks ...Mark) bool {
	if stamp >= f.newest.Load() {
		return true
	}
	f.mutex.RLock()
	defer f.mutex.RUnlock()
	if stamp < f.memory.floor {
		return false
	}
	for _, mark := range marks {
		if stamp < f.memory.at(mark) {
			return false
		}
	}
	return true
}

// Ensure returns nil if there is a lease, if need be by asking for one now. It waits at
// most 300 ms, and returns ErrNoLease if there is none then. Many who need one at the same
// time cause one question.
func (f *Follower) Ensure(ctx context.Context) error {
	if f.Live() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ensureLimit)
	defer cancel()
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return ErrNoLease.With(ctx.Err())
	}
	defer func() { <-f.turn }()
	if f.Live() { // somebody else has asked meanwhile
		return nil
	}
	if err := f.ask(ctx); err != nil {
		return ErrNoLease.With(err)
	}
	if !f.Live() {
		return ErrNoLease
	}
	return nil
}

// Run follows the source until ctx ends; then it gives up its lease and returns ctx's
// error. It outlives an outage of the source.
func (f *Follower) Run(ctx context.Context) error {
	var news <-chan struct{}
	if f.cfg.Wake != nil {
		woken, unsubscribe := f.cfg.Wake.Subscribe(Wakes(f.cfg.Source))
		defer unsubscribe()
		news = woken
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for failing := false; ; {
		select {
		case <-ctx.Done():
			f.leave(ctx)
			return ctx.Err()
		case <-news:
		case <-timer.C:
		}
		err := f.Follow(ctx)
		pause := askEvery
		if err != nil && ctx.Err() == nil {
			pause = askAgain
			if !failing {
				f.cfg.Log.Warn().Err(err).Msg("cannot follow what changes; copies do not count until this ends")
			}
		}
		failing = err != nil
		timer.Reset(pause)
	}
}

// Follow asks the source once and applies what it says. Run does this by itself; tests call
// it to know when it has happened.
func (f *Follower) Follow(ctx context.Context) error {
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-f.turn }()
	return f.ask(ctx)
}

var (
	errNonce    = errors.New("the answer is not to this question")
	errBackward = errors.New("the source's number has gone back")
)

// ask follows until the source's head is applied, which is a lease from the moment of the
// question, and once more so that the source knows of it.
func (f *Follower) ask(ctx context.Context) error {
	for {
		asked := f.cfg.Clock()
		in := In{Holder: f.holder, Nonce: rand.Text(), Applied: f.applied.Load(), Cursor: f.cursor}
		out, err := f.cfg.Ask(ctx, in)
		switch {
		case err != nil:
			return err
		case out.Nonce != in.Nonce:
			return errNonce
		case out.Origin != f.origin && f.origin != "":
			f.startOver(out)
			continue
		case out.Head < in.Applied:
			return errBackward
		}
		f.origin = out.Origin
		f.apply(out)
		if out.More {
			continue
		}
		f.applied.Store(out.Head)
		f.until.Store(int64(asked + Life))
		f.began.Store(true)
		if out.Head == in.Applied {
			return nil
		}
	}
}

// startOver follows another history: nothing from before counts.
func (f *Follower) startOver(out Out) {
	f.until.Store(0)
	f.origin, f.cursor = out.Origin, 0
	f.applied.Store(0)
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.memory.raiseFloor(out.Head)
	f.newest.Store(f.memory.newest)
}

// apply notes what was raised, and then that it was.
func (f *Follower) apply(out Out) {
	now := f.cfg.Clock()
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.memory.raiseFloor(out.Floor)
	for _, e := range out.Entries {
		f.memory.raise(Mark{e.Scope, e.Key}, e.Number, now)
		f.cursor = max(f.cursor, e.ID)
	}
	f.memory.age(now)
	f.newest.Store(f.memory.newest)
}

// leave tells the source that nobody need wait for this holder.
func (f *Follower) leave(ctx context.Context) {
	f.until.Store(0)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ensureLimit)
	defer cancel()
	_, _ = f.cfg.Ask(ctx, In{Holder: f.holder, Leave: true}) // else the source waits for it, a little while
}

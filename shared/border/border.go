package border

import (
	"context"
	"sync"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Cross returns the context that the far side of a call sees: the caller's deadline, or
// one after timeout if that is earlier, the caller's cancellation, principal and trace,
// and no other value. Call the returned function when the call has ended.
func Cross(caller context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	f := &far{caller: passing{caller}, deadline: time.Now().Add(timeout)} // the machine's clock: no injected one
	if end, ok := caller.Deadline(); ok && end.Before(f.deadline) {
		f.deadline = end
	}
	return f, f.end
}

// far is the far side's context. Its timer and its tie to the caller are made when somebody
// waits for its end: a call that finds its answer in memory needs neither.
type far struct {
	caller   passing
	deadline time.Time

	mutex  sync.Mutex
	err    error           // why it has ended, once that is known
	wait   context.Context //nolint:containedctx // what is waited for; nil until somebody does
	cancel context.CancelFunc
}

// Deadline implements context.Context.
func (f *far) Deadline() (time.Time, bool) { return f.deadline, true }

// Value implements context.Context.
func (f *far) Value(key any) any { return f.caller.Value(key) }

// Done implements context.Context.
func (f *far) Done() <-chan struct{} { return f.waiting().Done() }

// AfterFunc lets package context hear of the end without a goroutine that waits for it.
func (f *far) AfterFunc(run func()) func() bool { return context.AfterFunc(f.waiting(), run) }

func (f *far) waiting() context.Context {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.wait == nil {
		f.wait, f.cancel = context.WithDeadline(f.caller, f.deadline)
		if f.judge() != nil {
			f.cancel()
		}
	}
	return f.wait
}

// Err implements context.Context.
func (f *far) Err() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.judge()
}

// judge says whether it has ended. What was said once stays.
func (f *far) judge() error {
	switch {
	case f.err != nil:
	case f.wait != nil:
		f.err = f.wait.Err()
	case f.caller.Err() != nil:
		f.err = f.caller.Err()
	case !time.Now().Before(f.deadline):
		f.err = context.DeadlineExceeded
	}
	return f.err
}

func (f *far) end() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.judge() == nil {
		f.err = context.Canceled
	}
	if f.cancel != nil {
		f.cancel()
	}
}

// passing is the caller's context without the values that must not cross.
type passing struct{ context.Context } //nolint:containedctx // it is a context itself

// Value implements context.Context.
func (p passing) Value(key any) any {
	if trace.Owns(key) || principal.Owns(key) {
		return p.Context.Value(key)
	}
	return nil
}

// AfterFunc lets package context hear of the end without a goroutine that waits for it.
func (p passing) AfterFunc(run func()) func() bool { return context.AfterFunc(p.Context, run) }

package border

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Cross returns the context that the far side of a call sees: the caller's deadline, or
// one after timeout if that is earlier, the caller's cancellation, principal and trace,
// and no other value. Call the returned function when the call has ended.
func Cross(caller context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(far{caller}, timeout) // a duration from now, not a date: no injected clock
}

// far is the caller's context without the values that must not cross.
type far struct{ context.Context } //nolint:containedctx // it is a context itself

// Value implements context.Context.
func (f far) Value(key any) any {
	if trace.Owns(key) || principal.Owns(key) {
		return f.Context.Value(key)
	}
	return nil
}

// AfterFunc lets package context hear of the end without a goroutine that waits for it.
func (f far) AfterFunc(run func()) func() bool { return context.AfterFunc(f.Context, run) }

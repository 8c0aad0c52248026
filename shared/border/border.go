package border

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Cross returns the context that the far side of a call sees: the caller's deadline, or
// one after timeout if that is earlier, the caller's cancellation, principal and trace,
// and no other value. Call the returned function when the call has ended.
func Cross(caller context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx := trace.With(context.Background(), trace.From(caller))
	if p, ok := principal.From(caller); ok {
		ctx = principal.With(ctx, p)
	}
	end := time.Now().Add(timeout) // a duration from now, not a date: no injected clock
	if earlier, ok := caller.Deadline(); ok && earlier.Before(end) {
		end = earlier
	}
	ctx, cancel := context.WithDeadline(ctx, end)
	stop := context.AfterFunc(caller, func() {
		if !errors.Is(caller.Err(), context.DeadlineExceeded) { // then ctx ends by itself, and says so
			cancel()
		}
	})
	return ctx, func() { stop(); cancel() }
}

package border_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/border"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

type smuggledKey struct{}

func TestCross_PassesPrincipalAndTraceAndNothingElse(t *testing.T) {
	t.Parallel()
	who := principal.Principal{Subject: "reader-1", Scope: []string{"read"}}
	span := trace.Span{RequestID: "r-1", Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	caller := context.WithValue(trace.With(principal.With(t.Context(), who), span), smuggledKey{}, "a transaction")

	ctx, done := border.Cross(caller, time.Minute)
	defer done()
	if got, ok := principal.From(ctx); !ok || !cmp.Equal(got, who) {
		t.Errorf("the principal is %+v, %t", got, ok)
	}
	if got := trace.From(ctx); got != span {
		t.Errorf("the trace is %+v", got)
	}
	if got := ctx.Value(smuggledKey{}); got != nil {
		t.Errorf("%v was smuggled across", got)
	}
}

func TestCross_InventsNoPrincipal(t *testing.T) {
	t.Parallel()
	ctx, done := border.Cross(t.Context(), time.Minute)
	defer done()
	if got, ok := principal.From(ctx); ok {
		t.Errorf("nobody called, and the far side sees %+v", got)
	}
}

func TestCross_EndsAtTheEarlierDeadline(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		caller  time.Duration // 0: no deadline
		timeout time.Duration
		want    time.Duration
	}{
		"the caller has none":        {0, 5 * time.Second, 5 * time.Second},
		"the caller's is later":      {time.Minute, 5 * time.Second, 5 * time.Second},
		"the caller's is earlier":    {2 * time.Second, 5 * time.Second, 2 * time.Second},
		"the caller's is over":       {-time.Second, 5 * time.Second, 0},
		"there is no time at all":    {0, 0, 0},
		"both are at the same time":  {time.Second, time.Second, time.Second},
		"the timeout is in the past": {time.Minute, -time.Second, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				caller := t.Context()
				if c.caller != 0 {
					var cancel context.CancelFunc
					caller, cancel = context.WithTimeout(caller, c.caller)
					defer cancel()
				}
				began := time.Now()
				ctx, done := border.Cross(caller, c.timeout)
				defer done()
				<-ctx.Done()
				if took := time.Since(began); took != c.want {
					t.Errorf("ended after %s, want %s", took, c.want)
				}
				synctest.Wait()
				if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
					t.Errorf("ended with %v, want a deadline", ctx.Err())
				}
			})
		})
	}
}

func TestCross_EndsWhenTheCallerCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caller, cancel := context.WithCancelCause(t.Context())
		ctx, done := border.Cross(caller, time.Minute)
		defer done()
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatalf("ended before its caller: %v", ctx.Err())
		}
		cause := errors.New("a cause of the caller")
		cancel(cause)
		synctest.Wait()
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("got %v, want canceled", ctx.Err())
		}
		if errors.Is(context.Cause(ctx), cause) {
			t.Error("the caller's cause crossed too")
		}
	})
}

func TestCross_OfACanceledCallerIsCanceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caller, cancel := context.WithCancel(t.Context())
		cancel()
		ctx, done := border.Cross(caller, time.Minute)
		defer done()
		synctest.Wait()
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("got %v, want canceled", ctx.Err())
		}
	})
}

func TestCross_DoneEndsTheFarSideAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caller, cancel := context.WithCancel(t.Context())
		defer cancel()
		ctx, done := border.Cross(caller, time.Minute)
		done()
		if !errors.Is(ctx.Err(), context.Canceled) {
			t.Errorf("got %v, want canceled", ctx.Err())
		}
		if caller.Err() != nil {
			t.Error("the caller was canceled too")
		}
	})
}

// early ends a moment before its deadline, as the timer of a caller may.
type early struct{ context.Context }

func (e early) Deadline() (time.Time, bool) {
	end, ok := e.Context.Deadline()
	return end.Add(time.Millisecond), ok
}

func TestCross_CallsADeadlineADeadlineWhoeverNoticesItFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caller, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ctx, done := border.Cross(early{caller}, time.Minute)
		defer done()
		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("got %v, want a deadline", ctx.Err())
		}
	})
}

// What asks whether it has ended, and what waits for it, hear the same.
func TestCross_TellsOneEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		waits bool // before the end
		end   func(cancel, done func())
		want  error
	}{
		"the caller cancels":                       {false, func(cancel, _ func()) { cancel() }, context.Canceled},
		"the caller cancels one that waits":        {true, func(cancel, _ func()) { cancel() }, context.Canceled},
		"the call is done":                         {false, func(_, done func()) { done() }, context.Canceled},
		"the call is done with one that waits":     {true, func(_, done func()) { done() }, context.Canceled},
		"the time is up":                           {false, func(_, _ func()) { time.Sleep(time.Second) }, context.DeadlineExceeded},
		"the time is up for one that waits":        {true, func(_, _ func()) { time.Sleep(time.Second) }, context.DeadlineExceeded},
		"done after the time was up, never waited": {false, func(_, done func()) { time.Sleep(time.Second); done() }, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				caller, cancel := context.WithCancel(t.Context())
				defer cancel()
				ctx, done := border.Cross(caller, time.Second)
				defer done()
				if c.waits {
					select {
					case <-ctx.Done():
						t.Fatal("ended at its beginning")
					default:
					}
				}
				c.end(cancel, done)
				synctest.Wait()
				before := ctx.Err()
				<-ctx.Done()
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if after := ctx.Err(); !errors.Is(before, c.want) || !errors.Is(after, c.want) {
					t.Errorf("ended with %v, then with %v, want %v", before, after, c.want)
				}
			})
		})
	}
}

func TestCross_EndsWhatWasMadeFromIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, done := border.Cross(t.Context(), time.Minute)
		child, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		if end, _ := child.Deadline(); time.Until(end) != time.Minute {
			t.Errorf("the child ends in %s", time.Until(end))
		}
		done()
		synctest.Wait()
		if !errors.Is(child.Err(), context.Canceled) {
			t.Errorf("the child ended with %v", child.Err())
		}
	})
}

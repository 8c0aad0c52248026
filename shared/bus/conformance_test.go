package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// item holds a value of every shape that may cross.
type item struct {
	Name  string            `json:"name"`
	Count int64             `json:"count"`
	At    time.Time         `json:"at"`
	Tags  []string          `json:"tags"`
	Notes map[string]string `json:"notes"`
	Next  *item             `json:"next"`
}

type failure struct {
	Kind       fault.Kind    `json:"kind"`
	Code       string        `json:"code"`
	Message    string        `json:"message"`
	RetryAfter time.Duration `json:"retryAfter"`
}

type none struct{}

// wireSpan mirrors trace.Span with JSON names.
type wireSpan struct {
	RequestID   string `json:"requestId"`
	Traceparent string `json:"traceparent"`
}

// seen is what a handler found in its context.
type seen struct {
	Subject   string        `json:"subject"`
	HasCaller bool          `json:"hasCaller"`
	Span      wireSpan      `json:"span"`
	Smuggled  bool          `json:"smuggled"`
	Budget    time.Duration `json:"budget"`
}

type smuggledKey struct{}

var (
	echoMethod    = rpc.Method[item, item]{Service: "catalog", Name: "echo", Major: 1, Timeout: 30 * time.Second}
	failMethod    = rpc.Method[failure, none]{Service: "catalog", Name: "fail", Major: 1, Timeout: 5 * time.Second}
	plainMethod   = rpc.Method[none, none]{Service: "catalog", Name: "plain", Major: 1, Timeout: 5 * time.Second}
	panicMethod   = rpc.Method[none, none]{Service: "catalog", Name: "panic", Major: 1, Timeout: 5 * time.Second}
	contextMethod = rpc.Method[none, seen]{Service: "catalog", Name: "context", Major: 1, Timeout: 5 * time.Second}
	slowMethod    = rpc.Method[none, none]{Service: "catalog", Name: "slow", Major: 1, Timeout: 100 * time.Millisecond}
	hangMethod    = rpc.Method[none, none]{Service: "catalog", Name: "hang", Major: 1, Timeout: 2 * time.Second}
	meetMethod    = rpc.Method[none, none]{Service: "catalog", Name: "meet", Major: 1, Timeout: 10 * time.Second}
)

const crowd = 20

func conformanceServer(t testing.TB) *rpc.Server {
	t.Helper()
	var meeting sync.WaitGroup
	meeting.Add(crowd)
	untilDone := func(ctx context.Context, _ none) (none, error) {
		<-ctx.Done()
		return none{}, ctx.Err()
	}
	return rpcServer(t,
		echoMethod.Handle(func(_ context.Context, in item) (item, error) { return in, nil }),
		failMethod.Handle(func(_ context.Context, in failure) (none, error) {
			return none{}, fmt.Errorf("wrapped: %w", fault.New(in.Kind, in.Code, in.Message).WithRetryAfter(in.RetryAfter).With(errors.New("the cause")))
		}),
		plainMethod.Handle(func(context.Context, none) (none, error) { return none{}, errors.New("disk on fire at 10.0.0.7") }),
		panicMethod.Handle(func(context.Context, none) (none, error) { panic("out of cheese") }),
		contextMethod.Handle(func(ctx context.Context, _ none) (seen, error) {
			p, ok := principal.From(ctx)
			span := trace.From(ctx)
			end, _ := ctx.Deadline()
			return seen{
				Subject: p.Subject, HasCaller: ok, Span: wireSpan{span.RequestID, span.Traceparent},
				Smuggled: ctx.Value(smuggledKey{}) != nil, Budget: time.Until(end),
			}, nil
		}),
		slowMethod.Handle(untilDone),
		hangMethod.Handle(untilDone),
		meetMethod.Handle(func(context.Context, none) (none, error) {
			meeting.Done()
			meeting.Wait()
			return none{}, nil
		}),
	)
}

// callers builds the suite's subject in each shape.
func callers() map[string]func(t *testing.T) rpc.Caller {
	overBus := func(listen string, config func(*bus.Server, string) bus.ConnectConfig) func(*testing.T) rpc.Caller {
		return func(t *testing.T) rpc.Caller {
			t.Helper()
			server := startServer(t, listen)
			serve(t, connect(t, config(server, "catalog")), bus.ServiceConfig{RPC: conformanceServer(t)})
			return connect(t, config(server, edge)).Caller()
		}
	}
	return map[string]func(*testing.T) rpc.Caller{
		"direct": func(t *testing.T) rpc.Caller {
			t.Helper()
			return rpc.NewDirect(conformanceServer(t))
		},
		"codec": func(t *testing.T) rpc.Caller {
			t.Helper()
			return rpc.NewCodec(conformanceServer(t), false)
		},
		"bus in process": overBus("", inProcess),
		"bus over TCP":   overBus(loopback, overTCP),
	}
}

func TestCaller_BehavesTheSameInEveryShape(t *testing.T) {
	t.Parallel()
	suite := map[string]func(*testing.T, rpc.Caller){
		"values cross unchanged":                       valuesCross,
		"faults keep kind, code, message and time":     faultsCross,
		"plain errors and panics say nothing":          bugsAreHidden,
		"the context carries what may cross only":      contextCrosses,
		"the earlier deadline ends the call":           deadlineEnds,
		"cancellation ends the wait":                   cancellationEnds,
		"an ended context calls nobody":                endedContext,
		"calls of one method run side by side":         callsRunTogether,
		"half a megabyte crosses in either direction":  largeValuesCross,
		"a panic leaves the service able to serve":     survivesPanic,
		"a caller without principal stays without one": noPrincipal,
	}
	for shape, build := range callers() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			caller := build(t)
			for name, check := range suite {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					check(t, caller)
				})
			}
		})
	}
}

func valuesCross(t *testing.T, caller rpc.Caller) {
	t.Helper()
	in := item{
		Name: "Grüße, \u2028 世界 <&>", Count: 1<<62 + 1, At: time.Date(2026, 2, 3, 4, 5, 6, 789000001, time.UTC),
		Tags: []string{"a", ""}, Notes: map[string]string{"k": "v"}, Next: &item{Name: "inner"},
	}
	out, err := echoMethod.Call(t.Context(), caller, in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in, out); diff != "" {
		t.Error(diff)
	}
}

func faultsCross(t *testing.T, caller rpc.Caller) {
	t.Helper()
	for _, kind := range []fault.Kind{
		fault.Internal, fault.Invalid, fault.Unauthenticated, fault.Denied, fault.NotFound, fault.Conflict, fault.Exhausted,
		fault.TooLarge, fault.Unimplemented, fault.Unavailable, fault.Overloaded, fault.Deadline,
	} {
		want := fault.New(kind, "catalog."+string(kind), " two\nlines, \"quotes\" and ümläuts ").WithRetryAfter(1500 * time.Millisecond)
		_, err := failMethod.Call(t.Context(), caller, failure{want.Kind, want.Code, want.Message, want.RetryAfter})
		got := fault.From(err)
		if !errors.Is(err, want) {
			t.Fatalf("%s lost its identity: %v", kind, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (a cause must not cross either): %s", kind, diff)
		}
	}
}

func bugsAreHidden(t *testing.T, caller rpc.Caller) {
	t.Helper()
	for _, method := range []rpc.Method[none, none]{plainMethod, panicMethod} {
		_, err := method.Call(t.Context(), caller, none{})
		if fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: got %v, want an internal fault", method.Name, err)
		}
		if err == nil || strings.Contains(err.Error(), "10.0.0.7") || strings.Contains(err.Error(), "cheese") {
			t.Errorf("%s shows the cause: %v", method.Name, err)
		}
	}
}

func contextCrosses(t *testing.T, caller rpc.Caller) {
	t.Helper()
	ctx := principal.With(t.Context(), principal.Principal{Subject: "reader-1"})
	ctx = trace.With(ctx, trace.Span{RequestID: "req-1", Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
	ctx = context.WithValue(ctx, smuggledKey{}, "a transaction")
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	got, err := contextMethod.Call(ctx, caller, none{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Budget <= time.Second || got.Budget > 4*time.Second {
		t.Errorf("the handler had %s left, want a little less than 4s", got.Budget)
	}
	got.Budget = 0
	want := seen{
		Subject: "reader-1", HasCaller: true,
		Span: wireSpan{"req-1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func noPrincipal(t *testing.T, caller rpc.Caller) {
	t.Helper()
	got, err := contextMethod.Call(t.Context(), caller, none{})
	if err != nil {
		t.Fatal(err)
	}
	if got.HasCaller {
		t.Error("the handler found a principal that nobody sent")
	}
}

func deadlineEnds(t *testing.T, caller rpc.Caller) {
	t.Helper()
	if _, err := slowMethod.Call(t.Context(), caller, none{}); fault.KindOf(err) != fault.Deadline {
		t.Errorf("the method's timeout: got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := hangMethod.Call(ctx, caller, none{}); fault.KindOf(err) != fault.Deadline {
		t.Errorf("the caller's deadline: got %v", err)
	}
	if took := time.Since(began); took > 1800*time.Millisecond {
		t.Errorf("the call outlived its deadline: %s", took)
	}
}

func cancellationEnds(t *testing.T, caller rpc.Caller) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	began := time.Now()
	_, err := hangMethod.Call(ctx, caller, none{})
	if f := fault.From(err); f == nil || f.Kind != fault.Unavailable || f.Code != "canceled" {
		t.Errorf("got %v, want canceled", err)
	}
	if took := time.Since(began); took > 1800*time.Millisecond {
		t.Errorf("the call went on after its caller: %s", took)
	}
}

func endedContext(t *testing.T, caller rpc.Caller) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := echoMethod.Call(ctx, caller, item{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want canceled", err)
	}
}

func callsRunTogether(t *testing.T, caller rpc.Caller) {
	t.Helper()
	var wait sync.WaitGroup
	faults := make([]error, crowd)
	for i := range crowd {
		wait.Go(func() { _, faults[i] = meetMethod.Call(t.Context(), caller, none{}) })
	}
	wait.Wait()
	if err := errors.Join(faults...); err != nil {
		t.Error(err)
	}
}

func largeValuesCross(t *testing.T, caller rpc.Caller) {
	t.Helper()
	out, err := echoMethod.Call(t.Context(), caller, item{Name: strings.Repeat("x", 512<<10)})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Name) != 512<<10 {
		t.Errorf("%d bytes arrived", len(out.Name))
	}
}

func survivesPanic(t *testing.T, caller rpc.Caller) {
	t.Helper()
	for range 3 {
		_, _ = panicMethod.Call(t.Context(), caller, none{})
	}
	if _, err := echoMethod.Call(t.Context(), caller, item{}); err != nil {
		t.Error(err)
	}
}

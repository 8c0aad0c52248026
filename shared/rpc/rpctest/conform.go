package rpctest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Conform tests that a Caller keeps the rules of package rpc. Build returns one that
// reaches the given server, as somebody who may call Service.
func Conform(t *testing.T, build func(t *testing.T, server *rpc.Server) rpc.Caller) {
	t.Helper()
	caller := build(t, server(t))
	for name, check := range map[string]func(*testing.T, rpc.Caller){
		"values cross unchanged":                         valuesCross,
		"values without references cross unchanged":      plainValuesCross,
		"nothing is shared between caller and handler":   nothingIsShared,
		"what JSON cannot carry is an internal fault":    unencodable,
		"faults keep kind, code, message and time":       faultsCross,
		"plain errors and panics say nothing":            bugsAreHidden,
		"the context carries what may cross and no more": contextCrosses,
		"a caller without principal stays without one":   noPrincipal,
		"the method's time-out ends the call":            timeoutEnds,
		"the caller's deadline ends the call":            deadlineEnds,
		"cancellation ends the call":                     cancellationEnds,
		"a caller that is gone calls nobody":             endedBefore,
		"calls of one method run side by side":           callsRunTogether,
		"half a megabyte crosses in either direction":    largeValuesCross,
		"a panic leaves the service able to serve":       survivesPanic,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, caller)
		})
	}
}

func valuesCross(t *testing.T, caller rpc.Caller) {
	t.Helper()
	for name, in := range map[string]item{
		"everything": {
			Name: "Grüße, \u2028 世界 <&>", Count: 1<<62 + 1, At: time.Date(2026, 2, 3, 4, 5, 6, 789000001, time.UTC),
			Tags: []string{"a", ""}, Notes: map[string]string{"k": "v"}, Next: &item{Name: "inner"},
		},
		"nothing": {}, "empty, not nil": {Tags: []string{}, Notes: map[string]string{}, Next: &item{}},
	} {
		out, err := echoMethod.Call(t.Context(), caller, in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, out); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	now := time.Now()
	out, err := echoMethod.Call(t.Context(), caller, item{At: now})
	if err != nil {
		t.Fatal(err)
	}
	if !out.At.Equal(now) || strings.Contains(out.At.String(), "m=") {
		t.Errorf("%s became %s; the monotonic part must be gone, as on a wire", now, out.At)
	}
}

func plainValuesCross(t *testing.T, caller rpc.Caller) {
	t.Helper()
	out, err := swapMethod.Call(t.Context(), caller, point{1, 2})
	if err != nil || out != (point{2, 1}) {
		t.Errorf("got %+v, %v", out, err)
	}
}

func nothingIsShared(t *testing.T, caller rpc.Caller) {
	t.Helper()
	fresh := func() item {
		return item{Tags: []string{"mine"}, Notes: map[string]string{"k": "mine"}, Next: &item{Name: "mine"}}
	}
	in := fresh()
	out, err := scribbles.Call(t.Context(), caller, in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fresh(), in); diff != "" {
		t.Errorf("the handler wrote on the caller's value: %s", diff)
	}
	out.Tags[0], out.Notes["k"], out.Next.Name = "mine", "mine", "mine"
	kept, err := scribbles.Call(t.Context(), caller, item{})
	if err != nil {
		t.Fatal(err)
	}
	want := item{Tags: []string{"kept"}, Notes: map[string]string{"k": "kept"}, Next: &item{Name: "kept"}}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("the caller wrote on the handler's value: %s", diff)
	}
}

func unencodable(t *testing.T, caller rpc.Caller) {
	t.Helper()
	_, err := echoMethod.Call(t.Context(), caller, item{At: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Internal {
		t.Errorf("got %v, want an internal fault", err)
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
		if !errors.Is(err, want) {
			t.Fatalf("%s lost its identity: %v", kind, err)
		}
		if diff := cmp.Diff(want, fault.From(err)); diff != "" {
			t.Errorf("%s (a cause must not cross either): %s", kind, diff)
		}
	}
}

func bugsAreHidden(t *testing.T, caller rpc.Caller) {
	t.Helper()
	for _, method := range []rpc.Method[none, none]{plainMethod, panicMethod} {
		_, err := method.Call(t.Context(), caller, none{})
		if fault.KindOf(err) != fault.Internal {
			t.Fatalf("%s: got %v, want an internal fault", method.Name, err)
		}
		if strings.Contains(err.Error(), hidden) || errors.Unwrap(fault.From(err)) != nil {
			t.Errorf("%s shows the cause: %v", method.Name, err)
		}
	}
}

func contextCrosses(t *testing.T, caller rpc.Caller) {
	t.Helper()
	want := seen{
		Subject: "reader-1", HasCaller: true,
		RequestID: "req-1", Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
	ctx := principal.With(t.Context(), principal.Principal{Subject: want.Subject})
	ctx = trace.With(ctx, trace.Span{RequestID: want.RequestID, Traceparent: want.Traceparent})
	ctx = context.WithValue(ctx, smuggledKey{}, "a transaction")
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	got, err := contextMethod.Call(ctx, caller, none{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Budget <= 0 || got.Budget > 10*time.Second {
		t.Errorf("the handler had %s left, want a little less than 10s", got.Budget)
	}
	got.Budget = 0
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
	if got.HasCaller || got.RequestID != "" {
		t.Errorf("the handler found what nobody sent: %+v", got)
	}
	if got.Budget <= 0 || got.Budget > contextMethod.Timeout {
		t.Errorf("the handler had %s left, want the method's time-out", got.Budget)
	}
}

func timeoutEnds(t *testing.T, caller rpc.Caller) {
	t.Helper()
	if _, err := shortMethod.Call(t.Context(), caller, none{}); fault.KindOf(err) != fault.Deadline {
		t.Errorf("got %v, want a deadline", err)
	}
}

func deadlineEnds(t *testing.T, caller rpc.Caller) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := hangMethod.Call(ctx, caller, none{}); fault.KindOf(err) != fault.Deadline {
		t.Errorf("got %v, want a deadline", err)
	}
	if took := time.Since(began); took >= hangMethod.Timeout {
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
	if took := time.Since(began); took >= hangMethod.Timeout {
		t.Errorf("the call went on after its caller: %s", took)
	}
}

func endedBefore(t *testing.T, caller rpc.Caller) {
	t.Helper()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := swapMethod.Call(canceled, caller, point{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("after a cancellation: got %v, want canceled", err)
	}
	late, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	if _, err := swapMethod.Call(late, caller, point{}); fault.KindOf(err) != fault.Deadline {
		t.Errorf("after the deadline: got %v, want a deadline", err)
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
		if _, err := panicMethod.Call(t.Context(), caller, none{}); fault.KindOf(err) != fault.Internal {
			t.Errorf("got %v, want an internal fault", err)
		}
	}
	if _, err := echoMethod.Call(t.Context(), caller, item{}); err != nil {
		t.Error(err)
	}
}

package bus_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func TestService_AnswersOverloadedAtOnceBeyondItsBound(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	release, begun := make(chan struct{}), make(chan struct{}, 2)
	serve(t, connect(t, inProcess(server, "catalog")), bus.ServiceConfig{Concurrency: 2, RPC: rpcServer(t,
		meetMethod.Handle(func(context.Context, none) (none, error) {
			begun <- struct{}{}
			<-release
			return none{}, nil
		}))})
	caller := connect(t, inProcess(server, edge)).Caller()
	var wait sync.WaitGroup
	var faults [2]error
	for i := range faults {
		wait.Go(func() { _, faults[i] = meetMethod.Call(t.Context(), caller, none{}) })
	}
	<-begun
	<-begun
	began := time.Now()
	_, err := meetMethod.Call(t.Context(), caller, none{})
	if !errors.Is(err, bus.ErrOverloaded) || fault.KindOf(err) != fault.Overloaded {
		t.Errorf("got %v, want overloaded", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the refusal took %s", took)
	}
	close(release)
	wait.Wait()
	if err := errors.Join(faults[:]...); err != nil {
		t.Errorf("a call within the bound: %v", err)
	}
}

// Every call that ran is answered, and every call that was not answered did not run.
func TestService_StopsUnderLoadWithoutLosingAnAnswer(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	var ran atomic.Int64
	conn := connect(t, overTCP(server, "catalog"))
	service := serve(t, conn, bus.ServiceConfig{RPC: rpcServer(t,
		echoMethod.Handle(func(_ context.Context, in item) (item, error) {
			time.Sleep(time.Millisecond) // work, not waiting
			ran.Add(1)
			return in, nil
		}))})
	caller := connect(t, overTCP(server, edge)).Caller()
	var answered, refused atomic.Int64
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for refused.Load() == 0 {
				_, err := echoMethod.Call(t.Context(), caller, item{Name: "x"})
				switch {
				case err == nil:
					answered.Add(1)
				case errors.Is(err, rpc.ErrUnreached), errors.Is(err, bus.ErrOverloaded):
					refused.Add(1)
				default:
					t.Errorf("got %v", err)
					refused.Add(1)
				}
			}
		})
	}
	eventually(t, "a hundred calls", func() bool { return answered.Load() >= 100 })
	if err := service.Ready(); err != nil {
		t.Errorf("not ready while it serves: %v", err)
	}
	stop(t, service)
	wait.Wait()
	if ran.Load() != answered.Load() {
		t.Errorf("%d calls ran and %d were answered", ran.Load(), answered.Load())
	}
	if service.Ready() == nil {
		t.Error("a stopped service says it is ready")
	}
}

func TestService_StopCancelsWhatOutlivesTheBudget(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	begun, ended := make(chan struct{}), make(chan struct{})
	service := serve(t, connect(t, inProcess(server, "catalog")), bus.ServiceConfig{RPC: rpcServer(t,
		meetMethod.Handle(func(ctx context.Context, _ none) (none, error) {
			close(begun)
			<-ctx.Done()
			close(ended)
			return none{}, ctx.Err()
		}))})
	caller := connect(t, inProcess(server, edge)).Caller()
	ctx, cancel := context.WithCancel(t.Context())
	called := make(chan struct{})
	go func() {
		defer close(called)
		_, _ = meetMethod.Call(ctx, caller, none{})
	}()
	<-begun
	short, cancelStop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancelStop()
	if err := service.Stop(short); err == nil || !strings.Contains(err.Error(), "still under way") {
		t.Errorf("got %v", err)
	}
	<-ended
	if err := service.Stop(t.Context()); err != nil {
		t.Errorf("a second stop: %v", err)
	}
	cancel()
	<-called
}

func TestServe_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	foreign := rpc.Method[none, none]{Service: "orders", Name: "x", Major: 1, Timeout: time.Second}
	endless := rpc.Method[none, none]{Service: "catalog", Name: "x", Major: 1, Timeout: time.Hour}
	nothing := func(context.Context, none) (none, error) { return none{}, nil }
	huge := page("huge", "GET", "/api/v1/catalog/huge", nil)
	huge.Doc.Response = longSchema(300 << 10)
	for name, c := range map[string]struct {
		cfg  bus.ServiceConfig
		want string
	}{
		"a foreign method":      {bus.ServiceConfig{RPC: rpcServer(t, foreign.Handle(nothing))}, "another module"},
		"an endless method":     {bus.ServiceConfig{RPC: rpcServer(t, endless.Handle(nothing))}, "shorten it"},
		"an endless schema":     {bus.ServiceConfig{HTTP: table(t, huge)}, "shorten its schemas"},
		"a route without limit": {bus.ServiceConfig{HTTP: table(t, httpx.Route{ID: "x", Method: "GET", Path: "/x", Guard: httpx.Public(), Timeout: time.Hour, Errors: httpx.Problem, Doc: httpx.Doc{Summary: "x"}, Handle: huge.Handle})}, "shorten it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, err := connect(t, inProcess(server, "catalog")).Serve(t.Context(), c.cfg)
			if err == nil {
				stop(t, service)
				t.Fatal("it serves")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// longSchema is a schema of so many bytes, as one that has travelled.
func longSchema(length int) *httpx.Schema {
	var schema httpx.Schema
	_ = schema.UnmarshalJSON([]byte(`"` + strings.Repeat("x", length) + `"`)) // takes any text
	return &schema
}

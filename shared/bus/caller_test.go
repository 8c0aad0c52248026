package bus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// pair is a catalog that serves and an edge that calls it.
func pair(t testing.TB, handlers ...rpc.Handler) (*bus.Server, *bus.Caller) {
	t.Helper()
	server := startServer(t, loopback)
	serve(t, connect(t, overTCP(server, "catalog")), bus.ServiceConfig{RPC: rpcServer(t, handlers...)})
	return server, connect(t, overTCP(server, edge)).Caller()
}

var (
	sizeMethod    = rpc.Method[item, item]{Service: "catalog", Name: "size", Major: 2, Timeout: 30 * time.Second}
	verboseMethod = rpc.Method[none, none]{Service: "catalog", Name: "verbose", Major: 1, Timeout: 30 * time.Second}
)

func TestCaller_RefusesMessagesThatDoNotFit(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	serve(t, connect(t, inProcess(server, "catalog")), bus.ServiceConfig{RPC: rpcServer(t,
		echoMethod.Handle(func(_ context.Context, in item) (item, error) { return in, nil }),
		sizeMethod.Handle(func(_ context.Context, in item) (item, error) {
			return item{Name: strings.Repeat("x", int(in.Count))}, nil
		}),
		verboseMethod.Handle(func(context.Context, none) (none, error) {
			return none{}, fault.New(fault.Invalid, "catalog.verbose", strings.Repeat("x", 1<<20))
		}))})
	caller := connect(t, inProcess(server, edge)).Caller()
	began := time.Now()
	_, err := echoMethod.Call(t.Context(), caller, item{Name: strings.Repeat("x", 1<<20)})
	if !errors.Is(err, bus.ErrRequestTooLarge) {
		t.Errorf("a request of 1 MiB: got %v", err)
	}
	// What surrounds the name in JSON counts too.
	_, err = sizeMethod.Call(t.Context(), caller, item{Count: 1 << 20})
	if !errors.Is(err, bus.ErrAnswerTooLarge) || fault.KindOf(err) != fault.TooLarge {
		t.Errorf("an answer of 1 MiB: got %v", err)
	}
	_, err = verboseMethod.Call(t.Context(), caller, none{})
	if !errors.Is(err, bus.ErrAnswerTooLarge) {
		t.Error("a fault of 1 MiB did not become an answer that is too large")
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s: a time-out, not a refusal", took)
	}
	if _, err := sizeMethod.Call(t.Context(), caller, item{Count: 1<<20 - 200}); err != nil {
		t.Errorf("an answer just below 1 MiB: %v", err)
	}
}

func TestCaller_SaysAtOnceThatNobodyServes(t *testing.T) {
	t.Parallel()
	caller := connect(t, inProcess(startServer(t, ""), edge)).Caller()
	began := time.Now()
	_, err := echoMethod.Call(t.Context(), caller, item{})
	if !errors.Is(err, rpc.ErrUnreached) || fault.From(err).RetryAfter == 0 {
		t.Errorf("got %v, want unreached with a time to try again", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestCaller_CallsNobodyWhenItsContextHasEnded(t *testing.T) {
	t.Parallel()
	ran := make(chan struct{}, 1)
	_, caller := pair(t, echoMethod.Handle(func(context.Context, item) (item, error) {
		ran <- struct{}{}
		return item{}, nil
	}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := echoMethod.Call(ctx, caller, item{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want canceled", err)
	}
	if _, err := echoMethod.Call(t.Context(), caller, item{}); err != nil { // later on the same connection
		t.Fatal(err)
	}
	if len(ran) != 1 {
		t.Errorf("the ended call ran")
	}
}

// The Router repeats what did not run: a call survives a service that starts late.
func TestCaller_LetsTheRouterWaitForAService(t *testing.T) {
	t.Parallel()
	server := startServer(t, "")
	conn := connect(t, inProcess(server, "catalog"))
	router := rpc.NewRouter(edge, graph(), nil, connect(t, inProcess(server, edge)).Caller())
	time.AfterFunc(20*time.Millisecond, func() { serve(t, conn, bus.ServiceConfig{RPC: echoServer(t)}) })
	if _, err := echoMethod.Call(t.Context(), router, item{}); err != nil {
		t.Error(err)
	}
}

// A principal is bound to its audience, its request and the root secret: one that was
// sealed for another call is refused before the handler runs.
//
// Covers NATS CVE-2021-3127; ASVS V8.3.1.
func TestService_RefusesPrincipalsSealedForOthers(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	serve(t, connect(t, overTCP(server, "catalog")), bus.ServiceConfig{RPC: rpcServer(t,
		hushMethod.Handle(func(context.Context, none) (none, error) {
			t.Error("the handler ran")
			return none{}, nil
		}))})
	seal := func(audience, request string, key [32]byte) string {
		text, err := principal.NewSealer(key, time.Now).Seal(principal.Principal{Subject: "root"}, audience, request)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	key := root().Key("principal")
	nc := rawConn(t, server.ClientURL(), edge)
	for name, sealed := range map[string]string{
		"for another service": seal("orders", "req-1", key),
		"for another request": seal("catalog", "req-2", key),
		"with another key":    seal("catalog", "req-1", root().Key("other")),
		"not at all":          `{"sub":"root"}`,
	} {
		msg := nats.NewMsg("rpc.catalog.v1.hush.edge")
		msg.Header.Set(httpx.PrincipalHeader, sealed)
		msg.Header.Set(httpx.RequestIDHeader, "req-1")
		msg.Data = []byte(`{}`)
		answer, err := nc.RequestMsg(msg, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.Header.Get("Nats-Service-Error-Code"); got != principal.ErrSeal.Code {
			t.Errorf("sealed %s: got %q", name, got)
		}
	}
}

func TestService_DoesNotBeginWhatItsCallerHasGivenUp(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	serve(t, connect(t, overTCP(server, "catalog")), bus.ServiceConfig{RPC: rpcServer(t,
		hushMethod.Handle(func(context.Context, none) (none, error) {
			t.Error("the handler ran")
			return none{}, nil
		}))})
	nc := rawConn(t, server.ClientURL(), edge)
	for _, budget := range []string{"0", "-5", "soon", "99999999999999999999"} {
		msg := nats.NewMsg("rpc.catalog.v1.hush.edge")
		msg.Header.Set("Gatehouse-Timeout-Ms", budget)
		msg.Data = []byte(`{}`)
		answer, err := nc.RequestMsg(msg, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.Header.Get("Nats-Service-Error"); got != string(fault.Deadline) {
			t.Errorf("budget %q: got %q", budget, got)
		}
	}
}

// Inboxes are used again: what comes twice or too late must not become the answer to the
// next call.
func TestCaller_TakesNoAnswerOfAnotherCall(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	catalog := rawConn(t, server.ClientURL(), "catalog")
	late := make(chan *nats.Msg, 1)
	_, err := catalog.Subscribe("rpc.catalog.v1.echo.edge", func(m *nats.Msg) {
		if strings.Contains(string(m.Data), "late") {
			late <- m
			return
		}
		for range 3 {
			_ = m.Respond(m.Data) // a missing answer is seen below
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := catalog.Flush(); err != nil {
		t.Fatal(err)
	}
	caller := connect(t, overTCP(server, edge)).Caller()
	impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := echoMethod.Call(impatient, caller, item{Name: "late"}); fault.KindOf(err) != fault.Deadline {
		t.Fatalf("got %v, want a deadline", err)
	}
	for i := range int64(200) {
		if i == 100 {
			_ = (<-late).Respond([]byte(`{"name":"late"}`))
		}
		got, err := echoMethod.Call(t.Context(), caller, item{Count: i})
		if err != nil || got.Count != i || got.Name != "" {
			t.Fatalf("call %d: got %+v, %v", i, got, err)
		}
	}
}

// The bus must not have to remember for each call who may answer it, and how often: it
// does so for two minutes, which at some thousand calls a second fills its memory.
func TestCaller_IsAnsweredWhereTheServiceMayAlwaysPublish(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	catalog := rawConn(t, server.ClientURL(), "catalog")
	calls, err := catalog.SubscribeSync("rpc.catalog.v1.echo.edge")
	if err != nil {
		t.Fatal(err)
	}
	if err := catalog.Flush(); err != nil {
		t.Fatal(err)
	}
	caller := connect(t, overTCP(server, edge)).Caller()
	go func() { _, _ = echoMethod.Call(t.Context(), caller, item{}) }() // its answer is another test's concern
	call, err := calls.NextMsg(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // who may answer because of a question may do so 16 times
		if err := call.Respond([]byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	if refused(t, catalog, call.Reply) {
		t.Errorf("an answer to %s was refused", call.Reply)
	}
}

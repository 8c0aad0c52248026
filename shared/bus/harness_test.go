package bus_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// The world of the tests: an edge, a catalog that orders may search, and a ledger that
// reads the feed of orders.
func graph() rpc.Graph {
	return rpc.Graph{
		"edge":    {"catalog", "orders"},
		"orders":  {"catalog.find", "catalog.echo"},
		"ledger":  {"orders.feed"},
		"catalog": {},
	}
}

const edge = "edge"

func root() secret.Root { return secret.NewRoot("a root secret for tests, long enough") }

func users(t testing.TB) []bus.User {
	t.Helper()
	all, err := bus.Users(root(), graph(), edge)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// startServer runs an embedded server for the test; listen may be empty.
func startServer(t testing.TB, listen string) *bus.Server {
	t.Helper()
	server, err := bus.StartServer(bus.ServerConfig{Listen: listen, Users: users(t), Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	return server
}

const loopback = "127.0.0.1:0"

// inProcess and overTCP are the two ways to reach a server.
func inProcess(server *bus.Server, module string) bus.ConnectConfig {
	return bus.ConnectConfig{Server: server, Module: module, Root: root(), Log: zerolog.Nop()}
}

func overTCP(server *bus.Server, module string) bus.ConnectConfig {
	return bus.ConnectConfig{URL: server.ClientURL(), Module: module, Root: root(), Log: zerolog.Nop()}
}

func connect(t testing.TB, cfg bus.ConnectConfig) *bus.Conn {
	t.Helper()
	conn, err := bus.Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func serve(t testing.TB, conn *bus.Conn, cfg bus.ServiceConfig) *bus.Service {
	t.Helper()
	service, err := conn.Serve(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, service) })
	return service
}

func stop(t testing.TB, service *bus.Service) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
	defer cancel()
	if err := service.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func rpcServer(t testing.TB, handlers ...rpc.Handler) *rpc.Server {
	t.Helper()
	server, err := rpc.NewServer(zerolog.New(io.Discard), handlers...)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func table(t testing.TB, routes ...httpx.Route) *httpx.Table {
	t.Helper()
	built, err := httpx.NewTable(routes, zerolog.New(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// rawConn is a plain NATS connection with the key of a module.
func rawConn(t testing.TB, url, module string) *nats.Conn {
	t.Helper()
	pair, err := bus.Identity(root(), module)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(url, nats.Nkey(key, pair.Sign), nats.CustomInboxPrefix("_INBOX."+module), nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // refusals are read from LastError
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// eventually asks until the answer is yes, for at most ten seconds.
func eventually(t testing.TB, what string, yes func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-tick.C {
		if yes() {
			return
		}
	}
	t.Fatalf("not within ten seconds: %s", what)
}

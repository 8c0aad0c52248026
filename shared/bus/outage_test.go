package bus_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// restartable is a server that can come back on the same address.
func restartable(t *testing.T) (server *bus.Server, again func() *bus.Server) {
	t.Helper()
	server = startServer(t, loopback)
	u, err := url.Parse(server.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	return server, func() *bus.Server { return startServer(t, u.Host) }
}

// Fault plan: the bus goes and comes back. Callers fail fast, say when to try again, and
// recover without help.
func TestConn_FailsFastWithoutTheBusAndRecovers(t *testing.T) {
	t.Parallel()
	server, again := restartable(t)
	begun, release := make(chan struct{}), make(chan struct{})
	catalog := connect(t, overTCP(server, "catalog"))
	service := serve(t, catalog, bus.ServiceConfig{RPC: rpcServer(t,
		echoMethod.Handle(func(_ context.Context, in item) (item, error) { return in, nil }),
		meetMethod.Handle(func(context.Context, none) (none, error) {
			close(begun)
			<-release
			return none{}, nil
		}))})
	conn := connect(t, overTCP(server, edge))
	caller := conn.Caller()
	underWay := make(chan error, 1)
	go func() {
		_, err := meetMethod.Call(t.Context(), caller, none{}) // would wait for ten seconds
		underWay <- err
	}()
	<-begun
	began := time.Now()
	server.Shutdown()
	if err := <-underWay; !errors.Is(err, bus.ErrLost) || fault.From(err).RetryAfter == 0 || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("the call under way: got %v, want lost", err)
	}
	eventually(t, "everybody notices", func() bool { return conn.Ready() != nil && service.Ready() != nil })
	if _, err := echoMethod.Call(t.Context(), caller, item{}); !errors.Is(err, rpc.ErrUnreached) {
		t.Errorf("a call during the outage: got %v, want unreached", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("failing took %s", took)
	}
	again()
	eventually(t, "calls succeed again", func() bool {
		_, err := echoMethod.Call(t.Context(), caller, item{})
		return err == nil
	})
	close(release) // the new server lets nobody answer what the old one carried
	for range 20 {
		if err := errors.Join(conn.Ready(), service.Ready()); err != nil {
			t.Fatalf("not ready after the outage: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestConn_StartsBeforeTheBus(t *testing.T) {
	t.Parallel()
	server, again := restartable(t)
	server.Shutdown()
	catalog := connect(t, overTCP(server, "catalog"))
	service := serve(t, catalog, bus.ServiceConfig{RPC: echoServer(t)})
	conn := connect(t, overTCP(server, edge))
	if catalog.Ready() == nil || service.Ready() == nil || conn.Ready() == nil {
		t.Error("ready without a bus")
	}
	if _, err := echoMethod.Call(t.Context(), conn.Caller(), item{}); !errors.Is(err, rpc.ErrUnreached) {
		t.Errorf("got %v, want unreached", err)
	}
	again()
	eventually(t, "the call succeeds", func() bool {
		_, err := echoMethod.Call(t.Context(), conn.Caller(), item{})
		return err == nil
	})
}

func TestService_StopsWithoutTheBus(t *testing.T) {
	t.Parallel()
	server := startServer(t, loopback)
	service := serve(t, connect(t, overTCP(server, "catalog")), bus.ServiceConfig{RPC: echoServer(t)})
	server.Shutdown()
	eventually(t, "the service notices", func() bool { return service.Ready() != nil })
	stop(t, service)
}

// A bus whose users do not cover what a module serves leaves the module unready.
func TestService_IsUnreadyWhileTheBusRefusesItsSubjects(t *testing.T) {
	t.Parallel()
	var mine []bus.User
	for _, u := range users(t) {
		if u.Module == "catalog" {
			u.Subscribe = []string{"_INBOX.catalog.>", "$SRV.>"}
			mine = append(mine, u)
		}
	}
	server, err := bus.StartServer(bus.ServerConfig{Users: mine, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	service := serve(t, connect(t, inProcess(server, "catalog")), bus.ServiceConfig{RPC: echoServer(t)})
	eventually(t, "the refusal is known", func() bool { return service.Ready() != nil })
}

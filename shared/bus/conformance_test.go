package bus_test

import (
	"context"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/rpc/rpctest"
)

// Methods of the tests beside those that rpctest has.
type (
	item struct {
		Name  string    `json:"name"`
		Count int64     `json:"count"`
		At    time.Time `json:"at"`
		Tags  []string  `json:"tags"`
	}
	none struct{}
)

var (
	echoMethod = rpc.Method[item, item]{Service: "catalog", Name: "echo", Major: 1, Timeout: 30 * time.Second}
	hushMethod = rpc.Method[none, none]{Service: "catalog", Name: "hush", Major: 1, Timeout: 5 * time.Second}
	meetMethod = rpc.Method[none, none]{Service: "catalog", Name: "meet", Major: 1, Timeout: 10 * time.Second}
)

// echoServer serves echoMethod.
func echoServer(t testing.TB) *rpc.Server {
	t.Helper()
	return rpcServer(t, echoMethod.Handle(func(_ context.Context, in item) (item, error) { return in, nil }))
}

// The bus keeps the rules that every Caller keeps.
func TestCaller_BehavesAsInOneProcess(t *testing.T) {
	t.Parallel()
	for shape, build := range map[string]func(*testing.T, *rpc.Server) rpc.Caller{
		"in process": over("", inProcess),
		"over TCP":   over(loopback, overTCP),
	} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			rpctest.Conform(t, build)
		})
	}
}

func over(listen string, config func(*bus.Server, string) bus.ConnectConfig) func(*testing.T, *rpc.Server) rpc.Caller {
	return func(t *testing.T, s *rpc.Server) rpc.Caller {
		t.Helper()
		server := startServer(t, listen)
		serve(t, connect(t, config(server, rpctest.Service)), bus.ServiceConfig{RPC: s})
		return connect(t, config(server, edge)).Caller()
	}
}

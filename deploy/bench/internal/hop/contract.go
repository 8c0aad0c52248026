package hop

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// The two modules of the measurement.
const (
	caller  = "caller"
	service = "service"
)

func graph() rpc.Graph { return rpc.Graph{caller: {service}, service: {}} }

// record is what a call carries, in both directions.
type record struct {
	ID        string    `json:"id"`
	Owner     string    `json:"owner"`
	Address   string    `json:"address"`
	Agent     string    `json:"agent"`
	Labels    []string  `json:"labels"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// sample holds a slice, so that the direct call has something to copy.
func sample() record {
	created := time.Date(2026, time.January, 2, 3, 4, 5, 6000000, time.UTC)
	return record{
		ID: "01a20a77-f1f7-7d1a-9cd2-b1c6e180d60a", Owner: "01a20a77-f10a-7b40-a221-f49f7b6c6af0", Address: "127.0.0.1",
		Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Labels: []string{"one", "two"},
		CreatedAt: created, ExpiresAt: created.AddDate(0, 0, 7),
	}
}

// echo returns what it is given: the cost is that of the way alone.
func echo() rpc.Method[record, record] {
	return rpc.Method[record, record]{Service: service, Name: "echo", Major: 1, Timeout: 5 * time.Second}
}

// rawSubject is one that the caller may send to and the service may read, beside those of
// the methods.
const rawSubject = "rpc." + service + ".v1.raw." + caller

func handlers() (*rpc.Server, error) {
	return rpc.NewServer(zerolog.Nop(), echo().Handle(func(_ context.Context, in record) (record, error) { return in, nil }))
}

// startBus starts a bus with the permissions of the graph.
func startBus(listen string, root secret.Root) (*bus.Server, error) {
	users, err := bus.Users(root, graph(), "")
	if err != nil {
		return nil, err
	}
	return bus.StartServer(bus.ServerConfig{Listen: listen, Users: users, Log: zerolog.Nop()})
}

// through returns the call over any caller.
func through(c rpc.Caller) func(context.Context) error {
	in, method := sample(), echo()
	return func(ctx context.Context) error {
		_, err := method.Call(ctx, c, in)
		return err
	}
}

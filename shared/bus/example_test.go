package bus_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

type priceIn struct {
	Title string `json:"title"`
}

type priceOut struct {
	Cents int `json:"cents"`
}

// Two modules share a process and a bus: shop asks stock for a price.
func Example() {
	price := rpc.Method[priceIn, priceOut]{Service: "stock", Name: "price", Major: 1, Timeout: time.Second}
	secretRoot := secret.NewRoot("the root secret of the installation")
	ctx, log := context.Background(), zerolog.Nop()

	users, err := bus.Users(secretRoot, rpc.Graph{"shop": {"stock.price"}, "stock": {}}, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := bus.StartServer(bus.ServerConfig{Users: users, Log: log})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Shutdown()

	stock, err := bus.Connect(ctx, bus.ConnectConfig{Server: server, Module: "stock", Root: secretRoot, Log: log})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stock.Close()
	methods, err := rpc.NewServer(log, price.Handle(func(_ context.Context, in priceIn) (priceOut, error) {
		return priceOut{Cents: 100 * len(in.Title)}, nil
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	service, err := stock.Serve(ctx, bus.ServiceConfig{RPC: methods})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = service.Stop(ctx) }()

	shop, err := bus.Connect(ctx, bus.ConnectConfig{Server: server, Module: "shop", Root: secretRoot, Log: log})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer shop.Close()
	out, err := price.Call(ctx, shop.Caller(), priceIn{Title: "Emma"})
	fmt.Println(out.Cents, err)
	// Output: 400 <nil>
}

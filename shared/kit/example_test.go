package kit_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// A catalog and the orders that look books up in it, as one process. With
// GATEHOUSE_MODULES=catalog and a bus they are two, and no line changes.
func Example() {
	type greeting struct {
		Text string `envconfig:"GREETING" default:"Welcome" desc:"what the catalog says"`
	}
	greet := rpc.Method[string, string]{Service: "catalog", Name: "greet", Major: 1, Timeout: time.Second}

	catalog := kit.Configured(kit.Spec{Name: "catalog", Contract: []rpc.Desc{greet.Desc()}},
		func(config greeting, _ kit.Deps) (*kit.Module, error) {
			serve := func(_ context.Context, name string) (string, error) { return config.Text + ", " + name, nil }
			return &kit.Module{Handlers: []rpc.Handler{greet.Handle(serve)}}, nil
		})
	orders := kit.Configured(kit.Spec{Name: "orders"}, func(_ struct{}, deps kit.Deps) (*kit.Module, error) {
		return &kit.Module{Start: func(ctx context.Context) error {
			text, err := greet.Call(ctx, deps.Call, "Jane")
			fmt.Println(text)
			return err
		}}, nil
	})
	shop := kit.Program{
		Name: "shop", Specs: []kit.Spec{catalog, orders},
		Graph: rpc.Graph{"catalog": {}, "orders": {"catalog"}},
	}

	data, err := os.MkdirTemp("", "shop-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(data) }()
	environ := map[string]string{"GATEHOUSE_DATA": data, "GATEHOUSE_OPS_ADDR": "127.0.0.1:0", "GATEHOUSE_GREETING": "Good day"}
	system, err := shop.Start(context.Background(), kit.Options{Environ: environ, Log: zerolog.Nop()})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(system.Ready(context.Background())), "reasons not to be ready")
	fmt.Println(system.Stop(context.Background()))
	// Output:
	// Good day, Jane
	// 0 reasons not to be ready
	// <nil>
}

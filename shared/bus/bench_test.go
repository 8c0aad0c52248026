package bus_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// measure runs call b.N times, one after another, and reports the median and the 99th
// percentile beside Go's mean.
func measure(b *testing.B, call func() error) {
	b.Helper()
	took := make([]time.Duration, 0, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		if err := call(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}

// BenchmarkCall shows what a call between modules costs by shape: the same method, value,
// principal and trace each time. The raw figures are NATS alone with the same bytes.
func BenchmarkCall(b *testing.B) {
	handler := echoMethod.Handle(func(_ context.Context, in item) (item, error) { return in, nil })
	value := item{Name: "Emma", Count: 7, At: time.Unix(1000, 0).UTC(), Tags: []string{"novel", "1815"}}
	ctx := trace.With(b.Context(), trace.Span{RequestID: "req-1"})
	ctx = principal.With(ctx, principal.Principal{Subject: "reader-1", Roles: []string{"librarian"}})
	invoke := func(b *testing.B, caller rpc.Caller) {
		b.Helper()
		measure(b, func() error { _, err := echoMethod.Call(ctx, caller, value); return err })
	}
	b.Run("direct", func(b *testing.B) { invoke(b, rpc.NewDirect(rpcServer(b, handler))) })
	b.Run("codec", func(b *testing.B) { invoke(b, rpc.NewCodec(rpcServer(b, handler), false)) })
	shapes := map[string]func(*bus.Server, string) bus.ConnectConfig{"nats-inproc": inProcess, "nats-tcp": overTCP}
	for _, name := range []string{"nats-inproc", "nats-tcp"} {
		b.Run(name, func(b *testing.B) {
			server := startServer(b, loopback)
			serve(b, connect(b, shapes[name](server, "catalog")), bus.ServiceConfig{RPC: rpcServer(b, handler)})
			invoke(b, connect(b, shapes[name](server, edge)).Caller())
		})
	}
	b.Run("raw-nats-tcp", func(b *testing.B) {
		url := startServer(b, loopback).ClientURL()
		answering, asking := rawConn(b, url, "catalog"), rawConn(b, url, edge)
		if _, err := answering.Subscribe("rpc.catalog.v1.echo.*", func(m *nats.Msg) { _ = m.Respond(m.Data) }); err != nil {
			b.Fatal(err)
		}
		if err := answering.Flush(); err != nil {
			b.Fatal(err)
		}
		body := []byte(`{"name":"Emma","count":7,"at":"1970-01-01T00:16:40Z","tags":["novel","1815"],"notes":null,"next":null}`)
		measure(b, func() error { _, err := asking.Request("rpc.catalog.v1.echo.edge", body, time.Second); return err })
	})
}

// BenchmarkCallParallel is the same over the bus with as many callers as cores.
func BenchmarkCallParallel(b *testing.B) {
	for _, name := range []string{"nats-inproc", "nats-tcp"} {
		b.Run(name, func(b *testing.B) {
			server := startServer(b, loopback)
			config := inProcess
			if name == "nats-tcp" {
				config = overTCP
			}
			serve(b, connect(b, config(server, "catalog")), bus.ServiceConfig{RPC: rpcServer(b,
				echoMethod.Handle(func(_ context.Context, in item) (item, error) { return in, nil }))})
			caller := connect(b, config(server, edge)).Caller()
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := echoMethod.Call(b.Context(), caller, item{Name: "Emma"}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

package hop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Arguments that turn this program into a helper.
const (
	BusRole     = "hop-bus"
	ServiceRole = "hop-service"
)

const rootVariable = "BENCH_ROOT"

func rootOfHelper() (secret.Root, error) {
	value := secret.Text(os.Getenv(rootVariable))
	if value == "" {
		return secret.Root{}, errors.New(rootVariable + " is missing: helpers are started by the benchmark, not by hand")
	}
	return secret.NewRoot(value), nil
}

// RunBus is the bus until ctx ends. It listens on address and writes its URL to out.
func RunBus(ctx context.Context, out io.Writer, address string) error {
	root, err := rootOfHelper()
	if err != nil {
		return err
	}
	server, err := startBus(address, root)
	if err != nil {
		return err
	}
	defer server.Shutdown()
	if _, err := fmt.Fprintln(out, server.ClientURL()); err != nil {
		return fmt.Errorf("say where the bus listens: %w", err)
	}
	<-ctx.Done()
	return nil
}

// RunService answers calls and raw requests on the bus at url until ctx ends.
func RunService(ctx context.Context, url string) error {
	root, err := rootOfHelper()
	if err != nil {
		return err
	}
	server, err := handlers()
	if err != nil {
		return err
	}
	conn, err := bus.Connect(ctx, bus.ConnectConfig{URL: url, Module: service, Root: root, Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	defer conn.Close()
	serving, err := conn.Serve(ctx, bus.ServiceConfig{RPC: server})
	if err != nil {
		return err
	}
	raw, err := dialRaw(url, service, root)
	if err != nil {
		return err
	}
	defer raw.Close()
	if _, err := raw.Subscribe(rawSubject, func(m *nats.Msg) { _ = m.Respond(m.Data) }); err != nil { // the caller sees a missing answer
		return fmt.Errorf("answer raw requests: %w", err)
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return serving.Stop(stopping)
}

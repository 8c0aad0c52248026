package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/hop"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/target"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run does what the arguments say: measure, or be one of the programs that are measured.
func run(ctx context.Context, args []string) error {
	if len(args) == 2 {
		switch args[0] {
		case target.BareRole:
			return target.ServeBare(ctx, args[1])
		case hop.BusRole:
			return hop.RunBus(ctx, os.Stdout, args[1])
		case hop.ServiceRole:
			return hop.RunService(ctx, args[1])
		}
	}
	s, err := read(os.Getenv, args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.limit(), errors.New("the whole run took too long"))
	defer cancel()
	return bench(ctx, s)
}

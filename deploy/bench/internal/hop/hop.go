package hop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

// Config says how long each way is measured.
type Config struct {
	Scratch  string // takes the logs of the helpers
	InFlight []int  // calls at a time
	Warm     load.Bounds
	Measured load.Bounds
}

// Row is one way at one number of calls in flight.
type Row struct {
	Way      string
	InFlight int
	load.Result
	CPU     time.Duration
	Metered bool
}

// A way is one of the routes a call can take.
type way struct {
	name    string
	call    func(context.Context) error
	helpers []func() (usage.Tree, error) // the processes beside this one
}

// Measure measures all ways.
func Measure(ctx context.Context, cfg Config) (rows []Row, err error) {
	near, err := openNear(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, near.close(ctx)) }()
	far, err := openFar(ctx, cfg.Scratch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, far.close(ctx)) }()
	for _, w := range append(near.ways(), far.ways()...) {
		for _, n := range cfg.InFlight {
			row, err := w.measure(ctx, cfg, n)
			if err != nil {
				return nil, fmt.Errorf("measure a call %s, %d in flight: %w", w.name, n, err)
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// worker makes calls one after the other.
type worker func(context.Context) error

// Do implements load.Worker.
func (w worker) Do(ctx context.Context) error { return w(ctx) }

func (w way) measure(ctx context.Context, cfg Config, inFlight int) (Row, error) {
	var workers []load.Worker
	for range inFlight {
		workers = append(workers, worker(w.call))
	}
	if _, err := load.Run(ctx, cfg.Warm, workers); err != nil {
		return Row{}, err
	}
	before, metered, err := w.spent()
	if err != nil {
		return Row{}, err
	}
	row := Row{Way: w.name, InFlight: inFlight, Metered: metered}
	if row.Result, err = load.Run(ctx, cfg.Measured, workers); err != nil {
		return Row{}, err
	}
	after, _, err := w.spent()
	row.CPU = after - before
	return row, err
}

// spent adds up the CPU time of this process and of the helpers.
func (w way) spent() (total time.Duration, metered bool, err error) {
	self := func() (usage.Tree, error) { return usage.Alone(os.Getpid()) }
	for _, read := range append([]func() (usage.Tree, error){self}, w.helpers...) {
		tree, err := read()
		if errors.Is(err, usage.ErrUnsupported) {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		total += tree.CPU()
	}
	return total, true, nil
}

package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Worker does one operation and returns when it is done. Only one goroutine calls it.
type Worker interface {
	Do(ctx context.Context) error
}

// Bounds end a run: whichever is reached first.
type Bounds struct {
	For  time.Duration
	Most int // operations, over all workers
}

// Result is what a run did.
type Result struct {
	Done    int // operations that succeeded
	Failed  int
	Failure error // the first one
	Elapsed time.Duration
	P50     time.Duration
	P99     time.Duration
}

// Rate returns the successful operations per second.
func (r Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Done) / r.Elapsed.Seconds()
}

// failuresInARow is when a worker gives up: the server is not there, or the scenario is wrong.
const failuresInARow = 20

// Run drives all workers at once until a bound is reached, and waits for what is under way.
// It returns an error when ctx ended, or when nothing succeeded.
func Run(ctx context.Context, bounds Bounds, workers []Worker) (Result, error) {
	var left atomic.Int64
	left.Store(int64(bounds.Most))
	tallies := make([]tally, len(workers))
	var all sync.WaitGroup
	began := time.Now()
	for i, worker := range workers {
		all.Go(func() { tallies[i].drive(ctx, worker, began.Add(bounds.For), &left) })
	}
	all.Wait()
	result := sum(tallies)
	result.Elapsed = time.Since(began)
	switch {
	case ctx.Err() != nil:
		return result, fmt.Errorf("generate load: %w", context.Cause(ctx))
	case result.Done == 0 && result.Failure != nil:
		return result, fmt.Errorf("generate load: nothing succeeded: %w", result.Failure)
	case result.Done == 0:
		return result, errors.New("generate load: no operation was asked for")
	}
	return result, nil
}

// tally is what one worker did.
type tally struct {
	took    []time.Duration
	failed  int
	failure error
}

func (t *tally) drive(ctx context.Context, worker Worker, until time.Time, left *atomic.Int64) {
	inARow := 0
	for now := time.Now(); now.Before(until) && left.Add(-1) >= 0 && ctx.Err() == nil; {
		err := worker.Do(ctx)
		done := time.Now()
		if err == nil {
			inARow = 0
			t.took = append(t.took, done.Sub(now))
		} else {
			t.failed++
			if t.failure == nil {
				t.failure = err
			}
			if inARow++; inARow == failuresInARow {
				return
			}
		}
		now = done
	}
}

func sum(tallies []tally) Result {
	var result Result
	var took []time.Duration
	for _, t := range tallies {
		took = append(took, t.took...)
		result.Failed += t.failed
		if result.Failure == nil {
			result.Failure = t.failure
		}
	}
	slices.Sort(took)
	result.Done = len(took)
	result.P50, result.P99 = percentile(took, 0.50), percentile(took, 0.99)
	return result
}

// percentile returns the nearest rank of an ordered list; 0 of an empty one.
func percentile(ordered []time.Duration, p float64) time.Duration {
	if len(ordered) == 0 {
		return 0
	}
	rank := int(math.Ceil(p * float64(len(ordered))))
	return ordered[max(rank, 1)-1]
}

package bus

import (
	"context"
	"sync/atomic"
)

// maxIdle is how many goroutines a crew keeps while there is no work.
const maxIdle = 32

// crew bounds how much work of one kind runs at a time. Its goroutines wait for more when
// they are done, because a new one would have to grow its stack again.
type crew struct {
	places  chan struct{}
	waiting chan func()     // to a goroutine that has nothing to do
	end     <-chan struct{} // nothing is left to wait for
	idle    atomic.Int64
}

func newCrew(size int, end <-chan struct{}) *crew {
	return &crew{places: make(chan struct{}, size), waiting: make(chan func()), end: end}
}

// begin runs do on a goroutine of its own, or reports that there is no place. It never
// waits: the goroutine that asks is the one that reads the connection's messages.
func (c *crew) begin(do func()) bool {
	select {
	case c.places <- struct{}{}:
	default:
		return false
	}
	select {
	case c.waiting <- do:
	default:
		go c.work(do)
	}
	return true
}

func (c *crew) work(do func()) {
	for {
		do()
		<-c.places
		if c.idle.Add(1) > maxIdle {
			c.idle.Add(-1)
			return
		}
		select {
		case do = <-c.waiting:
			c.idle.Add(-1)
		case <-c.end:
			return
		}
	}
}

// close waits until no work is left, and lets none in again.
func (c *crew) close(ctx context.Context) error {
	for range cap(c.places) {
		select {
		case c.places <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

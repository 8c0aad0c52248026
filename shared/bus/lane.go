package bus

import "context"

// lane bounds how much work of one kind runs at a time.
type lane chan struct{}

// enter takes a place, or reports that there is none. It never waits: the goroutine
// that asks is the one that reads the connection's messages.
func (l lane) enter() bool {
	select {
	case l <- struct{}{}:
		return true
	default:
		return false
	}
}

func (l lane) leave() { <-l }

// close waits until no work is left, and lets none in again.
func (l lane) close(ctx context.Context) error {
	for range cap(l) {
		select {
		case l <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

package events

import "sync"

// Wake spreads the news that a source has new events. It promises nothing: news may
// get lost, double or come without a reason. Implementations are safe for concurrent
// use.
type Wake interface {
	// Publish tells the subscribers of the source. It never waits for them.
	Publish(source string)
	// Subscribe returns a channel that receives after news of the source; news that
	// is not picked up yet swallows what follows. The function ends the subscription.
	Subscribe(source string) (<-chan struct{}, func())
}

// Local is the Wake of one process. The zero value is ready to use.
type Local struct {
	mu          sync.Mutex
	subscribers map[string]map[chan struct{}]struct{}
}

var _ Wake = (*Local)(nil)

// Publish implements Wake.
func (l *Local) Publish(source string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for subscriber := range l.subscribers[source] {
		select {
		case subscriber <- struct{}{}:
		default: // it has news to pick up already
		}
	}
}

// Subscribe implements Wake.
func (l *Local) Subscribe(source string) (<-chan struct{}, func()) {
	news := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.subscribers == nil {
		l.subscribers = map[string]map[chan struct{}]struct{}{}
	}
	if l.subscribers[source] == nil {
		l.subscribers[source] = map[chan struct{}]struct{}{}
	}
	l.subscribers[source][news] = struct{}{}
	return news, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subscribers[source], news)
		if len(l.subscribers[source]) == 0 {
			delete(l.subscribers, source)
		}
	}
}

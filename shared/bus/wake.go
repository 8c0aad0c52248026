package bus

import (
	"sync"

	"github.com/nats-io/nats.go"
)

// Wake rings between processes when a feed has something new. A ring carries nothing and
// may be lost, which costs only latency: readers poll as well. It is safe for concurrent use.
type Wake struct{ conn *Conn }

// Wake returns the wake-ups of the module, which may ring only for itself.
func (c *Conn) Wake() *Wake { return &Wake{c} }

// Publish rings for everyone who listens to source. It never blocks.
func (w *Wake) Publish(source string) {
	_ = w.conn.link.nats.Publish(wakeSubject(source), nil) // while the bus is away: lost, as promised
}

// Subscribe returns a channel that receives a value after one or more rings of source,
// and once after each connect. Call the function to end the subscription.
func (w *Wake) Subscribe(source string) (<-chan struct{}, func()) {
	return w.conn.listen(wakeSubject(source))
}

// listen subscribes to a subject whose messages say nothing but that they came.
func (c *Conn) listen(subject string) (<-chan struct{}, func()) {
	bell, remove := c.bells.add()
	sub, err := c.link.nats.Subscribe(subject, func(*nats.Msg) { ring(bell) })
	if err != nil { // closed for good: nothing will ring again
		return bell, remove
	}
	return bell, func() {
		remove()
		_ = sub.Unsubscribe() // fails only on a closed connection
	}
}

// bells are the channels to ring when rings may have been missed.
type bells struct {
	mu   sync.Mutex
	all  map[int]chan struct{}
	next int
}

func (b *bells) add() (chan struct{}, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[int]chan struct{}{}
	}
	id, bell := b.next, make(chan struct{}, 1)
	b.next++
	b.all[id] = bell
	return bell, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.all, id)
	}
}

func (b *bells) ringAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, bell := range b.all {
		ring(bell)
	}
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default: // it has rung already
	}
}

package bus

import (
	"crypto/rand"
	"sync"

	"github.com/nats-io/nats.go"
)

// maxFree is how many inboxes for one service are kept while no call needs them.
const maxFree = 64

// inbox receives the answer to one call at a time, straight from the goroutine that reads
// the connection. NATS's own way would hand it over once more.
type inbox struct {
	prefix  string // of the subjects that it hears; a token of the call ends them
	answers chan *nats.Msg
	sub     *nats.Subscription
}

// subject is where the answer to a new call goes. Nobody can guess it.
func (b *inbox) subject() string { return b.prefix + rand.Text() }

// inboxes keeps inboxes by the service that answers there, so that none can fill the one
// in which another's answer is awaited.
type inboxes struct {
	mu   sync.Mutex
	free map[string][]*inbox
}

func (all *inboxes) take(nc *nats.Conn, caller, service string) (*inbox, error) {
	if kept := all.kept(service); kept != nil {
		return kept, nil
	}
	fresh := &inbox{prefix: answerPrefix(caller, service) + rand.Text() + ".", answers: make(chan *nats.Msg, maxParts)}
	var err error
	fresh.sub, err = nc.ChanSubscribe(fresh.prefix+"*", fresh.answers)
	return fresh, err
}

func (all *inboxes) kept(service string) *inbox {
	all.mu.Lock()
	defer all.mu.Unlock()
	free := all.free[service]
	if len(free) == 0 {
		return nil
	}
	last := len(free) - 1
	all.free[service] = free[:last]
	return free[last]
}

// give returns an inbox after a call. One whose answer may still come is used no more.
func (all *inboxes) give(service string, b *inbox, answered bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if !answered || len(all.free[service]) >= maxFree {
		_ = b.sub.Unsubscribe() // fails only on a closed connection
		return
	}
	if all.free == nil {
		all.free = map[string][]*inbox{}
	}
	all.free[service] = append(all.free[service], b)
}

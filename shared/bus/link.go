package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// link is one connection to NATS that makes itself again for ever. Calls under way end
// when it is lost, and calls fail at once while it is away.
type link struct {
	module string // whose it is
	nats   *nats.Conn
	log    zerolog.Logger
	onUp   func(*nats.Conn) // after each connect, on NATS's own goroutine

	inboxes inboxes

	mu      sync.Mutex
	lost    chan struct{} // closed when the connection goes
	refusal error         // what the server refused since the last connect
	said    string        // the last complaint logged since then
	closing bool
}

// connected runs after the first and after each later connect.
func (l *link) connected(nc *nats.Conn) {
	l.mu.Lock()
	l.refusal, l.said = nil, ""
	l.mu.Unlock()
	l.log.Info().Str("server", nc.ConnectedUrlRedacted()).Msg("connected to the bus")
	if l.onUp != nil {
		l.onUp(nc)
	}
}

func (l *link) disconnected(_ *nats.Conn, err error) {
	l.mu.Lock()
	l.lose()
	closing := l.closing
	l.mu.Unlock()
	if !closing {
		l.log.Warn().Err(err).Msg("lost the bus, connecting again")
	}
}

// failed hears what NATS reports beside the calls: refused subjects, refused keys, slow
// readers. Each complaint is logged once until the next connect.
func (l *link) failed(_ *nats.Conn, _ *nats.Subscription, err error) {
	l.mu.Lock()
	repeated := l.said == err.Error()
	l.said = err.Error()
	if errors.Is(err, nats.ErrPermissionViolation) && !lateAnswer(err) {
		l.refusal = err
	}
	l.mu.Unlock()
	if !repeated {
		l.log.Error().Err(err).Msg("the bus reports a fault")
	}
}

// lateAnswer recognises the refusal of an answer to a request that came before the
// connection was made again: whoever asked has stopped waiting.
func lateAnswer(err error) bool { return strings.Contains(err.Error(), `Publish to "`+inboxPrefix("")) }

// ready reports why the link cannot work now, nil if it can.
func (l *link) ready() error {
	if !l.nats.IsConnected() {
		return errors.New("not connected to the bus")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusal != nil {
		return fmt.Errorf("the bus refuses a subject: %w", l.refusal)
	}
	return nil
}

func (l *link) close() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.nats.Close()
	l.mu.Lock()
	l.lose()
	l.mu.Unlock()
}

// lose ends the calls under way. The lock must be held.
func (l *link) lose() {
	close(l.lost)
	l.lost = make(chan struct{})
}

// losing returns what is closed when the present connection goes.
func (l *link) losing() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// request sends msg to a service and waits for the answer until the patience or ctx ends or
// the link is lost. Its errors are faults, those that the answer carries among them.
func (l *link) request(ctx context.Context, service string, patience time.Duration, msg *nats.Msg) (*nats.Msg, error) {
	lost := l.losing()
	if !l.nats.IsConnected() {
		return nil, rpc.ErrUnreached
	}
	box, err := l.inboxes.take(l.nats, l.module, service)
	if err != nil {
		return nil, explain(err)
	}
	msg.Reply = box.subject()
	answer, err := l.exchange(ctx, box, lost, patience, msg)
	l.inboxes.give(service, box, err == nil)
	if err != nil {
		return nil, explain(err)
	}
	if len(answer.Data) == 0 && answer.Header.Get(statusHeader) == nobodyThere {
		return nil, rpc.ErrUnreached
	}
	if f := faultOf(answer); f != nil {
		return nil, f
	}
	return answer, nil
}

// What the server itself answers when nobody serves a subject.
const (
	statusHeader = "Status"
	nobodyThere  = "503"
)

func (l *link) exchange(ctx context.Context, box *inbox, lost <-chan struct{}, patience time.Duration, msg *nats.Msg) (*nats.Msg, error) {
	if err := l.nats.PublishMsg(msg); err != nil {
		return nil, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case answer := <-box.answers:
			if answer.Subject == msg.Reply { // not a second answer to an earlier call
				return answer, nil
			}
		case <-lost:
			return nil, ErrLost
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			return nil, context.DeadlineExceeded
		}
	}
}

// explain turns what NATS says of a request into a fault. Only what provably was not
// sent becomes ErrUnreached.
func explain(err error) error {
	switch {
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionDraining):
		return rpc.ErrUnreached
	case errors.Is(err, nats.ErrMaxPayload):
		return ErrRequestTooLarge
	}
	return fault.From(err)
}

// drained waits until every message of the ended subscriptions has been handed over.
func (l *link) drained(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for l.nats.IsConnected() && l.nats.NumSubscriptions() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

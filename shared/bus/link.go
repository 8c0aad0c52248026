package bus

import (
	"context"
	"errors"
	"fmt"
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
	nats *nats.Conn
	log  zerolog.Logger
	onUp func(*nats.Conn) // after each connect, on NATS's own goroutine

	mu      sync.Mutex
	next    uint64
	pending map[uint64]context.CancelCauseFunc // the calls under way
	refusal error                              // what the server refused since the last connect
	said    string                             // the last complaint logged since then
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
	for _, cancel := range l.pending {
		cancel(ErrLost)
	}
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
	if errors.Is(err, nats.ErrPermissionViolation) {
		l.refusal = err
	}
	l.mu.Unlock()
	if !repeated {
		l.log.Error().Err(err).Msg("the bus reports a fault")
	}
}

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
}

// request sends msg and waits for the answer until ctx ends or the link is lost. Its
// errors are faults, those that the answer carries among them.
func (l *link) request(ctx context.Context, msg *nats.Msg) (*nats.Msg, error) {
	if !l.nats.IsConnected() {
		return nil, rpc.ErrUnreached
	}
	ctx, done := l.begin(ctx)
	defer done()
	answer, err := l.nats.RequestMsgWithContext(ctx, msg)
	if err != nil {
		return nil, explain(ctx, err)
	}
	if f := faultOf(answer); f != nil {
		return nil, f
	}
	return answer, nil
}

// begin returns a context that ends when the link is lost.
func (l *link) begin(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending == nil {
		l.pending = map[uint64]context.CancelCauseFunc{}
	}
	l.next++
	id := l.next
	l.pending[id] = cancel
	return ctx, func() {
		l.mu.Lock()
		delete(l.pending, id)
		l.mu.Unlock()
		cancel(nil)
	}
}

// explain turns what NATS says of a request into a fault. Only what provably was not
// sent, or met nobody, becomes ErrUnreached.
func explain(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, nats.ErrReconnectBufExceeded),
		errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionDraining):
		return rpc.ErrUnreached
	case errors.Is(err, nats.ErrMaxPayload):
		return ErrRequestTooLarge
	case errors.Is(context.Cause(ctx), ErrLost), errors.Is(err, nats.ErrDisconnected):
		return ErrLost
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

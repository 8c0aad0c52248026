package bus

import (
	"context"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Conn is a module's place on the bus. It is safe for concurrent use.
type Conn struct {
	cfg    ConnectConfig
	link   *link // for what the module sends; a Service has one of its own
	bells  *bells
	sealer *principal.Sealer
}

// Connect puts a module on the bus. If no server answers it returns all the same, says so
// in Ready, and goes on trying; a server that refuses the module is an error.
// ctx bounds the first try only.
func Connect(ctx context.Context, cfg ConnectConfig) (*Conn, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Conn{cfg: cfg, bells: &bells{}, sealer: principal.NewSealer(cfg.Root.Key("principal"), cfg.Now)}
	var err error
	// What rang while the connection was away was missed: ring everything once.
	c.link, err = dial(ctx, cfg, "call", func(*nats.Conn) { c.bells.ringAll() })
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Ready reports why the module cannot call others now, nil if it can.
func (c *Conn) Ready() error { return c.link.ready() }

// Close ends the connection, and with it the calls under way. Stop services first.
func (c *Conn) Close() { c.link.close() }

const timeoutHeader = httpx.InternalPrefix + "Timeout-Ms"

// call is one request to a service, over either protocol.
type call struct {
	service string
	subject string
	limit   time.Duration
	data    []byte
}

// ask sends a call with the deadline, the principal and the trace of ctx, and waits for
// the answer until the earlier of its deadline and the call's limit.
func (c *Conn) ask(ctx context.Context, q call) (*nats.Msg, error) {
	if err := ctx.Err(); err != nil {
		return nil, fault.From(err)
	}
	patience := q.limit
	if end, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(end))
	}
	msg := nats.NewMsg(q.subject)
	msg.Data = q.data
	msg.Header.Set(timeoutHeader, strconv.FormatInt(patience.Milliseconds(), 10))
	span := trace.From(ctx)
	if span.RequestID != "" {
		msg.Header.Set(httpx.RequestIDHeader, span.RequestID)
	}
	if span.Traceparent != "" {
		msg.Header.Set(traceparentHeader, span.Traceparent)
	}
	if p, ok := principal.From(ctx); ok {
		sealed, err := c.sealer.Seal(p, q.service, span.RequestID)
		if err != nil {
			return nil, fault.From(err)
		}
		msg.Header.Set(httpx.PrincipalHeader, sealed)
	}
	return c.link.request(ctx, q.service, patience, msg)
}

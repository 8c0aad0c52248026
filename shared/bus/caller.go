package bus

import (
	"context"
	"fmt"

	json "github.com/go-json-experiment/json/v1"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Caller calls the methods of other modules over the bus. It is safe for concurrent use.
//
// A call ends at the caller's deadline or the method's timeout, whichever is earlier.
// Cancellation ends the wait and not the work: the service runs on until the deadline
// that travelled with the call.
type Caller struct{ conn *Conn }

var _ rpc.Caller = (*Caller)(nil)

// Caller returns the rpc.Caller of the module.
func (c *Conn) Caller() *Caller { return &Caller{c} }

// Invoke implements rpc.Caller. Errors are *fault.Error: what the method returned, or
// rpc.ErrUnreached, ErrOverloaded, ErrLost, ErrRequestTooLarge, ErrAnswerTooLarge,
// ErrAnswer, or the end of ctx.
func (c *Caller) Invoke(ctx context.Context, d rpc.Desc, in, out any) error {
	request, err := json.Marshal(in)
	if err != nil {
		return fault.From(fmt.Errorf("encode call of %s: %w", d.Key(), err))
	}
	answer, err := c.conn.ask(ctx, call{
		service: d.Service, subject: methodSubject(d, c.conn.cfg.Module), limit: d.Timeout, data: request,
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer.Data, out); err != nil {
		return ErrAnswer.With(fmt.Errorf("decode answer of %s: %w", d.Key(), err))
	}
	return nil
}

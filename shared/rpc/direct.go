package rpc

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Direct calls a Server in the same process. Values without references pass as they
// are; others are copied to what the codec would make of them.
type Direct struct{ server *Server }

// NewDirect returns a Caller for the server.
func NewDirect(server *Server) *Direct { return &Direct{server} }

var _ Caller = (*Direct)(nil)

// Invoke implements Caller.
func (d *Direct) Invoke(ctx context.Context, desc Desc, in, out any) error {
	key := desc.Key()
	h, ok := d.server.handlers[key]
	if !ok {
		return unserved(key)
	}
	if err := ctx.Err(); err != nil {
		return fault.From(err)
	}
	if h.copyIn != nil {
		copied := h.newIn()
		if err := h.copyIn(copied, in); err != nil {
			return d.server.answer(ctx, desc, err)
		}
		in = copied
	}
	result, err := d.server.run(ctx, h, h.desc.Timeout, in)
	if err != nil {
		return err
	}
	if h.copyOut != nil {
		err = h.copyOut(out, result)
	} else {
		err = h.store(out, result)
	}
	if err != nil {
		return d.server.answer(ctx, desc, err)
	}
	return nil
}

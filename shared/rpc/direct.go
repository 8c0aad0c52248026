package rpc

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Direct calls a Server in the same process. Values without references pass as they
// are; others are copied through the codec.
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
	if h.copyIn {
		copied := h.newIn()
		if err := throughCodec(in, copied); err != nil {
			return d.server.answer(ctx, desc, err)
		}
		in = copied
	}
	result, err := d.server.run(ctx, h, h.desc.Timeout, in)
	if err != nil {
		return err
	}
	if h.copyOut {
		err = throughCodec(result, out)
	} else {
		err = h.store(out, result)
	}
	if err != nil {
		return d.server.answer(ctx, desc, err)
	}
	return nil
}

func throughCodec(from, to any) error {
	encoded, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := json.Unmarshal(encoded, to); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	return nil
}

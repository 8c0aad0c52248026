package rpc

import (
	"context"
	"fmt"

	json "github.com/go-json-experiment/json/v1"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Codec calls a Server in the same process through the encoding that a wire would
// use. Tests run whole systems on it: what passes here loses nothing on the way.
type Codec struct {
	server *Server
	twice  bool
}

// NewCodec returns a Caller that encodes and decodes each call. With twice set,
// idempotent methods run two times, which proves that they are.
func NewCodec(server *Server, twice bool) *Codec { return &Codec{server, twice} }

var _ Caller = (*Codec)(nil)

// Invoke implements Caller.
func (c *Codec) Invoke(ctx context.Context, desc Desc, in, out any) error {
	if err := ctx.Err(); err != nil {
		return fault.From(err)
	}
	request, err := json.Marshal(in)
	if err != nil {
		return c.server.answer(ctx, desc, fmt.Errorf("encode call: %w", err))
	}
	if c.twice && desc.Idempotent {
		if _, err := c.server.ServeJSON(ctx, desc.Key(), desc.Timeout, request); err != nil {
			return err
		}
	}
	answer, err := c.server.ServeJSON(ctx, desc.Key(), desc.Timeout, request)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return c.server.answer(ctx, desc, fmt.Errorf("decode answer: %w", err))
	}
	return nil
}

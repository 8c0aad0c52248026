package rpc

import (
	"context"
	"encoding/json"
	"fmt"
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
	request, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode call of %s: %w", desc.Key(), err)
	}
	if c.twice && desc.Idempotent {
		if _, err := c.server.ServeJSON(ctx, desc.Key(), request); err != nil {
			return err
		}
	}
	answer, err := c.server.ServeJSON(ctx, desc.Key(), request)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("decode answer of %s: %w", desc.Key(), err)
	}
	return nil
}

package rpc

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	json "github.com/go-json-experiment/json/v1"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/border"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc/internal/wire"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Server holds the handlers of one or more services and runs them under the rules
// of the package. It is safe for concurrent use.
type Server struct {
	handlers map[string]bound
	log      zerolog.Logger
}

type bound struct {
	Handler
	copyIn, copyOut wire.Copier // nil: the type holds no references
}

// NewServer checks the handlers and returns their server. It refuses types that are
// not wire-safe, methods without a timeout, and two handlers for one method.
func NewServer(log zerolog.Logger, handlers ...Handler) (*Server, error) {
	s := &Server{handlers: make(map[string]bound, len(handlers)), log: log}
	for _, h := range handlers {
		key := h.desc.Key()
		if _, taken := s.handlers[key]; taken {
			return nil, fmt.Errorf("rpc: two handlers for %s", key)
		}
		if err := h.desc.check(); err != nil {
			return nil, err
		}
		s.handlers[key] = bound{h, wire.CopierOf(h.desc.In), wire.CopierOf(h.desc.Out)}
	}
	return s, nil
}

// Methods lists what the server serves, ordered by key.
func (s *Server) Methods() []Desc {
	var all []Desc
	for _, key := range slices.Sorted(maps.Keys(s.handlers)) {
		all = append(all, s.handlers[key].desc)
	}
	return all
}

// Missing returns the first declared method that has no handler, if any.
func (s *Server) Missing(declared []Desc) (Desc, bool) {
	for _, d := range declared {
		if _, ok := s.handlers[d.Key()]; !ok {
			return d, true
		}
	}
	return Desc{}, false
}

// ServeJSON runs the method named by key on an encoded request and returns the
// encoded answer, for a caller that waits so long. The context must already carry
// principal and trace.
// Errors are *fault.Error without a cause: the server has logged it.
func (s *Server) ServeJSON(ctx context.Context, key string, patience time.Duration, request []byte) ([]byte, error) {
	h, ok := s.handlers[key]
	if !ok {
		return nil, unserved(key)
	}
	in := h.newIn()
	if err := json.Unmarshal(request, in); err != nil {
		return nil, s.answer(ctx, h.desc, fault.New(fault.Invalid, "rpc.decode", "The call's input could not be read.").With(err))
	}
	out, err := s.run(ctx, h, min(patience, h.desc.Timeout), in)
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		return nil, s.answer(ctx, h.desc, fmt.Errorf("encode answer: %w", err))
	}
	return encoded, nil
}

// run executes a handler: own context, timeout, recovery, errors without a cause.
func (s *Server) run(ctx context.Context, h bound, limit time.Duration, in any) (out any, err error) {
	ctx, cancel := border.Cross(ctx, limit)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, s.answer(ctx, h.desc, fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	out, err = h.serve(ctx, in)
	if err != nil {
		return nil, s.answer(ctx, h.desc, err)
	}
	return out, nil
}

// answer turns any error into what may cross the border, and logs the cause of
// those that mean a bug or an outage.
func (s *Server) answer(ctx context.Context, d Desc, err error) error {
	crossing := *fault.From(err)
	if crossing.Alarming() {
		s.log.Error().Err(err).Str("method", d.Key()).Str("code", crossing.Code).
			Str("request_id", trace.From(ctx).RequestID).Msg("call failed")
	}
	crossing.Err = nil
	return &crossing
}

func unserved(key string) error {
	return fault.New(fault.Unimplemented, "rpc.unserved", "Nobody serves "+key+" here.")
}

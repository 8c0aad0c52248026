package rpc

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/rpc/internal/wire"
)

// Method declares one operation of a service. Values are package-level constants in
// spirit: declare them in the contract package and never change them.
type Method[Req, Resp any] struct {
	Service    string        // who serves it
	Name       string        // lower_snake, unique in the service
	Major      int           // a new number for each incompatible change
	Timeout    time.Duration // bound on one execution, in every shape; required
	Idempotent bool          // running it twice is the same as running it once
}

// Desc is a Method without its type parameters: what transports and tables need.
type Desc struct {
	Service    string
	Name       string
	Major      int
	Timeout    time.Duration
	Idempotent bool
	In         reflect.Type
	Out        reflect.Type
}

// Key names the method inside a program: service.v1.name.
func (d Desc) Key() string { return d.Service + ".v" + strconv.Itoa(d.Major) + "." + d.Name }

// Desc describes the method for transports, lock files and start-up checks.
func (m Method[Req, Resp]) Desc() Desc {
	return Desc{
		Service: m.Service, Name: m.Name, Major: m.Major, Timeout: m.Timeout, Idempotent: m.Idempotent,
		In: reflect.TypeFor[Req](), Out: reflect.TypeFor[Resp](),
	}
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// check refuses what could not be served over a wire.
func (d Desc) check() error {
	if !namePattern.MatchString(d.Service) || !namePattern.MatchString(d.Name) || d.Major < 1 {
		return fmt.Errorf("rpc: %q is not a valid method: names are lower_snake, majors start at 1", d.Key())
	}
	if d.Timeout <= 0 {
		return fmt.Errorf("rpc: %s has no timeout", d.Key())
	}
	for _, t := range []reflect.Type{d.In, d.Out} {
		if err := wire.Check(t, t.Name()); err != nil {
			return fmt.Errorf("rpc: %s: %w", d.Key(), err)
		}
	}
	return nil
}

// Call runs the method through caller. Errors are *fault.Error: those of the handler
// with kind, code and message intact, or Unimplemented, Unavailable, Overloaded,
// Deadline or TooLarge from the way there.
func (m Method[Req, Resp]) Call(ctx context.Context, caller Caller, in Req) (Resp, error) {
	var out Resp
	if err := caller.Invoke(ctx, m.Desc(), in, &out); err != nil {
		var zero Resp
		return zero, err
	}
	return out, nil
}

// Asker returns the method as a function, through caller.
func (m Method[Req, Resp]) Asker(caller Caller) func(context.Context, Req) (Resp, error) {
	return func(ctx context.Context, in Req) (Resp, error) { return m.Call(ctx, caller, in) }
}

// Handle binds the method to the function that serves it.
func (m Method[Req, Resp]) Handle(serve func(context.Context, Req) (Resp, error)) Handler {
	return Handler{
		desc:  m.Desc(),
		newIn: func() any { return new(Req) },
		serve: func(ctx context.Context, in any) (any, error) {
			switch in := in.(type) {
			case Req:
				return serve(ctx, in)
			case *Req:
				return serve(ctx, *in)
			}
			return nil, fmt.Errorf("%s.%s: called with a %T", m.Service, m.Name, in)
		},
		store: func(out, result any) error {
			to, ok := out.(*Resp)
			if !ok {
				return fmt.Errorf("%s.%s: result asked for as a %T", m.Service, m.Name, out)
			}
			from, ok := result.(Resp)
			if !ok {
				return fmt.Errorf("%s.%s: returned a %T", m.Service, m.Name, result)
			}
			*to = from
			return nil
		},
	}
}

// Handler is a method bound to its implementation.
type Handler struct {
	desc  Desc
	newIn func() any                              // a *Req to decode into
	serve func(context.Context, any) (any, error) // Req or *Req in, Resp out
	store func(out any, result any) error         // *out = result
}

// Desc describes the method that the handler serves.
func (h Handler) Desc() Desc { return h.desc }

// Caller reaches the services that a module may call. In is a Req, out a *Resp of
// the method that desc describes. Implementations are safe for concurrent use.
type Caller interface {
	Invoke(ctx context.Context, desc Desc, in, out any) error
}

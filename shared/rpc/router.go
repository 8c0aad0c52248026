package rpc

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Graph states who may call what: caller -> "service" for every method of a
// service, or "service.method" for one. What it does not list is refused.
type Graph map[string][]string

// Allows reports whether caller may call the method.
func (g Graph) Allows(caller string, d Desc) bool {
	return slices.Contains(g[caller], d.Service) || slices.Contains(g[caller], d.Service+"."+d.Name)
}

// Router is the Caller that a module gets: it refuses what the graph does not
// allow, sends each call to where its service runs, and tries again what may be.
type Router struct {
	from   string
	graph  Graph
	local  map[string]Caller // by service
	remote Caller            // every other service; nil: there is none
}

// NewRouter returns the Caller of the module named from. Services in local are
// reached through their Caller there, all others through remote, which may be nil.
func NewRouter(from string, graph Graph, local map[string]Caller, remote Caller) *Router {
	return &Router{from, graph, local, remote}
}

var _ Caller = (*Router)(nil)

// ErrNotAllowed is returned for a call that the graph does not list.
var ErrNotAllowed = fault.New(fault.Denied, "rpc.not_allowed", "This module may not call that method.")

const tries = 3

// Invoke implements Caller. A call is repeated, at most twice and a little later
// each time, when it provably did not run (nobody served it, overloaded), or when
// the method is idempotent and the outcome is unknown.
func (r *Router) Invoke(ctx context.Context, d Desc, in, out any) error {
	if !r.graph.Allows(r.from, d) {
		return ErrNotAllowed.WithMessage(r.from + " may not call " + d.Key() + ".")
	}
	caller, ok := r.local[d.Service]
	if !ok {
		caller = r.remote
	}
	if caller == nil {
		return unserved(d.Key())
	}
	for try := 1; ; try++ {
		err := caller.Invoke(ctx, d, in, out)
		if err == nil || try == tries || !mayRepeat(d, err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(try)*50*time.Millisecond + rand.N(25*time.Millisecond)):
		}
	}
}

func mayRepeat(d Desc, err error) bool {
	switch f := fault.From(err); f.Kind {
	case fault.Overloaded:
		return f.RetryAfter == 0 // a handler that says when knows better than we do
	case fault.Unavailable:
		return d.Idempotent || f.Code == ErrUnreached.Code
	default:
		return false
	}
}

// ErrUnreached means that a call provably did not run: nobody was there to serve it.
var ErrUnreached = fault.New(fault.Unavailable, "rpc.unreached", "The service is not reachable right now. Try again shortly.").
	WithRetryAfter(time.Second)

package httpx

import (
	"net/http"
	"net/netip"
)

// Mount is a service as an edge sees it: its route table, and a handler for each
// route. Request bodies must be fully read before a Mount is called.
type Mount struct {
	Service string
	Routes  []Route
	Handler func(Route) http.Handler
	Away    bool // nobody serves it now: its routes answer 503 until somebody does
}

// Directory knows which services are mounted now. Implementations are safe for
// concurrent use.
type Directory interface {
	// Mounts lists the services, ordered by name. At most one is returned per service.
	Mounts() []Mount
	// Changed receives a value after the list has changed. There is one reader.
	Changed() <-chan struct{}
}

// MountTable mounts a table of the same process.
func MountTable(service string, t *Table) Mount {
	return Mount{Service: service, Routes: t.routes, Handler: func(r Route) http.Handler { return t.handlers[r.ID] }}
}

// ClientIP returns the caller's address as the edge judged it; the zero Addr if unknown.
func ClientIP(r *http.Request) netip.Addr {
	addr, err := netip.ParseAddr(r.Header.Get(ClientIPHeader))
	if err != nil {
		return netip.Addr{}
	}
	return addr
}

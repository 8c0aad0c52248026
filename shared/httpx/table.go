package httpx

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/border"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Headers between the edge and the modules. The edge removes every header that
// starts with InternalPrefix from what comes in, and from what goes out but for two.
const (
	InternalPrefix  = "Gatehouse-"
	ClientIPHeader  = InternalPrefix + "Client-Ip" // the caller's address as the edge judged it
	PrincipalHeader = InternalPrefix + "Principal" // sealed, on the bus only
	FaultHeader     = InternalPrefix + "Fault"     // code of the fault that was answered
	NextHeader      = InternalPrefix + "Next"      // cursor of the next page, for Paged routes
	RequestIDHeader = "X-Request-Id"

	// What an answer says of a change by which copies and tokens end (package epoch): the
	// number it raised, and since when it holds everywhere. They reach the client.
	RevocationHeader  = InternalPrefix + "Revocation"
	EffectiveByHeader = InternalPrefix + "Effective-By"
)

// Table is a module's routes with the pipeline around their handlers. It is
// immutable and safe for concurrent use.
type Table struct {
	routes   []Route
	handlers map[string]http.Handler
}

// NewTable checks the routes and binds the pipeline to them. Faults that mean a bug or
// an outage are logged to log, once, where they are answered.
func NewTable(routes []Route, log zerolog.Logger) (*Table, error) {
	if err := CheckRoutes(routes); err != nil {
		return nil, err
	}
	t := &Table{handlers: make(map[string]http.Handler, len(routes))}
	for _, route := range routes {
		if route.Handle == nil {
			return nil, fmt.Errorf("route %s has no handler", route.ID)
		}
		route = route.withDefaults()
		t.routes = append(t.routes, route)
		t.handlers[route.ID] = &pipeline{route, log}
	}
	return t, nil
}

// Routes lists the table's rows. The caller must not change them.
func (t *Table) Routes() []Route { return t.routes }

// Handler returns the handler of a route, nil if there is none. The request's
// context carries the principal and the trace.
func (t *Table) Handler(id string) http.Handler { return t.handlers[id] }

// pipeline is what surrounds every handler of every module, in every shape.
type pipeline struct {
	route Route
	log   zerolog.Logger
}

func (p *pipeline) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := border.Cross(r.Context(), p.route.Timeout)
	defer cancel()
	tracked := &tracker{ResponseWriter: w}
	r = r.WithContext(epoch.WithSettled(ctx, &tracked.settled))
	if r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(w, r.Body, p.route.MaxBody)
	}
	defer func() {
		if v := recover(); v != nil {
			p.fail(tracked, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		}
	}()
	if !p.route.match(r) {
		p.fail(tracked, r, fault.New(fault.NotFound, "route.unknown", "There is nothing here."))
		return
	}
	if err := p.route.Handle(tracked, r); err != nil {
		p.fail(tracked, r, err)
	}
}

// fail answers with err, unless an answer has begun, and logs what needs a person.
func (p *pipeline) fail(w *tracker, r *http.Request, err error) {
	f := fault.From(err)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok && f.Kind == fault.Internal {
		f = ErrTooLarge // a handler that reads the body itself
	}
	if f.Alarming() {
		p.log.Error().Err(err).Str("route", p.route.ID).Str("code", f.Code).
			Str("request_id", trace.From(r.Context()).RequestID).Msg("request failed")
	}
	if !w.begun {
		WriteError(w, r, p.route.Errors, f)
	}
}

// tracker remembers whether an answer has begun, and lets it say what it has ended.
type tracker struct {
	http.ResponseWriter
	begun   bool
	settled epoch.Settled
}

func (t *tracker) WriteHeader(status int) {
	t.begin()
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracker) Write(b []byte) (int, error) {
	t.begin()
	return t.ResponseWriter.Write(b)
}

func (t *tracker) begin() {
	if !t.begun && t.settled.Number > 0 {
		t.Header().Set(RevocationHeader, strconv.FormatInt(t.settled.Number, 10))
		t.Header().Set(EffectiveByHeader, t.settled.At.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	t.begun = true
}

// Unwrap lets http.ResponseController reach the writer below.
func (t *tracker) Unwrap() http.ResponseWriter { return t.ResponseWriter }

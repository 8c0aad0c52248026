package front

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/authn"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/clientip"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
	"github.com/gatehouse-auth/gatehouse/shared/weborigin"
)

// Config is what the Front stands on. All fields are required.
type Config struct {
	Routes   *route.Switch
	Authn    *authn.Authenticator
	Address  *clientip.Judge
	Origins  weborigin.Set // whose browsers may use the API, credentials included
	HTTPS    bool          // the public origin is https
	Expected []string      // services whose paths answer 503, not 404, until they come up
	Log      zerolog.Logger
	Metrics  prometheus.Registerer
	Now      func() time.Time
}

// Front serves every request of the public listener.
type Front struct {
	Config
	latency  *prometheus.HistogramVec
	security []field // of every answer

	observers sync.Map // place -> prometheus.Observer
}

// New returns a Front.
func New(c Config) (*Front, error) {
	latency := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_seconds", Help: "Time to answer, by route and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "status"})
	if err := c.Metrics.Register(latency); err != nil {
		return nil, err
	}
	return &Front{Config: c, latency: latency, security: security(c.HTTPS)}, nil
}

var (
	errUnknownPath = fault.New(fault.NotFound, "gateway.route_unknown", "There is nothing here. See /openapi.json for what there is.")
	errMethod      = fault.New(fault.Invalid, "gateway.method", "This path does not answer that method.")
)

// ServeHTTP implements http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := f.Now()
	id := r.Header.Get(httpx.RequestIDHeader)
	if !trace.ValidRequestID(id) {
		id = trace.NewRequestID()
	}
	span := trace.Span{RequestID: id, Traceparent: traceparent(r.Header)}
	r = r.WithContext(trace.With(r.Context(), span))
	answer := &answer{ResponseWriter: w}
	answer.Header()[httpx.RequestIDHeader] = []string{id}
	f.secure(answer.Header())

	line := &event{request: r, began: began}
	defer f.finish(answer, line)
	f.serve(answer, r, line)
}

// finish writes the log line, whatever became of the request. A panic before the answer
// began is answered with 500; one behind that cuts the connection.
func (f *Front) finish(answer *answer, line *event) {
	broken := recover()
	if broken != nil && broken != http.ErrAbortHandler { //nolint:errorlint // a panic's value
		err := fmt.Errorf("panic: %v\n%s", broken, debug.Stack())
		if answer.status == 0 {
			f.fail(answer, line.request, httpx.Problem, err)
			broken = nil
		} else {
			f.logFailure(line.request, err)
		}
	}
	f.record(line, answer, broken != nil)
	if broken != nil {
		panic(http.ErrAbortHandler)
	}
}

// serve runs the steps that may end with an answer of their own.
func (f *Front) serve(w http.ResponseWriter, r *http.Request, line *event) {
	if odd(r) {
		f.refuse(w, r, errUnknownPath)
		return
	}
	if f.answered(w, r) {
		return
	}
	target, allowed := f.Routes.Router().Find(r)
	if target == nil {
		f.unrouted(w, r, allowed)
		return
	}
	line.target = target
	proof, err := f.Authn.Enforce(r.Context(), target.Route.Guard, r)
	if err != nil {
		f.fail(w, r, target.Route.Errors, err)
		return
	}
	body, err := read(w, r, target.Route.MaxBody)
	if err != nil {
		f.fail(w, r, target.Route.Errors, err)
		linger(w, r)
		return
	}
	if !f.Authn.Holds(proof) { // reading the body took a while, or the process slept
		if proof, err = f.Authn.Enforce(r.Context(), target.Route.Guard, r); err != nil {
			f.fail(w, r, target.Route.Errors, err)
			return
		}
	}
	if proof != nil {
		line.caller = proof.Principal
	}
	f.forward(w, f.inward(r, line.caller, body), target)
}

// forward hands the request to the module. Routes with pages are asked page by page, so
// that no answer inside the system is large.
func (f *Front) forward(w http.ResponseWriter, r *http.Request, target *route.Target) {
	head := r.Method == http.MethodHead
	if head {
		r = r.Clone(r.Context())
		r.Method = http.MethodGet // net/http drops the body of the answer
	}
	if target.Route.Paged {
		f.forwardPages(w, r, target, head)
		return
	}
	target.Handler.ServeHTTP(w, r) // which keeps to the route's timeout, wherever it is
}

// inward makes of the request what the module gets: no header that is the gateway's to
// say, the caller's address as judged here, the principal in the context, the body in
// memory. The header is changed in place, as nobody else reads those fields.
func (f *Front) inward(r *http.Request, caller principal.Principal, body []byte) *http.Request {
	if caller.Subject != "" {
		r = r.WithContext(principal.With(r.Context(), caller))
	}
	address := f.Address.Address(r)
	for name := range r.Header {
		if reserved(name) {
			delete(r.Header, name)
		}
	}
	span := trace.From(r.Context())
	r.Header[httpx.RequestIDHeader] = []string{span.RequestID}
	if span.Traceparent == "" {
		delete(r.Header, "Traceparent")
	}
	if address.IsValid() {
		r.Header[httpx.ClientIPHeader] = []string{address.String()}
	}
	r.Body, r.ContentLength = http.NoBody, int64(len(body))
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.TransferEncoding, r.Trailer = nil, nil
	return r
}

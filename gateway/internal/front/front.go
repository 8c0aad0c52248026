package front

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
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
)

// Config is what the Front stands on. All fields are required.
type Config struct {
	Routes  *route.Switch
	Authn   *authn.Authenticator
	Address *clientip.Judge
	Origins Origins
	HTTPS   bool // the public origin is https
	Log     zerolog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time
}

// Front serves every request of the public listener.
type Front struct {
	Config
	latency *prometheus.HistogramVec
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
	return &Front{c, latency}, nil
}

var (
	errUnknownPath = fault.New(fault.NotFound, "gateway.route_unknown", "There is nothing here. See /openapi.json for what there is.")
	errMethod      = fault.New(fault.Invalid, "gateway.method", "This path does not answer that method.")
	errUnread      = fault.New(fault.Invalid, "gateway.body", "The body could not be read.")
)

// ServeHTTP implements http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := f.Now()
	id := r.Header.Get(httpx.RequestIDHeader)
	if !trace.ValidRequestID(id) {
		id = trace.NewRequestID()
	}
	r = r.WithContext(trace.With(r.Context(), trace.Span{RequestID: id, Traceparent: r.Header.Get("Traceparent")}))
	answer := &answer{ResponseWriter: w}
	answer.Header().Set(httpx.RequestIDHeader, id)
	f.secure(answer.Header())

	line := &event{request: r}
	defer func() { f.record(line, answer, f.Now().Sub(began)) }()
	f.serve(answer, r, line)
}

// serve runs the steps that may end with an answer of their own.
func (f *Front) serve(w http.ResponseWriter, r *http.Request, line *event) {
	if odd(r) {
		f.refuse(w, r, errUnknownPath)
		return
	}
	if f.Origins.answered(w, r) {
		return
	}
	target, allowed := f.Routes.Router().Find(r)
	if target == nil {
		f.unrouted(w, r, allowed)
		return
	}
	line.target = target
	caller, err := f.Authn.Enforce(r.Context(), target.Route.Guard, r)
	if err != nil {
		f.fail(w, r, target.Route.Errors, err)
		return
	}
	line.caller = caller
	body, err := read(w, r, target.Route.MaxBody)
	if err != nil {
		f.fail(w, r, target.Route.Errors, err)
		return
	}
	f.forward(w, f.inward(r, caller, body), target)
}

// forward hands the request to the module. Routes with pages are asked page by page, so
// that no answer inside the system is large.
func (f *Front) forward(w http.ResponseWriter, r *http.Request, target *route.Target) {
	ctx, cancel := context.WithTimeout(r.Context(), target.Route.Timeout)
	defer cancel()
	if r.Method == http.MethodHead {
		r = r.Clone(ctx)
		r.Method = http.MethodGet // net/http drops the body of the answer
	}
	if !target.Route.Paged {
		target.Handler.ServeHTTP(w, r.WithContext(ctx))
		return
	}
	f.forwardPages(w, r, target)
}

// inward returns the request as the module gets it: no header of ours from outside, the
// caller's address as judged here, the principal in the context, the body in memory.
func (f *Front) inward(r *http.Request, caller principal.Principal, body []byte) *http.Request {
	ctx := r.Context()
	if caller.Subject != "" {
		ctx = principal.With(ctx, caller)
	}
	in := r.Clone(ctx)
	for name := range in.Header {
		if strings.HasPrefix(name, httpx.InternalPrefix) {
			delete(in.Header, name)
		}
	}
	if address := f.Address.Address(r); address.IsValid() {
		in.Header.Set(httpx.ClientIPHeader, address.String())
	}
	in.Body, in.ContentLength, in.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	return in
}

// read takes the whole body, at most limit bytes of it.
func read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, httpx.ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, httpx.ErrTooLarge
	}
	if err != nil {
		return nil, errUnread.With(err)
	}
	return body, nil
}

// odd reports whether a path is spelt in a way that two programs could read differently
// (Ory Oathkeeper CVE-2026-33494): dot segments, doubled slashes, needless or double
// percent-encoding, controls.
func odd(r *http.Request) bool {
	path := r.URL.Path
	if r.URL.RawPath != "" || !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || strings.ContainsAny(path, "\\;%") {
		return true
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return strings.ContainsFunc(path, func(c rune) bool { return c < ' ' || c == 0x7f })
}

package bus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// serveRoute answers the requests of one route: the message becomes a request again and
// passes the same pipeline as in one process.
func (s *Service) serveRoute(id string) work {
	handler := s.config.HTTP.Handler(id)
	return func(ctx context.Context, patience time.Duration, message []byte) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		r, err := decodeRequest(message)
		if err != nil {
			return nil, fault.New(fault.Invalid, "bus.request", "The request could not be read.").With(err)
		}
		w := newRecorder(r.Method, int(s.link.nats.MaxPayload()))
		handler.ServeHTTP(w, r.WithContext(ctx))
		answer, err := w.encode()
		if err != nil {
			return nil, err
		}
		return answer, nil
	}
}

// remote is the handler of a route that another process serves.
type remote struct {
	conn    *Conn
	service string
	route   httpx.Route

	unreached func() // hears that nobody serves it
}

// ServeHTTP sends the request over the bus and copies the answer. What fails on the way is
// answered in the route's error format: 413 for a request above the limits, 502 for an
// answer that does not fit or cannot be read, 503 for everything that may pass.
func (h *remote) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	message, err := encodeRequest(r, h.route.MaxBody)
	if err != nil {
		httpx.WriteError(w, r, h.route.Errors, err)
		return
	}
	answer, err := h.conn.ask(r.Context(), call{
		service: h.service, subject: routeSubject(h.service, h.route.ID), limit: h.route.Timeout, data: message,
	})
	if errors.Is(err, ErrAnswerTooLarge) {
		h.badGateway(w, r, ErrAnswerTooLarge)
		return
	}
	if errors.Is(err, rpc.ErrUnreached) {
		h.unreached()
	}
	if err != nil {
		httpx.WriteError(w, r, h.route.Errors, err)
		return
	}
	response, err := decodeResponse(answer.Data, r.Method)
	if err != nil {
		h.badGateway(w, r, ErrAnswer.With(fmt.Errorf("decode answer of %s: %w", h.route.ID, err)))
		return
	}
	copyFields(w.Header(), response.header)
	w.WriteHeader(response.status)
	// Fails when the client has left, or when the status takes no body.
	_, _ = w.Write(response.body) //nolint:gosec // the module's own answer, with the media type it chose
}

func (h *remote) badGateway(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	if h.route.Errors == httpx.Problem {
		w.Header().Set(httpx.FaultHeader, f.Code)
		_ = httpx.WriteProblem(w, r, http.StatusBadGateway, f) // fails when the client has left
		return
	}
	httpx.WriteError(asBadGateway{w}, r, h.route.Errors, f)
}

// asBadGateway answers 502 whatever status is asked for.
type asBadGateway struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w asBadGateway) WriteHeader(int) { w.ResponseWriter.WriteHeader(http.StatusBadGateway) }

// copyFields copies the fields of an answer. Lists that an edge may have begun are
// continued, everything else is replaced.
func copyFields(to, from http.Header) {
	for name, values := range from {
		if name == "Vary" || name == "Set-Cookie" {
			values = append(to.Values(name), values...)
		}
		to[name] = values
	}
}

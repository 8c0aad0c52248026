package front

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/authn"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// protocol is where the client protocol lives, with its own way to say "not found".
const protocol = "/api/auth/"

// unrouted answers a request that has no route: 404, or 405 where the path has others.
// The client protocol knows neither 405 nor a body here.
func (f *Front) unrouted(w http.ResponseWriter, r *http.Request, allowed []string) {
	if len(allowed) == 0 && f.awaited(r.URL.Path) {
		f.awaiting(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, protocol) || len(allowed) == 0 {
		f.refuse(w, r, errUnknownPath)
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	w.Header().Set(httpx.FaultHeader, errMethod.Code)
	_ = httpx.WriteProblem(w, r, http.StatusMethodNotAllowed, errMethod)
}

// awaited reports whether the path belongs to a service of the system that has not come up.
func (f *Front) awaited(path string) bool {
	for _, service := range f.Routes.Missing(f.Expected) {
		if gatewayapi.MayServe(service, path) {
			return true
		}
	}
	return false
}

// awaiting answers for a service that has not come up: nobody can say yet that there is
// nothing at its path.
func (f *Front) awaiting(w http.ResponseWriter, r *http.Request) {
	format := httpx.Problem
	if strings.HasPrefix(r.URL.Path, protocol) {
		format = httpx.CodeMessage
	}
	httpx.WriteError(w, r, format, rpc.ErrUnreached)
}

// refuse answers a request that no module ever sees.
func (f *Front) refuse(w http.ResponseWriter, r *http.Request, err *fault.Error) {
	if strings.HasPrefix(r.URL.Path, protocol) {
		w.Header().Set(httpx.FaultHeader, err.Code)
		w.WriteHeader(err.Kind.Status())
		return
	}
	httpx.WriteError(w, r, httpx.Problem, err)
}

// fail answers with an error in the route's format and logs one that needs a person.
func (f *Front) fail(w http.ResponseWriter, r *http.Request, format httpx.Format, err error) {
	if fault.KindOf(err) == fault.Internal {
		f.logFailure(r, err)
	}
	if errors.Is(err, authn.ErrStale) {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 6750, section 3.1
	}
	httpx.WriteError(w, r, format, err)
}

func (f *Front) logFailure(r *http.Request, err error) {
	f.Log.Error().Err(err).Str("code", fault.From(err).Code).Str("request_id", trace.From(r.Context()).RequestID).Msg("request failed")
}

package route

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// Target is a route and what serves it.
type Target struct {
	Service string
	Route   httpx.Route
	Handler http.Handler
}

// Router finds targets. It is immutable and safe for concurrent use.
type Router struct {
	exact    map[string]map[string]*Target // path -> method -> target
	patterns *mux.Router                   // paths with variables
	targets  []*Target
}

// New builds a Router from the mounted services. A route outside its service's paths, and
// the second claim to a method and path, are left out and logged.
func New(mounts []httpx.Mount, log zerolog.Logger) *Router {
	r := &Router{exact: map[string]map[string]*Target{}, patterns: mux.NewRouter().UseEncodedPath()}
	taken := map[string]string{}
	for _, m := range mounts {
		for _, row := range m.Routes {
			place := row.Method + " " + row.Path
			owner, claimed := taken[place]
			if claimed || !gatewayapi.MayServe(m.Service, row.Path) {
				log.Error().Str("service", m.Service).Str("route", place).Str("owner", owner).Msg("route refused: the path is not this service's")
				continue
			}
			taken[place] = m.Service
			r.add(&Target{Service: m.Service, Route: row, Handler: m.Handler(row)})
		}
	}
	return r
}

func (r *Router) add(t *Target) {
	r.targets = append(r.targets, t)
	if strings.Contains(t.Route.Path, "{") {
		r.patterns.Path(t.Route.Path).Methods(t.Route.Method).Handler(matched{t})
		return
	}
	if r.exact[t.Route.Path] == nil {
		r.exact[t.Route.Path] = map[string]*Target{}
	}
	r.exact[t.Route.Path][t.Route.Method] = t
}

// Targets lists every route that is served. The caller must not change them.
func (r *Router) Targets() []*Target { return r.targets }

// Find returns the target of a request. If there is none, allowed lists the methods that
// the path does have; it is empty for an unknown path. HEAD finds the target of GET.
func (r *Router) Find(req *http.Request) (target *Target, allowed []string) {
	method := req.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if methods, ok := r.exact[req.URL.Path]; ok {
		if t := methods[method]; t != nil {
			return t, nil
		}
		for m := range methods {
			allowed = append(allowed, m)
		}
		slices.Sort(allowed)
		return nil, allowed
	}
	probe := &http.Request{Method: method, URL: req.URL, Header: req.Header, Host: req.Host}
	var match mux.RouteMatch
	if r.patterns.Match(probe, &match) && match.MatchErr == nil {
		if m, ok := match.Handler.(matched); ok {
			return m.target, nil
		}
	}
	for _, t := range r.targets {
		probe.Method = t.Route.Method
		var other mux.RouteMatch
		if strings.Contains(t.Route.Path, "{") && !slices.Contains(allowed, probe.Method) && r.patterns.Match(probe, &other) && other.MatchErr == nil {
			allowed = append(allowed, probe.Method)
		}
	}
	slices.Sort(allowed)
	return nil, allowed
}

// matched carries a target through mux, which hands out handlers.
type matched struct{ target *Target }

func (m matched) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.target.Handler.ServeHTTP(w, r) }

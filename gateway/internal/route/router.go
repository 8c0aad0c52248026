package route

import (
	"net/http"
	"regexp"
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
	away     []string // services that nobody serves now
}

// New builds a Router from the mounted services. A route outside its service's paths, and
// the second claim to a method and path, are left out and logged.
func New(mounts []httpx.Mount, log zerolog.Logger) *Router {
	r := &Router{exact: map[string]map[string]*Target{}, patterns: mux.NewRouter().UseEncodedPath()}
	taken := map[string]string{}
	for _, m := range mounts {
		if m.Away {
			r.away = append(r.away, m.Service)
		}
		for _, row := range m.Routes {
			place := row.Method + " " + variable.ReplaceAllString(row.Path, "{}")
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

// variable is a segment that stands for any text; its name makes no other route.
var variable = regexp.MustCompile(`\{[^}]*\}`)

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

// Find returns the target of a request; a path without variables goes before one with
// them. If there is none, allowed lists the methods that the path does have; it is empty
// for an unknown path. HEAD finds the target of GET.
func (r *Router) Find(req *http.Request) (target *Target, allowed []string) {
	method := req.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	methods := r.exact[req.URL.Path]
	if t := methods[method]; t != nil {
		return t, nil
	}
	if t := r.match(req, method); t != nil {
		return t, nil
	}
	for _, t := range r.targets {
		if m := t.Route.Method; !slices.Contains(allowed, m) && (methods[m] != nil || r.match(req, m) != nil) {
			allowed = append(allowed, m)
		}
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	return nil, allowed
}

// match returns the target with variables in its path that serves the method there.
func (r *Router) match(req *http.Request, method string) *Target {
	probe := &http.Request{Method: method, URL: req.URL, Header: req.Header, Host: req.Host}
	var found mux.RouteMatch
	if !r.patterns.Match(probe, &found) || found.MatchErr != nil {
		return nil
	}
	if m, ok := found.Handler.(matched); ok {
		return m.target
	}
	return nil
}

// matched carries a target through mux, which hands out handlers.
type matched struct{ target *Target }

func (m matched) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.target.Handler.ServeHTTP(w, r) }

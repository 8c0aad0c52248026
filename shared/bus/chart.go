package bus

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// chart remembers which service serves which route. It is not safe for concurrent use.
type chart struct {
	claims claims
	keep   time.Duration
	except []string
	rows   map[string]map[string]*row // service -> route id
	owners map[string]string          // method and path -> service
	heard  map[string]bool            // the services that the last survey found
}

// row is a route as the newest instance described it.
type row struct {
	route   httpx.Route
	started int64
	seen    time.Time
}

func newChart(given claims, keep time.Duration, except []string) *chart {
	return &chart{claims: given, keep: keep, except: except, rows: map[string]map[string]*row{}, owners: map[string]string{}}
}

// update enters what a survey found at a time, and forgets what no survey has found for
// the time to keep. It returns what it refused, and why.
func (c *chart) update(offers []offer, now time.Time) (refused []string) {
	c.heard = map[string]bool{}
	slices.SortStableFunc(offers, func(a, b offer) int { return cmp.Compare(a.started, b.started) })
	for _, o := range offers {
		if slices.Contains(c.except, o.service) {
			continue
		}
		c.heard[o.service] = true
		for _, route := range o.routes {
			if err := c.judge(o.service, route); err != nil {
				refused = append(refused, fmt.Sprintf("%s: %s", o.service, err))
				continue
			}
			c.enter(o, route, now)
		}
	}
	c.forget(now)
	return append(refused, c.settle()...)
}

// judge refuses routes that are malformed, without a guard, or outside of what
// the service may claim.
func (c *chart) judge(service string, route httpx.Route) error {
	if err := httpx.CheckRoutes([]httpx.Route{route}); err != nil {
		return err
	}
	if route.MaxBody <= 0 || route.Timeout <= 0 {
		return fmt.Errorf("route %s has no limits", route.ID)
	}
	if err := answerable("route "+route.ID, route.Timeout); err != nil {
		return err
	}
	if !c.claims.allow(service, route.Path) {
		return fmt.Errorf("route %s: %s is outside of the paths that the service may claim", route.ID, route.Path)
	}
	return nil
}

// enter notes a route. Offers come oldest instance first, so the newest has the last word.
func (c *chart) enter(o offer, route httpx.Route, now time.Time) {
	known := c.rows[o.service]
	if known == nil {
		known = map[string]*row{}
		c.rows[o.service] = known
	}
	known[route.ID] = &row{route: route, started: o.started, seen: now}
}

func (c *chart) forget(now time.Time) {
	for service, known := range c.rows {
		maps.DeleteFunc(known, func(_ string, r *row) bool { return now.Sub(r.seen) > c.keep })
		if len(known) == 0 {
			delete(c.rows, service)
		}
	}
}

// settle decides who owns each place. Of two services the first keeps it; of two routes
// of one service the one that was seen last, then the newer.
func (c *chart) settle() (refused []string) {
	wanted := map[string][]string{}
	for service, known := range c.rows {
		for _, r := range known {
			place := placeOf(r.route)
			wanted[place] = append(wanted[place], service)
		}
	}
	maps.DeleteFunc(c.owners, func(place, owner string) bool { return !slices.Contains(wanted[place], owner) })
	for _, place := range slices.Sorted(maps.Keys(wanted)) {
		services := slices.Compact(slices.Sorted(slices.Values(wanted[place])))
		if c.owners[place] == "" {
			c.owners[place] = services[0]
		}
		for _, service := range services {
			if service != c.owners[place] {
				refused = append(refused, fmt.Sprintf("%s: %s belongs to %s already", service, place, c.owners[place]))
			}
		}
	}
	return refused
}

// routes lists what a service owns, ordered by id.
func (c *chart) routes(service string) []httpx.Route {
	rows := slices.SortedFunc(maps.Values(c.rows[service]), func(a, b *row) int {
		return cmp.Or(b.seen.Compare(a.seen), cmp.Compare(b.started, a.started), cmp.Compare(a.route.ID, b.route.ID))
	})
	taken := map[string]bool{}
	var routes []httpx.Route
	for _, r := range rows {
		place := placeOf(r.route)
		if c.owners[place] == service && !taken[place] {
			taken[place] = true
			routes = append(routes, r.route)
		}
	}
	slices.SortFunc(routes, func(a, b httpx.Route) int { return cmp.Compare(a.ID, b.ID) })
	return routes
}

// away reports whether the last survey found nobody who serves it.
func (c *chart) away(service string) bool { return !c.heard[service] }

func (c *chart) services() []string { return slices.Sorted(maps.Keys(c.rows)) }

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// placeOf names what a route answers; how a parameter is called makes no difference.
func placeOf(r httpx.Route) string { return r.Method + " " + parameter.ReplaceAllString(r.Path, "{}") }

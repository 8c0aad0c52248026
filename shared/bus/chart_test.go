package bus

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func listed(id, path string) httpx.Route {
	return httpx.Route{
		ID: id, Method: "GET", Path: path, Guard: httpx.Public(), Errors: httpx.Problem, Doc: httpx.Doc{Summary: "A list."},
		MaxBody: 1, Timeout: time.Second,
	}
}

func shared() claims { return claims{"a": {"/shared"}, "b": {"/shared"}, "c": {"/shared"}} }

func ids(routes []httpx.Route) []string {
	var all []string
	for _, r := range routes {
		all = append(all, r.ID)
	}
	return all
}

func TestChart_ForgetsAServiceAfterTheTimeToKeep(t *testing.T) {
	t.Parallel()
	c, now := newChart(nil, time.Minute, nil), time.Unix(1000, 0)
	c.update([]offer{{service: "a", routes: []httpx.Route{listed("one", "/api/v1/a/one"), listed("two", "/api/v1/a/two")}}}, now)
	for _, step := range []struct {
		after time.Duration
		seen  []httpx.Route
		want  []string
	}{
		{30 * time.Second, []httpx.Route{listed("one", "/api/v1/a/one")}, []string{"one", "two"}},
		{60 * time.Second, nil, []string{"one", "two"}},
		{61 * time.Second, nil, []string{"one"}},
		{91 * time.Second, nil, nil},
	} {
		var offers []offer
		if step.seen != nil {
			offers = []offer{{service: "a", routes: step.seen}}
		}
		c.update(offers, now.Add(step.after))
		if diff := cmp.Diff(step.want, ids(c.routes("a"))); diff != "" {
			t.Errorf("after %s: %s", step.after, diff)
		}
	}
	if len(c.services()) != 0 {
		t.Error("a service without routes is still known")
	}
}

func TestChart_BelievesTheNewestInstance(t *testing.T) {
	t.Parallel()
	guarded := listed("one", "/api/v1/a/one")
	guarded.Guard = httpx.Authenticated()
	c := newChart(nil, time.Minute, nil)
	c.update([]offer{
		{service: "a", started: 2, routes: []httpx.Route{guarded}},
		{service: "a", started: 1, routes: []httpx.Route{listed("one", "/api/v1/a/one"), listed("old", "/api/v1/a/old")}},
	}, time.Unix(1000, 0))
	got := c.routes("a")
	if diff := cmp.Diff([]string{"old", "one"}, ids(got)); diff != "" {
		t.Fatal(diff)
	}
	if got[1].Guard != guarded.Guard {
		t.Error("the older instance's guard is in force")
	}
}

func TestChart_FollowsARouteThatChangedItsID(t *testing.T) {
	t.Parallel()
	c, now := newChart(nil, time.Minute, nil), time.Unix(1000, 0)
	c.update([]offer{{service: "a", started: 1, routes: []httpx.Route{listed("before", "/api/v1/a/{x}")}}}, now)
	c.update([]offer{{service: "a", started: 2, routes: []httpx.Route{listed("after", "/api/v1/a/{y}")}}}, now.Add(time.Second))
	if diff := cmp.Diff([]string{"after"}, ids(c.routes("a"))); diff != "" {
		t.Error(diff)
	}
}

func TestChart_LeavesAPlaceToWhoHasItFirst(t *testing.T) {
	t.Parallel()
	c, now := newChart(shared(), time.Minute, nil), time.Unix(1000, 0)
	b := offer{service: "b", started: 1, routes: []httpx.Route{listed("x", "/shared/{id}")}}
	a := offer{service: "a", started: 9, routes: []httpx.Route{listed("y", "/shared/{name}"), listed("z", "/shared/a/z")}}
	c.update([]offer{b}, now)
	refused := c.update([]offer{a, b}, now.Add(time.Second))
	if len(refused) != 1 || !strings.Contains(refused[0], "belongs to b already") {
		t.Errorf("refused: %q", refused)
	}
	if got := ids(c.routes("a")); !slices.Equal(got, []string{"z"}) {
		t.Errorf("a has %v", got)
	}
	if got := ids(c.routes("b")); !slices.Equal(got, []string{"x"}) {
		t.Errorf("b has %v", got)
	}
	c.update([]offer{a}, now.Add(2*time.Minute)) // b is gone for good
	if got := ids(c.routes("a")); !slices.Equal(got, []string{"y", "z"}) {
		t.Errorf("after b went, a has %v", got)
	}
}

func TestChart_RefusesRowsThatAreNotSafeToMount(t *testing.T) {
	t.Parallel()
	change := func(edit func(*httpx.Route)) httpx.Route {
		r := listed("one", "/api/v1/a/one")
		edit(&r)
		return r
	}
	for name, row := range map[string]httpx.Route{
		"without a guard":         change(func(r *httpx.Route) { r.Guard = httpx.Guard{} }),
		"with an unknown guard":   change(func(r *httpx.Route) { r.Guard.Level = "everybody" }),
		"without a body limit":    change(func(r *httpx.Route) { r.MaxBody = 0 }),
		"with a huge body":        change(func(r *httpx.Route) { r.MaxBody = httpx.MaxBody + 1 }),
		"without a timeout":       change(func(r *httpx.Route) { r.Timeout = 0 }),
		"with an endless timeout": change(func(r *httpx.Route) { r.Timeout = time.Hour }),
		"with dots":               change(func(r *httpx.Route) { r.Path = "/api/v1/a/../../../oauth2/token" }),
		"of another service":      change(func(r *httpx.Route) { r.Path = "/api/v1/b/one" }),
		"of a longer name":        change(func(r *httpx.Route) { r.Path = "/api/v1/ab" }),
		"with a wild start":       change(func(r *httpx.Route) { r.Path = "/{any}/v1/a/one" }),
		"of everything":           change(func(r *httpx.Route) { r.Path = "/" }),
	} {
		c := newChart(nil, time.Minute, nil)
		if refused := c.update([]offer{{service: "a", routes: []httpx.Route{row}}}, time.Unix(1000, 0)); len(refused) != 1 || len(c.services()) != 0 {
			t.Errorf("a row %s: refused %q, services %v", name, refused, c.services())
		}
	}
}

func TestClaims_AllowAServiceItsOwnPathsAndThoseGiven(t *testing.T) {
	t.Parallel()
	given := claims{"a": {"/oauth2/", "/.well-known/keys.json"}, "all": {"/"}}
	for place, want := range map[string]bool{
		"/api/v1/a": true, "/api/v1/a/x": true, "/oauth2": true, "/oauth2/token": true, "/.well-known/keys.json": true,
		"/api/v1/a/../b": false, "/oauth2x": false, "/.well-known/other.json": false, "/": false,
	} {
		if got := given.allow("a", place); got != want {
			t.Errorf("a at %s: %t, want %t", place, got, want)
		}
	}
	if !given.allow("all", "/") || !given.allow("all", "/anything") {
		t.Error("a claim of everything is not one")
	}
}

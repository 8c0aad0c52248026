package httpx_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func handled(http.ResponseWriter, *http.Request) error { return nil }

// route is a valid route; tests spoil it.
func route() httpx.Route {
	return httpx.Route{
		ID: "book-find", Method: http.MethodGet, Path: "/api/v1/books/{isbn}", Guard: httpx.Public(),
		Doc: httpx.Doc{Summary: "Find a book"}, Handle: handled,
	}
}

func spoiled(spoil func(*httpx.Route)) []httpx.Route {
	r := route()
	spoil(&r)
	return []httpx.Route{r}
}

func twice(change func(*httpx.Route)) []httpx.Route {
	return append([]httpx.Route{route()}, spoiled(change)...)
}

func TestCheckRoutes_RefusesMalformedRows(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		routes []httpx.Route
		want   string
	}{
		"no id":                     {spoiled(func(r *httpx.Route) { r.ID = "" }), "the id must be"},
		"capitals in the id":        {spoiled(func(r *httpx.Route) { r.ID = "Book" }), "the id must be"},
		"a wildcard as the id":      {spoiled(func(r *httpx.Route) { r.ID = "*" }), "the id must be"},
		"a dot in the id":           {spoiled(func(r *httpx.Route) { r.ID = "book.find" }), "the id must be"},
		"a dash at the end":         {spoiled(func(r *httpx.Route) { r.ID = "book-" }), "the id must be"},
		"a line end in the id":      {spoiled(func(r *httpx.Route) { r.ID = "book\n" }), "the id must be"},
		"no method":                 {spoiled(func(r *httpx.Route) { r.Method = "" }), `method ""`},
		"a method in lower case":    {spoiled(func(r *httpx.Route) { r.Method = "get" }), `method "get"`},
		"two methods":               {spoiled(func(r *httpx.Route) { r.Method = "GET,POST" }), "method"},
		"a method with a space":     {spoiled(func(r *httpx.Route) { r.Method = "GET " }), "method"},
		"no path":                   {spoiled(func(r *httpx.Route) { r.Path = "" }), `path ""`},
		"a relative path":           {spoiled(func(r *httpx.Route) { r.Path = "books" }), "path"},
		"an empty segment":          {spoiled(func(r *httpx.Route) { r.Path = "/a//b" }), "path"},
		"a slash at the end":        {spoiled(func(r *httpx.Route) { r.Path = "/a/" }), "path"},
		"a step up":                 {spoiled(func(r *httpx.Route) { r.Path = "/a/../b" }), "path"},
		"a step on the spot":        {spoiled(func(r *httpx.Route) { r.Path = "/a/./b" }), "path"},
		"a query":                   {spoiled(func(r *httpx.Route) { r.Path = "/a?b" }), "path"},
		"an escape":                 {spoiled(func(r *httpx.Route) { r.Path = "/a%2fb" }), "path"},
		"a pattern in a parameter":  {spoiled(func(r *httpx.Route) { r.Path = "/{id:.*}" }), "path"},
		"a parameter in a word":     {spoiled(func(r *httpx.Route) { r.Path = "/book-{id}" }), "path"},
		"a parameter without name":  {spoiled(func(r *httpx.Route) { r.Path = "/{}" }), "path"},
		"a parameter twice":         {spoiled(func(r *httpx.Route) { r.Path = "/{id}/{id}" }), "path"},
		"a line end in the path":    {spoiled(func(r *httpx.Route) { r.Path = "/a\n" }), "path"},
		"no guard":                  {spoiled(func(r *httpx.Route) { r.Guard = httpx.Guard{} }), "say who may call it"},
		"a guard of no known level": {spoiled(func(r *httpx.Route) { r.Guard.Level = "everybody" }), "say who may call it"},
		"a permission without name": {spoiled(func(r *httpx.Route) { r.Guard = httpx.Permission("") }), "say who may call it"},
		"public, with a permission": {spoiled(func(r *httpx.Route) { r.Guard.Permission = "book:read" }), "say who may call it"},
		"a negative body limit":     {spoiled(func(r *httpx.Route) { r.MaxBody = -1 }), "body limit"},
		"a limit above the bus":     {spoiled(func(r *httpx.Route) { r.MaxBody = httpx.MaxBody + 1 }), "body limit"},
		"a timeout in the past":     {spoiled(func(r *httpx.Route) { r.Timeout = -time.Second }), "timeout"},
		"an unknown error format":   {spoiled(func(r *httpx.Route) { r.Errors = "xml" }), "error format"},
		"no summary":                {spoiled(func(r *httpx.Route) { r.Doc.Summary = "" }), "no summary"},
		"an id twice":               {twice(func(r *httpx.Route) { r.Path = "/other" }), "twice"},
		"a place twice":             {twice(func(r *httpx.Route) { r.ID = "other" }), "twice"},
		"a place by another name":   {twice(func(r *httpx.Route) { r.ID, r.Path = "other", "/api/v1/books/{number}" }), "twice"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := httpx.CheckRoutes(c.routes); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := httpx.NewTable(c.routes, zerolog.Nop()); err == nil {
				t.Error("a table was made of it")
			}
		})
	}
}

func TestCheckRoutes_TakesValidRows(t *testing.T) {
	t.Parallel()
	for name, routes := range map[string][]httpx.Route{
		"none":                       nil,
		"one":                        {route()},
		"the root":                   spoiled(func(r *httpx.Route) { r.Path = "/" }),
		"a well-known path":          spoiled(func(r *httpx.Route) { r.Path = "/.well-known/jwks.json" }),
		"one path, two methods":      twice(func(r *httpx.Route) { r.ID, r.Method = "book-delete", http.MethodDelete }),
		"a literal beside a wild":    twice(func(r *httpx.Route) { r.ID, r.Path = "book-new", "/api/v1/books/new" }),
		"authenticated":              spoiled(func(r *httpx.Route) { r.Guard = httpx.Authenticated() }),
		"with a permission":          spoiled(func(r *httpx.Route) { r.Guard = httpx.Permission("book:read") }),
		"guarded by its module":      spoiled(func(r *httpx.Route) { r.Guard = httpx.Module() }),
		"the largest body":           spoiled(func(r *httpx.Route) { r.MaxBody = httpx.MaxBody }),
		"errors in OAuth's format":   spoiled(func(r *httpx.Route) { r.Errors = httpx.OAuth }),
		"errors as code and message": spoiled(func(r *httpx.Route) { r.Errors = httpx.CodeMessage }),
	} {
		if err := httpx.CheckRoutes(routes); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckRoutes_ReportsEveryFault(t *testing.T) {
	t.Parallel()
	routes := append(spoiled(func(r *httpx.Route) { r.ID, r.Guard = "open", httpx.Guard{} }), spoiled(func(r *httpx.Route) { r.ID, r.Path = "lost", "" })...)
	err := httpx.CheckRoutes(routes)
	if err == nil || !strings.Contains(err.Error(), "open") || !strings.Contains(err.Error(), "lost") {
		t.Errorf("got %v, want both routes", err)
	}
}

func TestNewTable_FillsInTheLimits(t *testing.T) {
	t.Parallel()
	own := spoiled(func(r *httpx.Route) {
		r.ID, r.Path, r.MaxBody, r.Timeout, r.Errors = "own", "/own", 7, time.Minute, httpx.OAuth
	})
	table, err := httpx.NewTable(append(own, route()), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	got := table.Routes()
	if r := got[0]; r.MaxBody != 7 || r.Timeout != time.Minute || r.Errors != httpx.OAuth {
		t.Errorf("a route's own limits became %d, %s, %s", r.MaxBody, r.Timeout, r.Errors)
	}
	if r := got[1]; r.MaxBody != httpx.DefaultMaxBody || r.Timeout != httpx.DefaultTimeout || r.Errors != httpx.Problem {
		t.Errorf("the defaults are %d, %s, %s", r.MaxBody, r.Timeout, r.Errors)
	}
}

func TestNewTable_RefusesARouteWithoutHandler(t *testing.T) {
	t.Parallel()
	routes := spoiled(func(r *httpx.Route) { r.Handle = nil })
	if _, err := httpx.NewTable(routes, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "book-find has no handler") {
		t.Errorf("got %v", err)
	}
	if err := httpx.CheckRoutes(routes); err != nil {
		t.Errorf("the edge, which has no handlers, refuses it too: %v", err)
	}
}

// Package httpapi serves the gateway's own routes: the start page and the API document.
package httpapi

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/openapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

//go:embed start.html
var startPage string

//go:embed start.css
var startStyle []byte

// API serves the gateway's own routes.
type API struct {
	origin      string
	routes      *route.Switch
	development bool
}

// New returns the API of a gateway with the given public origin.
func New(origin string, routes *route.Switch, development bool) *API {
	return &API{origin, routes, development}
}

// Routes is the gateway's route table.
func (a *API) Routes() []httpx.Route {
	return []httpx.Route{
		{
			ID: "start", Method: "GET", Path: "/", Guard: httpx.Public(), Handle: a.start,
			Doc: httpx.Doc{Summary: "A page that says what runs here", Produces: "text/html"},
		},
		{
			ID: "start-style", Method: "GET", Path: "/api/v1/gateway/start.css", Guard: httpx.Public(), Handle: a.style,
			Doc: httpx.Doc{Summary: "The style of the start page", Produces: "text/css"},
		},
		{
			ID: "caller", Method: "GET", Path: "/api/v1/gateway/caller", Guard: httpx.Authenticated(), Handle: caller,
			Doc: httpx.Doc{Summary: "Who the gateway takes you for, and by what", Response: httpx.SchemaOf[callerAnswer]()},
		},
		{
			ID: "openapi", Method: "GET", Path: "/openapi.json", Guard: httpx.Public(), Handle: a.openapi,
			Doc: httpx.Doc{Summary: "This document"},
		},
	}
}

func (a *API) start(w http.ResponseWriter, _ *http.Request) error {
	page, err := template.New("start").Parse(startPage)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'")
	return page.Execute(w, struct {
		Origin      string
		Development bool
	}{a.origin, a.development})
}

func (a *API) style(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, err := w.Write(startStyle)
	return err
}

func (a *API) openapi(w http.ResponseWriter, _ *http.Request) error {
	document, err := openapi.Document(a.origin, a.routes.Router().Targets())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(document)
	return err
}

package bus_test

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// page is a public route with defaults everywhere; a nil handler answers 200.
func page(id, method, path string, handle httpx.HandlerFunc) httpx.Route {
	if handle == nil {
		handle = func(http.ResponseWriter, *http.Request) error { return nil }
	}
	return httpx.Route{
		ID: id, Method: method, Path: path, Guard: httpx.Public(), Errors: httpx.Problem,
		Doc: httpx.Doc{Summary: "A page."}, Handle: handle,
	}
}

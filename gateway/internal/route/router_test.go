package route_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// found names the service and route that serve a request.
func found(t *testing.T, r *route.Router, method, path string) (served string, allowed []string) {
	t.Helper()
	target, allowed := r.Find(httptest.NewRequestWithContext(t.Context(), method, path, nil))
	if target == nil {
		return "", allowed
	}
	out := httptest.NewRecorder()
	target.Handler.ServeHTTP(out, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	if out.Header().Get("Served-By") != target.Route.ID {
		t.Errorf("%s %s: the handler of %q answers for %q", method, path, out.Header().Get("Served-By"), target.Route.ID)
	}
	return target.Service + "." + target.Route.ID, allowed
}

func TestRouter_Find(t *testing.T) {
	t.Parallel()
	library := gatewaytest.Mount(t, "library",
		gatewaytest.Route("book", "GET", "/api/v1/library/books/{isbn}"),
		gatewaytest.Route("book-delete", "DELETE", "/api/v1/library/books/{isbn}"),
		gatewaytest.Route("newest", "GET", "/api/v1/library/books/newest"),
		gatewaytest.Route("books", "GET", "/api/v1/library/books"),
		gatewaytest.Route("books-add", "POST", "/api/v1/library/books"),
		gatewaytest.Route("loan", "PUT", "/api/v1/library/books/{isbn}/loans/{reader}"),
		gatewaytest.Route("dots", "GET", "/api/v1/library/a.b"),
	)
	r := route.New([]httpx.Mount{library, gatewaytest.Mount(t, "authsvc", gatewaytest.Route("ok", "GET", "/api/auth/ok"))}, zerolog.Nop())
	for _, try := range []struct {
		method, path, want string
		allowed            string
	}{
		{"GET", "/api/v1/library/books", "library.books", ""},
		{"POST", "/api/v1/library/books", "library.books-add", ""},
		{"GET", "/api/v1/library/books/978", "library.book", ""},
		{"GET", "/api/v1/library/books/newest", "library.newest", ""},
		{"HEAD", "/api/v1/library/books/978", "library.book", ""},
		{"HEAD", "/api/v1/library/books", "library.books", ""},
		{"DELETE", "/api/v1/library/books/newest", "library.book-delete", ""}, // a book of that name can be deleted too
		{"PUT", "/api/v1/library/books/978/loans/7", "library.loan", ""},
		{"GET", "/api/auth/ok", "authsvc.ok", ""},
		{"GET", "/api/v1/library/a.b", "library.dots", ""},
		{"GET", "/api/v1/library/axb", "", ""},
		{"GET", "/api/v1/library/books/978?x=/api/auth/ok", "library.book", ""},
		{"PATCH", "/api/v1/library/books", "", "GET, HEAD, POST"},
		{"PATCH", "/api/v1/library/books/978", "", "DELETE, GET, HEAD"},
		{"PATCH", "/api/v1/library/books/newest", "", "DELETE, GET, HEAD"},
		{"GET", "/api/v1/library/books/978/loans/7", "", "PUT"},
		{"HEAD", "/api/v1/library/books/978/loans/7", "", "PUT"},
		{"GET", "/api/v1/library/books/", "", ""},
		{"GET", "/api/v1/library/books/978/", "", ""},
		{"GET", "/api/v1/library/books/978/loans", "", ""},
		{"GET", "/api/v1/library", "", ""},
		{"GET", "/", "", ""},
	} {
		served, allowed := found(t, r, try.method, try.path)
		if served != try.want || strings.Join(allowed, ", ") != try.allowed {
			t.Errorf("%s %s: served by %q, allowed %q", try.method, try.path, served, allowed)
		}
	}
}

// A module cannot capture another's path, by mistake or on purpose.
func TestNew_RefusesWhatIsNotTheServices(t *testing.T) {
	t.Parallel()
	evil := httpx.Mount{Service: "evil", Handler: func(httpx.Route) http.Handler { return http.NotFoundHandler() }, Routes: []httpx.Route{
		gatewaytest.Route("sign-in", "POST", "/api/auth/sign-in/email"),
		gatewaytest.Route("me", "GET", "/api/v1/me"),
		gatewaytest.Route("any", "GET", "/api/v1/{service}/events"),
		gatewaytest.Route("start", "GET", "/"),
		gatewaytest.Route("neighbour", "GET", "/api/v1/evilest/x"),
		gatewaytest.Route("own", "GET", "/api/v1/evil/x"),
		gatewaytest.Route("own-again", "GET", "/api/v1/evil/x/{a}"),
		gatewaytest.Route("same-place", "GET", "/api/v1/evil/x/{b}"),
	}}
	impostor := gatewaytest.Mount(t, "users", gatewaytest.Route("user", "GET", "/api/v1/users/{id}"))
	var log strings.Builder
	r := route.New([]httpx.Mount{evil, impostor, gatewaytest.Mount(t, "authsvc", gatewaytest.Route("ok", "POST", "/api/auth/sign-in/email"))}, zerolog.New(&log))
	var served []string
	for _, target := range r.Targets() {
		served = append(served, target.Service+"."+target.Route.ID)
	}
	if want := []string{"evil.own", "evil.own-again", "authsvc.ok"}; !slices.Equal(served, want) {
		t.Errorf("served are %q", served)
	}
	if refused := strings.Count(log.String(), "route refused"); refused != 7 {
		t.Errorf("%d refusals are logged\n%s", refused, log.String())
	}
	if got, _ := found(t, r, http.MethodPost, "/api/auth/sign-in/email"); got != "authsvc.ok" {
		t.Errorf("the password goes to %q", got)
	}
	if got, _ := found(t, r, http.MethodGet, "/api/v1/audit/events"); got != "" {
		t.Errorf("the log is served by %q", got)
	}
}

func BenchmarkRouter_Find(b *testing.B) {
	var routes []httpx.Route
	for i := range 60 {
		id := "r" + strings.Repeat("x", i)
		routes = append(routes, gatewaytest.Route(id, "GET", "/api/v1/library/"+id), gatewaytest.Route(id+"-v", "GET", "/api/v1/library/"+id+"/{id}"))
	}
	r := route.New([]httpx.Mount{gatewaytest.Mount(b, "library", routes...)}, zerolog.Nop())
	for name, path := range map[string]string{"exact": "/api/v1/library/rxxxxx", "pattern": "/api/v1/library/" + routes[100].ID + "/7", "unknown": "/nothing"} {
		b.Run(name, func(b *testing.B) {
			req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
			for b.Loop() {
				r.Find(req)
			}
		})
	}
}

package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/identity/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/identitytest"
	"github.com/gatehouse-auth/gatehouse/identity/internal/page"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is the API over a database of its own.
type world struct {
	*identitytest.World
	table *httpx.Table
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := identitytest.New(t, identitytest.Options{})
	cursors, err := page.New(secret.NewRoot("the root of a test"))
	if err != nil {
		t.Fatal(err)
	}
	table, err := httpx.NewTable(httpapi.New(w.Users, w.Roles, cursors).Routes(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return &world{w, table}
}

// request is one call of a route. Nobody makes it if From is empty.
type request struct {
	route  string // id
	method string // GET if empty
	target string
	from   user.ID
	body   string
}

func (w *world) serve(t *testing.T, r request) *httptest.ResponseRecorder {
	t.Helper()
	ctx := t.Context()
	if r.from != "" {
		ctx = principal.With(ctx, principal.Principal{Subject: string(r.from)})
	}
	if r.method == "" {
		r.method = http.MethodGet
	}
	in := httptest.NewRequestWithContext(ctx, r.method, r.target, strings.NewReader(r.body))
	if r.body != "" {
		in.Header.Set("Content-Type", "application/json")
	}
	out := httptest.NewRecorder()
	w.table.Handler(r.route).ServeHTTP(out, in)
	return out
}

// want checks the status and, for errors, the code; it returns the body's members.
func want(t *testing.T, out *httptest.ResponseRecorder, status int, code string) map[string]any {
	t.Helper()
	if out.Code != status {
		t.Fatalf("status %d, body %s; want %d", out.Code, out.Body, status)
	}
	var body map[string]any
	if out.Body.Len() > 0 {
		if err := json.Unmarshal(out.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := body["code"].(string); got != code {
		t.Fatalf("code %q; want %q", got, code)
	}
	if code != "" && out.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("content type %q", out.Header().Get("Content-Type"))
	}
	return body
}

func TestRoutes_EachHasGuardAndDocument(t *testing.T) {
	t.Parallel()
	for _, r := range newWorld(t).table.Routes() {
		if r.Guard.Level != httpx.LevelAuthenticated && r.Guard.Level != httpx.LevelPermission {
			t.Errorf("%s: guard %+v", r.ID, r.Guard)
		}
		if r.Doc.Summary == "" || r.Doc.Tag == "" {
			t.Errorf("%s: document %+v", r.ID, r.Doc)
		}
		takesBody := r.ID == "roles-create" || r.ID == "roles-update"
		if takesBody != (r.Doc.Request != nil) {
			t.Errorf("%s: takes a body %t, in the document %t", r.ID, takesBody, !takesBody)
		}
		if (r.ID != "roles-delete") != (r.Doc.Response != nil) {
			t.Errorf("%s: has the document a response schema: %t", r.ID, r.Doc.Response != nil)
		}
		for _, schema := range []*httpx.Schema{r.Doc.Request, r.Doc.Response} {
			if schema != nil && !strings.Contains(string(schema.JSON()), `"properties"`) {
				t.Errorf("%s: schema %s", r.ID, schema.JSON())
			}
		}
		if !strings.HasPrefix(r.Path, "/api/v1/") || r.Errors != httpx.Problem {
			t.Errorf("%s: path %s, errors %s", r.ID, r.Path, r.Errors)
		}
	}
}

// The module authorizes itself: it does not rely on the edge having looked at the
// guards. Past vulnerabilities 48, 49 and 51.
func TestRoutes_AuthorizeThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.Administrator(t, "admin@example.com")
	stranger := w.SignUp(t, "stranger@example.com").ID
	target := strings.NewReplacer("{id}", string(admin), "{role}", "clerk")
	for _, r := range w.table.Routes() {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			call := request{route: r.ID, method: r.Method, target: target.Replace(r.Path)}
			if r.Doc.Request != nil {
				call.body = `{"permissions":[]}`
			}
			want(t, w.serve(t, call), http.StatusUnauthorized, "identity.unauthenticated")
			call.from = "not-a-user"
			want(t, w.serve(t, call), http.StatusUnauthorized, "identity.unauthenticated")
			if r.Guard.Level == httpx.LevelPermission {
				call.from = stranger
				want(t, w.serve(t, call), http.StatusForbidden, "identity.denied")
			}
		})
	}
}

func TestRoutes_Outage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.Administrator(t, "admin@example.com")
	w.Pool.Close()
	target := strings.NewReplacer("{id}", string(admin), "{role}", "clerk")
	for _, r := range w.table.Routes() {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			call := request{route: r.ID, method: r.Method, target: target.Replace(r.Path), from: admin}
			if r.Doc.Request != nil {
				call.body = `{"permissions":[]}`
			}
			if r.ID == "roles-create" {
				call.body = `{"name":"clerk","permissions":[]}`
			}
			out := w.serve(t, call)
			want(t, out, http.StatusServiceUnavailable, "storage_unavailable")
			if out.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		})
	}
}

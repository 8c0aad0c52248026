package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/audit/auditapi"
	"github.com/gatehouse-auth/gatehouse/audit/internal/audittest"
	"github.com/gatehouse-auth/gatehouse/audit/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is the API over a log of its own.
type world struct {
	*audittest.World
	table *httpx.Table
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := audittest.New(t)
	table, err := httpx.NewTable(httpapi.New(w.Ledger).Routes(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return &world{w, table}
}

// ask calls a route as somebody who is known.
func (w *world) ask(t *testing.T, id, target string) *httptest.ResponseRecorder {
	t.Helper()
	return w.as(t, principal.Principal{Subject: "auditor"}, id, target)
}

func (w *world) as(t *testing.T, p principal.Principal, id, target string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(principal.With(t.Context(), p), http.MethodGet, target, nil)
	return w.serve(id, r)
}

func (w *world) serve(id string, r *http.Request) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	w.table.Handler(id).ServeHTTP(out, r)
	return out
}

// refused checks that an answer is a problem with the status and code.
func refused(t *testing.T, out *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var problem struct{ Code string }
	if err := json.Unmarshal(out.Body.Bytes(), &problem); err != nil || out.Code != status || problem.Code != code {
		t.Errorf("status %d, body %s, %v; want %d %s", out.Code, out.Body, err, status, code)
	}
}

func read[T any](t *testing.T, out *httptest.ResponseRecorder) T {
	t.Helper()
	var value T
	if out.Code != http.StatusOK {
		t.Fatalf("status %d, body %s", out.Code, out.Body)
	}
	if err := json.Unmarshal(out.Body.Bytes(), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// Past vulnerability 51: each route takes the permission, and is in the document.
func TestRoutes_EachHasGuardAndDocument(t *testing.T) {
	t.Parallel()
	for _, r := range newWorld(t).table.Routes() {
		if r.Guard != httpx.Permission(auditapi.PermissionRead) {
			t.Errorf("%s: guard %+v", r.ID, r.Guard)
		}
		if r.Doc.Summary == "" || (r.Doc.Response == nil) == (r.Doc.Produces == "") {
			t.Errorf("%s: document %+v", r.ID, r.Doc)
		}
		if r.Doc.Response != nil && !strings.Contains(string(r.Doc.Response.JSON()), `"properties"`) {
			t.Errorf("%s: schema %s", r.ID, r.Doc.Response.JSON())
		}
		if r.Method != http.MethodGet || !strings.HasPrefix(r.Path, "/api/v1/audit/") || r.Errors != httpx.Problem {
			t.Errorf("%s: %s %s, errors %s", r.ID, r.Method, r.Path, r.Errors)
		}
	}
}

// A handler that finds no principal refuses: it does not rely on the edge.
func TestRoutes_RefuseNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Fill(t, "library", 1, 1)
	for _, r := range w.table.Routes() {
		target := strings.Replace(r.Path, "{id}", "0197f3a0-0000-7000-8000-000000000001", 1)
		refused(t, w.serve(r.ID, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)), http.StatusUnauthorized, "audit.unauthenticated")
		refused(t, w.as(t, principal.Principal{}, r.ID, target), http.StatusUnauthorized, "audit.unauthenticated")
	}
}

func TestRoutes_Outage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Pool.Close()
	for _, r := range w.table.Routes() {
		if r.ID == "key" {
			continue // it is in memory
		}
		target := strings.Replace(r.Path, "{id}", "0197f3a0-0000-7000-8000-000000000001", 1)
		if r.ID == "consistency" {
			target += "?from=1"
		}
		out := w.ask(t, r.ID, target)
		refused(t, out, http.StatusServiceUnavailable, "storage_unavailable")
		if out.Header().Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", r.ID)
		}
	}
}

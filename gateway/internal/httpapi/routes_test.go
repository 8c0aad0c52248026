package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// ask serves a route of a gateway that mounts itself.
func ask(t *testing.T, origin string, development bool, id, path string) *httptest.ResponseRecorder {
	t.Helper()
	directory := gatewaytest.NewDirectory()
	routes := route.NewSwitch(directory, zerolog.Nop())
	table, err := httpx.NewTable(httpapi.New(origin, routes, development).Routes(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	directory.Replace(httpx.MountTable(gatewayapi.Service, table))
	routes = route.NewSwitch(directory, zerolog.Nop())
	if table, err = httpx.NewTable(httpapi.New(origin, routes, development).Routes(), zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	out := httptest.NewRecorder()
	table.Handler(id).ServeHTTP(out, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	if out.Code != http.StatusOK {
		t.Fatalf("status %d, %s", out.Code, out.Body)
	}
	return out
}

func TestRoutes_EachHasGuardAndPlace(t *testing.T) {
	t.Parallel()
	for _, r := range httpapi.New("http://localhost:3000", nil, true).Routes() {
		want := httpx.Public()
		if r.ID == "caller" {
			want = httpx.Authenticated()
		}
		if r.Guard != want || r.Method != http.MethodGet || r.Doc.Summary == "" {
			t.Errorf("%s: %+v", r.ID, r)
		}
		if !gatewayapi.MayServe(gatewayapi.Service, r.Path) {
			t.Errorf("%s: %s is not the gateway's", r.ID, r.Path)
		}
	}
}

func TestAPI_StartPage(t *testing.T) {
	t.Parallel()
	out := ask(t, "https://auth.example.com", false, "start", "/")
	if !strings.Contains(out.Body.String(), `baseURL: "https://auth.example.com"`) || strings.Contains(out.Body.String(), "/dev/mailbox") {
		t.Errorf("production:\n%s", out.Body)
	}
	if csp := out.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	for _, part := range []string{"<script", "style=", "onload="} {
		if strings.Contains(out.Body.String(), part) {
			t.Errorf("the page holds %s, which its policy forbids", part)
		}
	}
	if out := ask(t, "http://localhost:3000", true, "start", "/"); !strings.Contains(out.Body.String(), "/dev/mailbox") {
		t.Errorf("development:\n%s", out.Body)
	}
	if out := ask(t, `https://x"><b>`, false, "start", "/"); strings.Contains(out.Body.String(), "<b>") {
		t.Errorf("the origin is not escaped:\n%s", out.Body)
	}
	if out := ask(t, "https://auth.example.com", false, "start-style", "/api/v1/gateway/start.css"); !strings.HasPrefix(out.Header().Get("Content-Type"), "text/css") || out.Body.Len() == 0 {
		t.Errorf("style %v", out.Header())
	}
}

func TestAPI_OpenAPI(t *testing.T) {
	t.Parallel()
	out := ask(t, "https://auth.example.com", false, "openapi", "/openapi.json")
	var document struct {
		OpenAPI string
		Paths   map[string]any
	}
	if err := json.Unmarshal(out.Body.Bytes(), &document); err != nil || document.OpenAPI != "3.1.1" || out.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%v\n%s", err, out.Body)
	}
	for _, path := range []string{"/", "/openapi.json", "/api/v1/gateway/start.css"} {
		if document.Paths[path] == nil {
			t.Errorf("%s is not named", path)
		}
	}
}

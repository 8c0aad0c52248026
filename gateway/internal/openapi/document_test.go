package openapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/openapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

type book struct {
	Title string   `json:"title"`
	Pages *int     `json:"pages,omitempty"`
	Tags  []string `json:"tags"`
}

// library has a route of every kind.
func library(t *testing.T) []httpx.Mount {
	t.Helper()
	return []httpx.Mount{
		gatewaytest.Mount(t, "library",
			gatewaytest.Route("books", "GET", "/api/v1/library/books", func(r *httpx.Route) {
				r.Doc.Query = map[string]string{"limit": "at most this many", "cursor": "the next field of the page before"}
				r.Doc.Response = httpx.SchemaOf[[]book]()
			}),
			gatewaytest.Route("books-add", "POST", "/api/v1/library/books", func(r *httpx.Route) {
				r.Guard, r.Doc.Request, r.Doc.Response = httpx.Permission("books:write"), httpx.SchemaOf[book](), httpx.SchemaOf[book]()
			}),
			gatewaytest.Route("loan", "PUT", "/api/v1/library/books/{isbn}/loans/{reader}", func(r *httpx.Route) { r.Guard = httpx.Authenticated() }),
			gatewaytest.Route("all", "GET", "/api/v1/library/all", func(r *httpx.Route) {
				r.Paged, r.Doc.Produces, r.Doc.Tag = true, "application/x-ndjson", "Export"
			}),
		),
		gatewaytest.Mount(t, "authsvc",
			gatewaytest.Route("ok", "GET", "/api/auth/ok", func(r *httpx.Route) { r.Errors = httpx.CodeMessage }),
			gatewaytest.Route("token", "POST", "/api/auth/oauth2/token", func(r *httpx.Route) {
				r.Guard, r.Errors = httpx.Module(), httpx.OAuth
			})),
	}
}

func document(t *testing.T, mounts []httpx.Mount) (*openapi3.T, *route.Router) {
	t.Helper()
	router := route.New(mounts, zerolog.Nop())
	encoded, err := openapi.Document("https://auth.example.com", router.Targets())
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := openapi3.NewLoader().LoadFromData(encoded)
	if err != nil {
		t.Fatalf("%v\n%s", err, encoded)
	}
	return parsed, router
}

func TestDocument_IsValid(t *testing.T) {
	t.Parallel()
	parsed, _ := document(t, library(t))
	if err := parsed.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if parsed.OpenAPI != "3.1.1" || len(parsed.Servers) != 1 || parsed.Servers[0].URL != "https://auth.example.com" {
		t.Errorf("version %s, servers %v", parsed.OpenAPI, parsed.Servers)
	}
	empty, _ := document(t, nil)
	if err := empty.Validate(t.Context()); err != nil {
		t.Errorf("without a route: %v", err)
	}
}

// ASVS V4: nothing is served that the document does not name, and the other way round.
func TestDocument_NamesEveryRoute(t *testing.T) {
	t.Parallel()
	parsed, router := document(t, library(t))
	operations := map[string]bool{}
	for path, item := range parsed.Paths.Map() {
		for method := range item.Operations() {
			operations[method+" "+path] = true
		}
	}
	ids := map[string]bool{}
	for _, target := range router.Targets() {
		place := target.Route.Method + " " + target.Route.Path
		if !operations[place] {
			t.Errorf("%s is served and not named", place)
			continue
		}
		delete(operations, place)
		op := parsed.Paths.Value(target.Route.Path).GetOperation(target.Route.Method)
		if ids[op.OperationID] || op.OperationID != target.Service+"."+target.Route.ID || op.Summary == "" {
			t.Errorf("%s: operation %q, summary %q", place, op.OperationID, op.Summary)
		}
		ids[op.OperationID] = true
		guarded := target.Route.Guard.Level == httpx.LevelAuthenticated || target.Route.Guard.Level == httpx.LevelPermission
		if guarded != (op.Security != nil && len(*op.Security) == 2) {
			t.Errorf("%s: security %v under the guard %s", place, op.Security, target.Route.Guard.Level)
		}
		for _, status := range []string{"200", "400", "413", "503"} {
			if op.Responses.Value(status) == nil {
				t.Errorf("%s: no answer %s", place, status)
			}
		}
		if (op.Responses.Value("403") != nil) != (target.Route.Guard.Level == httpx.LevelPermission) {
			t.Errorf("%s: answer 403 under the guard %s", place, target.Route.Guard.Level)
		}
	}
	if len(operations) > 0 {
		t.Errorf("named and not served: %v", operations)
	}
}

func TestDocument_SaysWhatARouteTakesAndAnswers(t *testing.T) {
	t.Parallel()
	parsed, _ := document(t, library(t))
	operation := func(method, path string) *openapi3.Operation {
		op := parsed.Paths.Value(path).GetOperation(method)
		if op == nil {
			t.Fatalf("no %s %s", method, path)
		}
		return op
	}
	var parameters []string
	for _, p := range operation("PUT", "/api/v1/library/books/{isbn}/loans/{reader}").Parameters {
		if !p.Value.Required || p.Value.In != "path" {
			t.Errorf("parameter %+v", p.Value)
		}
		parameters = append(parameters, p.Value.Name)
	}
	if diff := cmp.Diff([]string{"isbn", "reader"}, parameters); diff != "" {
		t.Error(diff)
	}
	for _, p := range operation("GET", "/api/v1/library/books").Parameters {
		if p.Value.Required || p.Value.In != "query" || p.Value.Description == "" {
			t.Errorf("parameter %+v", p.Value)
		}
	}
	add := operation("POST", "/api/v1/library/books")
	if schema := add.RequestBody.Value.Content.Get("application/json").Schema.Value; schema.Properties["title"] == nil || !strings.Contains(add.Description, "books:write") {
		t.Errorf("request %+v, description %q", schema, add.Description)
	}
	all := operation("GET", "/api/v1/library/all")
	if all.Responses.Value("200").Value.Content.Get("application/x-ndjson") == nil || all.Tags[0] != "Export" {
		t.Errorf("export %+v", all)
	}
	for path, want := range map[string]string{"/api/auth/ok": "CodeMessage", "/api/v1/library/all": "Problem"} {
		for media, content := range operation("GET", path).Responses.Value("400").Value.Content {
			if content.Schema.Ref != "#/components/schemas/"+want {
				t.Errorf("%s: errors as %s %s", path, media, content.Schema.Ref)
			}
		}
	}
}

// The document is the same each time, so that clients can compare it.
func TestDocument_IsStable(t *testing.T) {
	t.Parallel()
	targets := route.New(library(t), zerolog.Nop()).Targets()
	first, err := openapi.Document("https://auth.example.com", targets)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := openapi.Document("https://auth.example.com", targets)
		if err != nil || string(again) != string(first) {
			t.Fatalf("%v\n%s", err, cmp.Diff(string(first), string(again)))
		}
	}
	if !json.Valid(first) {
		t.Error("no JSON")
	}
}

package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// TestOpenAPI_ShowsTheTable: the document has every endpoint of the protocol's table, and every
// reference in it leads somewhere.
func TestOpenAPI_ShowsTheTable(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	got := a.do(t, request{path: "/open-api/generate-schema"})
	got.wants(t, http.StatusOK, "")
	var document struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]map[string]struct {
			OperationID string
			RequestBody *struct{ Content map[string]json.RawMessage }
			Responses   map[string]json.RawMessage
		}
		Components struct{ Schemas, SecuritySchemes map[string]json.RawMessage }
	}
	got.decode(t, &document)
	if document.OpenAPI != "3.1.1" || len(document.Servers) != 1 || document.Servers[0].URL != authtest.Base+"/api/auth" {
		t.Errorf("version %q, servers %v", document.OpenAPI, document.Servers)
	}
	operations := map[string]bool{}
	for _, route := range a.table.Routes() {
		path, ours := strings.CutPrefix(route.Path, "/api/auth")
		if !ours || strings.HasPrefix(path, "/oauth2/") {
			continue
		}
		o, ok := document.Paths[path][strings.ToLower(route.Method)]
		if !ok || o.OperationID == "" || operations[o.OperationID] || o.Responses["200"] == nil {
			t.Errorf("%s %s: there %t, named %q", route.Method, path, ok, o.OperationID)
		}
		operations[o.OperationID] = true
	}
	if body := document.Paths["/sign-in/email"]["post"].RequestBody; body == nil || body.Content["application/json"] == nil {
		t.Error("sign-in has no body")
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([A-Za-z]+)"`).FindAllStringSubmatch(got.body, -1) {
		if document.Components.Schemas[ref[1]] == nil {
			t.Errorf("there is no schema %s", ref[1])
		}
	}
}

// TestReference_LoadsNothing: the page shows each endpoint, runs nothing, and asks no other
// server (ASVS V3.6.1).
func TestReference_LoadsNothing(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	got := a.do(t, request{path: "/reference"})
	got.wants(t, http.StatusOK, "")
	for _, path := range []string{"/sign-in/email", "/multi-session/set-active", "/two-factor/enable", "/callback/{id}"} {
		if !strings.Contains(got.body, "<code>"+path+"</code>") {
			t.Errorf("%s is not shown", path)
		}
	}
	for _, word := range []string{"<script", " src=", "@import", "url(", "<link", "ZgotmplZ"} {
		if strings.Contains(got.body, word) {
			t.Errorf("the page contains %q", word)
		}
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "style-src 'sha256-") {
		t.Errorf("the policy is %s", policy)
	}
	// The hash is of what the browser will hash: the text between the tags.
	_, rest, _ := strings.Cut(got.body, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	if !strings.Contains(policy, "'sha256-"+sha256Base64(style)+"'") {
		t.Error("the policy refuses the page's own style")
	}
}

func sha256Base64(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

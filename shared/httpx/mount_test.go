package httpx_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

func TestClientIP_IsWhatTheEdgeSaid(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]netip.Addr{
		"192.0.2.7": netip.MustParseAddr("192.0.2.7"), "2001:db8::1": netip.MustParseAddr("2001:db8::1"),
		"": {}, "192.0.2.7:80": {}, "192.0.2.7, 10.0.0.1": {}, "localhost": {}, "192.0.2": {},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set(httpx.ClientIPHeader, header)
		r.Header.Set("X-Forwarded-For", "198.51.100.1")
		if got := httpx.ClientIP(r); got != want {
			t.Errorf("%q: got %s", header, got)
		}
	}
}

// The row of a table travels to the edge as JSON and must arrive as it left.
func TestRoute_TravelsAsJSON(t *testing.T) {
	t.Parallel()
	want := route()
	want.Guard, want.MaxBody, want.Timeout, want.Rate = httpx.Permission("book:read"), 7, time.Minute, "slow"
	want.Errors, want.Paged = httpx.OAuth, true
	want.Doc = httpx.Doc{
		Summary: "Find a book", Tag: "books", Query: map[string]string{"after": "the cursor"},
		Request: httpx.SchemaOf[author](), Response: httpx.SchemaOf[author](), Produces: "text/csv",
	}
	encoded, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got httpx.Route
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	want.Handle = nil // stays with the module
	sameText := cmp.Comparer(func(a, b *httpx.Schema) bool { return bytes.Equal(a.JSON(), b.JSON()) })
	if diff := cmp.Diff(want, got, sameText); diff != "" {
		t.Error(diff)
	}
	if err := httpx.CheckRoutes([]httpx.Route{got}); err != nil {
		t.Errorf("the edge refuses it: %v", err)
	}
}

package httpx_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// matched sends a request for the path to a route /books/{isbn}/pages/{number} and
// returns the path values that the handler saw, nil if the request did not get there.
func matched(t testing.TB, path string) []string {
	t.Helper()
	var values []string
	r := route()
	r.Path = "/books/{isbn}/pages/{number}"
	r.Handle = func(_ http.ResponseWriter, r *http.Request) error {
		values = []string{r.PathValue("isbn"), r.PathValue("number")}
		return nil
	}
	table, err := httpx.NewTable([]httpx.Route{r}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	request := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Body: http.NoBody}
	answer := httptest.NewRecorder()
	table.Handler(r.ID).ServeHTTP(answer, request.WithContext(t.Context()))
	if want := map[bool]int{true: http.StatusOK, false: http.StatusNotFound}[values != nil]; answer.Code != want {
		t.Errorf("%q: status %d, want %d", path, answer.Code, want)
	}
	return values
}

func TestRoute_MatchesWholeSegments(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/books/0-13/pages/7":      {"0-13", "7"},
		"/books/a b/pages/ü":       {"a b", "ü"},
		"/books/{isbn}/pages/{x}":  {"{isbn}", "{x}"},
		"/books/../pages/7":        {"..", "7"}, // a handler must not take a value for a path
		"/books/books/pages/pages": {"books", "pages"},
		"/books//pages/7":          nil,
		"/books/0-13/pages/":       nil,
		"/books/0-13/pages/7/":     nil,
		"/books/0-13/pages":        nil,
		"/books/0/13/pages/7":      nil,
		"/Books/0-13/pages/7":      nil,
		"/books/0-13/page/7":       nil,
		"//books/0-13/pages/7":     nil,
		"books/0-13/pages/7":       nil,
		"/":                        nil,
		"":                         nil,
	} {
		if diff := cmp.Diff(want, matched(t, path)); diff != "" {
			t.Errorf("%q: %s", path, diff)
		}
	}
}

func FuzzRoute_Match(f *testing.F) {
	pattern := regexp.MustCompile(`(?s)\A/books/([^/]+)/pages/([^/]+)\z`)
	for _, path := range []string{"/books/1/pages/2", "/books//pages/2", "/books/1/pages/2/", "/books/%2f/pages/\n", "", "/books/\xff/pages/\x00"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		var want []string
		if found := pattern.FindStringSubmatch(path); found != nil {
			want = found[1:]
		}
		if diff := cmp.Diff(want, matched(t, path)); diff != "" {
			t.Errorf("%q: %s", path, diff)
		}
	})
}

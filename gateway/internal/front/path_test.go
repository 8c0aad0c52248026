package front_test

import (
	"slices"
	"strings"
	"testing"
)

// Past vulnerability 56 (Ory Oathkeeper CVE-2026-33494): a path that two programs could
// read differently gets no answer from any module, whatever it would lead to.
//
// Covers Better Auth PR 10004; ASVS V1.1.1.
func TestFront_RefusesOddPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	for _, path := range []string{
		"/api/v1/echo/public/../known", "/api/v1/echo/./public", "/api/v1/echo/public/.", "/api/v1/echo/public/..", "/../api/v1/echo/public", "/api/v1/echo/x/../public",
		"/api/v1/echo/%2e%2e/echo/public", "/api/v1/echo/%2E/public", "/api/v1/echo/%2e%2e%2fknown", "/api/v1/echo%2fpublic", "/api%2Fv1/echo/public", "/api/v1/echo/items/a%2fb",
		"/api/v1/echo/%70ublic", "/%61pi/v1/echo/public", "/api/v1/echo/public%2f", "/api/v1/echo/items/%252e", "/api/v1/echo/items/a%25b", "/api/v1/echo/items/%25",
		"//api/v1/echo/public", "/api//v1/echo/public", "/api/v1/echo//public", "/api/v1/echo/public//", "/api/v1/echo/items//",
		"/api/v1/echo;/public", "/api/v1/echo/public;x=1", "/api/v1/echo/items/a;b", "/api/v1/echo/items/a%3bb",
		`/api/v1/echo\public`, "/api/v1/echo/items/a%5cb", `/api/v1/echo/public/..\known`, "/api/v1/echo/public%00", "/api/v1/echo/items/%00", "/api/v1/echo/items/a%0d%0ab",
		"/api/v1/echo/items/%7f", "/api/v1/echo/items/%c2%85", "/api/v1/echo/items/%ff", "/api/v1/echo/items/%c0%ae",
		// as Go spells the escape itself, so that only what it stands for is odd
		"/api/v1/echo/items/%FF", "/api/v1/echo/items/%C0%AE", "/api/v1/echo/items/%C2%85", "/api/v1/echo/items/%5C", "/api/v1/echo/items/%0D%0A", "/api/v1/echo/items/%7F",
		"/api/auth/ok/..", "/api/auth/%2e%2e/auth/ok", "/api/auth//ok", "/api/auth/ok%00",
	} {
		answer, body := w.raw(t, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		if strings.HasPrefix(path, "/api/auth/") {
			if answer.StatusCode != 404 || body != "" {
				t.Errorf("%s: status %d, body %q", path, answer.StatusCode, body)
			}
		} else {
			problem(t, answer, body, 404, "gateway.route_unknown")
		}
	}
	if w.seen.times() != 0 {
		t.Errorf("a module was asked %d times, last for %s", w.seen.times(), w.seen.request.URL)
	}
	for _, line := range w.lines(t, 1) {
		if line["route"] != "unknown" {
			t.Errorf("the log says %v", line)
		}
	}
}

func TestFront_FindsOrdinaryPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	for path, want := range map[string]string{
		"/api/v1/echo/public": "/api/v1/echo/public", "/api/v1/echo/public?a=../x&b=%2e": "/api/v1/echo/public", "http://elsewhere.example/api/v1/echo/public": "/api/v1/echo/public",
		"/api/v1/echo/items/a%20b": "/api/v1/echo/items/a b", "/api/v1/echo/items/%C3%A9": "/api/v1/echo/items/é", "/api/v1/echo/items/a...b": "/api/v1/echo/items/a...b",
		"/api/v1/echo/items/ada@example.com": "/api/v1/echo/items/ada@example.com", "/api/v1/echo/items/...": "/api/v1/echo/items/...",
	} {
		answer, body := w.raw(t, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		if answer.StatusCode != 200 || w.seen.request.URL.Path != want {
			t.Errorf("%s: status %d, body %s", path, answer.StatusCode, body)
		}
	}
}

func TestFront_AnswersUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	for _, try := range []struct {
		method, path string
		status       int
		code, allow  string
	}{
		{"GET", "/nothing", 404, "gateway.route_unknown", ""},
		{"GET", "/api/v1/echo/public/", 404, "gateway.route_unknown", ""},
		{"GET", "/API/v1/echo/public", 404, "gateway.route_unknown", ""},
		{"GET", "/api/v1/echo/items", 404, "gateway.route_unknown", ""},
		{"GET", "/api/v1/echo/items/a/b", 404, "gateway.route_unknown", ""},
		{"DELETE", "/api/v1/echo/public", 405, "gateway.method", "GET, HEAD, POST"},
		{"POST", "/api/v1/echo/items/a", 405, "gateway.method", "GET, HEAD"},
		{"get", "/api/v1/echo/public", 405, "gateway.method", "GET, HEAD, POST"},
		{"GETX", "/api/v1/echo/public", 405, "gateway.method", "GET, HEAD, POST"},
	} {
		answer, body := w.raw(t, try.method+" "+try.path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		problem(t, answer, body, try.status, try.code)
		if answer.Header.Get("Allow") != try.allow {
			t.Errorf("%s %s: Allow %q", try.method, try.path, answer.Header.Get("Allow"))
		}
	}
	// The client protocol knows neither 405 nor a body.
	for _, try := range []string{"GET /api/auth/nothing", "POST /api/auth/ok", "DELETE /api/auth/sign-in", "GET /api/auth/sign-in"} {
		answer, body := w.raw(t, try+" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		if answer.StatusCode != 404 || body != "" || answer.Header.Get("Content-Type") != "" {
			t.Errorf("%s: status %d, body %q", try, answer.StatusCode, body)
		}
	}
	if w.seen.times() != 0 {
		t.Error("a module was asked")
	}
}

func TestFront_Head(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	full, body := w.ask(t, "GET", "/api/v1/echo/public", "")
	answer, none := w.ask(t, "HEAD", "/api/v1/echo/public", "")
	if answer.StatusCode != 200 || none != "" || answer.ContentLength != int64(len(body)) || answer.Header.Get("Of-The-Module") != "yes" || w.seen.request.Method != "GET" {
		t.Errorf("status %d, body %q, %d bytes announced of %d; the module saw %s", answer.StatusCode, none, answer.ContentLength, full.ContentLength, w.seen.request.Method)
	}
	if answer, _ := w.ask(t, "HEAD", "/api/v1/echo/known", ""); answer.StatusCode != 401 {
		t.Errorf("the guard let HEAD pass: %d", answer.StatusCode)
	}
	if answer, _ := w.ask(t, "HEAD", "/api/auth/sign-in", ""); answer.StatusCode != 404 {
		t.Errorf("a path without GET: %d", answer.StatusCode)
	}
}

// A service that has not come up, or that is restarting, is an outage and not a 404.
func TestFront_AwaitsServices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{expected: []string{"echo", "identity", "late"}})
	for _, path := range []string{"/api/v1/late/thing", "/api/v1/late", "/api/v1/me", "/api/v1/users/7"} {
		answer, _ := w.ask(t, "GET", path, "")
		if answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%s: status %d, Retry-After %q", path, answer.StatusCode, answer.Header.Get("Retry-After"))
		}
	}
	for _, path := range []string{"/api/v1/later", "/api/v1/echo/nothing", "/nothing", "/"} {
		if answer, _ := w.ask(t, "GET", path, ""); answer.StatusCode != 404 {
			t.Errorf("%s: status %d", path, answer.StatusCode)
		}
	}
}

// The labels are bounded: a template for each route, one for all unknown paths.
func TestFront_RouteTemplatesInMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	for _, path := range []string{"/api/v1/echo/items/1", "/api/v1/echo/items/2", "/nothing/1", "/nothing/2"} {
		w.ask(t, "GET", path, "")
	}
	w.lines(t, 4)
	families, err := w.registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "http_request_seconds" {
		t.Fatalf("%v, %v", families, err)
	}
	var got []string
	for _, m := range families[0].GetMetric() {
		labels := ""
		for _, l := range m.GetLabel() {
			labels += l.GetValue() + " "
		}
		got = append(got, labels)
	}
	slices.Sort(got)
	if want := []string{"/api/v1/echo/items/{id} 200 ", "unknown 404 "}; !slices.Equal(got, want) {
		t.Errorf("series %q", got)
	}
}

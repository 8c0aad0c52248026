package front_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// ASVS V16: one line for each request, with what is needed to follow it and nothing that
// must not stand in a log.
func TestFront_LogsOneLineForEachRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.SignIn("canary-session", "ada")
	w.ask(t, "GET", "/api/v1/echo/items/canary-path?token=canary-query", "", "X-Request-Id", "req-1")
	w.ask(t, "POST", "/api/v1/echo/known", `{"password":"canary-body"}`, "Authorization", "Bearer canary-session", "Cookie", "session=canary-cookie", "User-Agent", "canary-agent", "X-Request-Id", "req-2")
	w.ask(t, "GET", "/api/v1/echo/known?canary-query", "", "X-Request-Id", "req-3")
	w.ask(t, "GET", "/canary-path/x?canary-query", "", "X-Request-Id", "req-4")
	w.ask(t, "GET", "/api/auth/canary-path", "", "X-Request-Id", "req-5")
	w.ask(t, "GET", "/canary-path//x", "", "X-Request-Id", "req-6")
	w.ask(t, "OPTIONS", "/canary-path", "", "X-Request-Id", "req-7", "Origin", trustedOrigin, "Access-Control-Request-Method", "GET")
	want := []map[string]any{
		{"method": "GET", "route": "/api/v1/echo/items/{id}", "status": 200.0, "service": "echo", "request_id": "req-1"},
		{"method": "POST", "route": "/api/v1/echo/known", "status": 200.0, "service": "echo", "actor": "ada", "request_id": "req-2"},
		{"method": "GET", "route": "/api/v1/echo/known", "status": 401.0, "service": "echo", "fault": "authsvc.unauthenticated", "request_id": "req-3"},
		{"method": "GET", "route": "unknown", "status": 404.0, "fault": "gateway.route_unknown", "request_id": "req-4"},
		{"method": "GET", "route": "unknown", "status": 404.0, "fault": "gateway.route_unknown", "request_id": "req-5"},
		{"method": "GET", "route": "unknown", "status": 404.0, "fault": "gateway.route_unknown", "request_id": "req-6"},
		{"method": "OPTIONS", "route": "unknown", "status": 204.0, "request_id": "req-7"},
	}
	got := w.lines(t, len(want))
	if len(got) != len(want) {
		t.Fatalf("%d lines for %d requests\n%s", len(got), len(want), w.log.text())
	}
	for i, line := range got {
		for field, value := range want[i] {
			if line[field] != value {
				t.Errorf("line %d: %s is %v, want %v", i, field, line[field], value)
			}
		}
		for _, field := range []string{"actor", "fault", "service"} {
			if _, wanted := want[i][field]; !wanted && line[field] != nil {
				t.Errorf("line %d: %s is %v", i, field, line[field])
			}
		}
		if line["message"] != "request" || line["took_ms"] == nil || line["bytes"] == nil {
			t.Errorf("line %d: %v", i, line)
		}
	}
	if strings.Contains(w.log.text(), "canary") {
		t.Errorf("the log repeats what it must not:\n%s", w.log.text())
	}
}

// panics is a mount whose handlers panic, as no module's do: they have a pipeline.
func panics(handler http.HandlerFunc) httpx.Mount {
	r := gatewaytest.Route("panic", "GET", "/api/v1/broken/panic")
	return httpx.Mount{Service: "broken", Routes: []httpx.Route{r}, Handler: func(httpx.Route) http.Handler { return handler }}
}

func TestFront_OutlivesPanics(t *testing.T) {
	t.Parallel()
	t.Run("before an answer it is 500, and the cause stays in the log", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, options{mounts: []httpx.Mount{panics(func(http.ResponseWriter, *http.Request) { panic("the secret cause") })}})
		answer, body := w.ask(t, "GET", "/api/v1/broken/panic", "")
		problem(t, answer, body, 500, "internal")
		if strings.Contains(body, "secret cause") {
			t.Errorf("body %s", body)
		}
		lines := w.lines(t, 2)
		if cause, _ := lines[0]["error"].(string); !strings.Contains(cause, "the secret cause") || lines[0]["level"] != "error" {
			t.Errorf("the log says %v", lines[0])
		}
		if lines[1]["status"] != 500.0 || lines[1]["level"] != "warn" || lines[1]["fault"] != "internal" {
			t.Errorf("the log says %v", lines[1])
		}
	})
	t.Run("behind one the connection is cut, and the line says so", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, options{mounts: []httpx.Mount{panics(func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = rw.Write([]byte("half"))
			_ = http.NewResponseController(rw).Flush()
			panic("late")
		})}})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/api/v1/broken/panic", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := w.server.Client().Do(r)
		if err == nil {
			_, err = answer.Body.Read(make([]byte, 100))
			if err == nil {
				_, err = answer.Body.Read(make([]byte, 100))
			}
			_ = answer.Body.Close()
		}
		if err == nil || err.Error() == "EOF" {
			t.Errorf("the client took a part for the whole: %v", err)
		}
		if lines := w.lines(t, 2); lines[1]["cut"] != true {
			t.Errorf("the log says %v", lines[1])
		}
	})
}

func TestFront_LogsFaultsOfModulesByCode(t *testing.T) {
	t.Parallel()
	down := gatewaytest.Route("down", "GET", "/api/v1/down/thing", func(r *httpx.Route) {
		r.Handle = func(http.ResponseWriter, *http.Request) error {
			return fault.New(fault.Unavailable, "down.storage", "Try again.")
		}
	})
	w := newWorld(t, options{mounts: []httpx.Mount{gatewaytest.Mount(t, "down", down)}})
	answer, body := w.ask(t, "GET", "/api/v1/down/thing", "")
	problem(t, answer, body, 503, "down.storage")
	if line := w.lines(t, 1)[0]; line["fault"] != "down.storage" || line["level"] != "warn" || line["service"] != "down" {
		t.Errorf("the log says %v", line)
	}
}

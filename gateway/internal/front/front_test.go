package front_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/authn"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/clientip"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/front"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
	"github.com/gatehouse-auth/gatehouse/shared/weborigin"
)

const trustedOrigin = "https://app.example.com"

// world is a Front behind a real HTTP server, with the modules echo and authsvc.
type world struct {
	*gatewaytest.Modules
	server    *httptest.Server
	directory *gatewaytest.Directory
	registry  *prometheus.Registry
	log       *buffer
	seen      *seen
	key       gatewaytest.Key
}

// buffer is a writer that many may use.
type buffer struct {
	mutex sync.Mutex
	bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.Write(p)
}

func (b *buffer) text() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.String()
}

// seen is what reached a module last.
type seen struct {
	mutex   sync.Mutex
	count   int
	request *http.Request
	body    string
	caller  principal.Principal
	span    trace.Span
}

func (s *seen) handle(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.count++
	s.request, s.body, s.span = r, string(body), trace.From(r.Context())
	s.caller, _ = principal.From(r.Context())
	w.Header().Set(httpx.InternalPrefix+"Secret", "for the gateway alone")
	w.Header().Set("Of-The-Module", "yes")
	return httpx.WriteJSON(w, map[string]string{"path": r.URL.Path})
}

func (s *seen) times() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.count
}

// echo returns a route that remembers what reached it.
func (s *seen) echo(id, method, path string, guard httpx.Guard, change ...func(*httpx.Route)) httpx.Route {
	return gatewaytest.Route(id, method, path, append([]func(*httpx.Route){func(r *httpx.Route) { r.Guard, r.Handle = guard, s.handle }}, change...)...)
}

func codeMessage(r *httpx.Route) { r.Errors = httpx.CodeMessage }

func small(r *httpx.Route) { r.MaxBody = 100 }

type options struct {
	https    bool
	proxies  []netip.Prefix
	expected []string
	mounts   []httpx.Mount
	write    time.Duration // the server's time to write an answer; 0: any
}

func newWorld(t *testing.T, o options) *world {
	t.Helper()
	key := gatewaytest.NewKey("key-1", 1)
	w := &world{Modules: gatewaytest.NewModules(key), key: key, seen: &seen{}, log: &buffer{}, registry: prometheus.NewRegistry()}
	w.directory = gatewaytest.NewDirectory(append(o.mounts,
		gatewaytest.Mount(t, "authsvc",
			w.seen.echo("ok", "GET", "/api/auth/ok", httpx.Public(), codeMessage),
			w.seen.echo("sign-in", "POST", "/api/auth/sign-in", httpx.Module(), codeMessage, small)),
		gatewaytest.Mount(t, "echo",
			w.seen.echo("public", "GET", "/api/v1/echo/public", httpx.Public()),
			w.seen.echo("public-write", "POST", "/api/v1/echo/public", httpx.Public(), small),
			w.seen.echo("known", "GET", "/api/v1/echo/known", httpx.Authenticated()),
			w.seen.echo("known-write", "POST", "/api/v1/echo/known", httpx.Authenticated(), small),
			w.seen.echo("allowed", "GET", "/api/v1/echo/allowed", httpx.Permission("echo:read")),
			w.seen.echo("item", "GET", "/api/v1/echo/items/{id}", httpx.Public()),
		))...)
	log := zerolog.New(w.log)
	face, err := front.New(front.Config{
		Routes: route.NewSwitch(w.directory, zerolog.Nop()), Address: clientip.New(o.proxies), Origins: weborigin.New(trustedOrigin),
		Authn: authn.New(authn.Config{
			Call: w.Caller(t), Issuer: gatewaytest.Issuer, Trusted: weborigin.New(trustedOrigin).TrustsOrigin,
			Changes: gatewaytest.Changes(w.Caller(t)), Now: time.Now, Keep: true,
		}),
		HTTPS: o.https, Expected: o.expected, Log: log, Metrics: w.registry, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewUnstartedServer(face)
	w.server.Config.ErrorLog = nil
	w.server.Config.DisableGeneralOptionsHandler = true
	w.server.Config.WriteTimeout = o.write
	w.server.Start()
	t.Cleanup(w.server.Close)
	return w
}

// ask sends a request and returns the answer with its body read.
func (w *world) ask(t *testing.T, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1]) // as it is spelt
	}
	answer, err := w.server.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer, text(t, answer)
}

func text(t *testing.T, answer *http.Response) string {
	t.Helper()
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// raw sends bytes as they are and reads one answer.
func (w *world) raw(t *testing.T, request string) (*http.Response, string) {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", w.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	return answer, text(t, answer)
}

// problem checks that an answer is a problem document with the status and code.
func problem(t *testing.T, answer *http.Response, body string, status int, code string) {
	t.Helper()
	var got struct {
		Type, Title, Detail, Code string
		Status                    int
		RequestID                 string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || answer.StatusCode != status || got.Code != code {
		t.Fatalf("status %d, body %s, %v; want %d %s", answer.StatusCode, body, err, status, code)
	}
	if answer.Header.Get("Content-Type") != "application/problem+json" || got.Status != status || got.Type != "about:blank" || got.Title == "" || got.Detail == "" {
		t.Errorf("problem %+v as %s", got, answer.Header.Get("Content-Type"))
	}
	if got.RequestID == "" || got.RequestID != answer.Header.Get("X-Request-Id") {
		t.Errorf("request id %q, in the header %q", got.RequestID, answer.Header.Get("X-Request-Id"))
	}
}

// lines returns the log once it holds count lines.
func (w *world) lines(t *testing.T, count int) []map[string]any {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); strings.Count(w.log.text(), "\n") < count; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("want %d lines, got\n%s", count, w.log.text())
		}
	}
	var all []map[string]any
	for line := range strings.Lines(w.log.text()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, fields)
	}
	return all
}

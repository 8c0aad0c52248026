package bus_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

const shelf = "/api/v1/catalog"

// corpusRoutes are handlers that do what handlers do.
func corpusRoutes() []httpx.Route {
	echo := page("echo", "POST", shelf+"/echo/{name}", echoRequest)
	echo.MaxBody = httpx.MaxBody
	slow := page("slow", "GET", shelf+"/slow", func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	})
	slow.Timeout = 100 * time.Millisecond
	oauth := page("oauth", "POST", shelf+"/oauth", fails(fault.New(fault.Invalid, "invalid_grant", "Spent.")))
	oauth.Errors = httpx.OAuth
	code := page("code", "POST", shelf+"/code", fails(fault.New(fault.Conflict, "TAKEN", "It is taken.")))
	code.Errors = httpx.CodeMessage
	return []httpx.Route{
		echo, slow, oauth, code,
		page("get", "GET", shelf+"/echo/{name}", echoRequest),
		page("head", "HEAD", shelf+"/file", serveFile),
		page("file", "GET", shelf+"/file", serveFile),
		page("bare-head", "HEAD", shelf+"/bare", nil),
		page("bare", "GET", shelf+"/bare", nil),
		page("cookies", "POST", shelf+"/cookies", setCookies),
		page("moved", "GET", shelf+"/moved", func(w http.ResponseWriter, r *http.Request) error {
			http.Redirect(w, r, "/elsewhere?a=1&b=%20#top", http.StatusFound)
			return nil
		}),
		page("gone", "DELETE", shelf+"/gone", func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusNoContent)
			if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
				return errors.New("a 204 took a body")
			}
			return nil
		}),
		page("same", "GET", shelf+"/same", func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("ETag", `"v1"`)
			w.WriteHeader(http.StatusNotModified)
			return nil
		}),
		page("fields", "GET", shelf+"/fields", setFields),
		page("missing", "PUT", shelf+"/missing", fails(fault.New(fault.NotFound, "catalog.missing", "Not here."))),
		page("busy", "PATCH", shelf+"/busy", fails(fault.New(fault.Exhausted, "catalog.busy", "Later.").WithRetryAfter(3*time.Second))),
		page("plain", "GET", shelf+"/plain", fails(errors.New("disk on fire"))),
		page("panic", "GET", shelf+"/panic", func(http.ResponseWriter, *http.Request) error { panic("out of cheese") }),
		page("options", "OPTIONS", shelf+"/bare", nil),
	}
}

func fails(err error) httpx.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

// echoRequest answers with everything that a handler can see of the request.
func echoRequest(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	p, known := principal.From(r.Context())
	_, bounded := r.Context().Deadline()
	return httpx.WriteJSON(w, map[string]any{
		"method": r.Method, "path": r.URL.Path, "escaped": r.URL.EscapedPath(), "query": r.URL.RawQuery, "uri": r.RequestURI,
		"host": r.Host, "name": r.PathValue("name"), "header": r.Header, "length": r.ContentLength, "body": sha256.Sum256(body),
		"subject": p.Subject, "known": known, "span": trace.From(r.Context()), "bounded": bounded, "ip": httpx.ClientIP(r),
	})
}

func serveFile(w http.ResponseWriter, _ *http.Request) error {
	body := bytes.Repeat([]byte{0, 1, 2, 253, 254, 255, '\r', '\n'}, 20_000)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, err := w.Write(body)
	return err
}

func setCookies(w http.ResponseWriter, _ *http.Request) error {
	for _, c := range []http.Cookie{
		{Name: "z", Value: "1", Path: "/", HttpOnly: true},
		{Name: "a", Value: "2", MaxAge: -1},
		{Name: "z", Value: "3", Path: "/x", Secure: true, SameSite: http.SameSiteLaxMode},
	} {
		http.SetCookie(w, &c)
	}
	w.WriteHeader(http.StatusCreated)
	http.SetCookie(w, &http.Cookie{Name: "late", Value: "lost"}) // after the status: too late in every shape
	return nil
}

func setFields(w http.ResponseWriter, _ *http.Request) error {
	w.Header()["X-Many"] = []string{"b", "a", ""}
	w.Header().Set("X-Text", "äö, \"quoted\"")
	w.Header().Add("Vary", "Cookie")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusTeapot)
	_, err := io.WriteString(w, "<p>short and stout</p>")
	return err
}

// edgeServer is an HTTP server in front of mounted routes, with what an edge adds.
func edgeServer(t *testing.T, mount httpx.Mount) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := slices.IndexFunc(mount.Routes, func(route httpx.Route) bool { return route.ID == r.Header.Get("X-Route") })
		r.Header.Set(httpx.ClientIPHeader, "203.0.113.9")
		r.Header.Del("X-Forwarded-Proto")
		ctx := trace.With(r.Context(), trace.Span{RequestID: "req-7", Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
		if r.Header.Get("Authorization") != "" {
			ctx = principal.With(ctx, principal.Principal{Subject: "reader-1", Roles: []string{"librarian"}})
		}
		w.Header().Set("Vary", "Origin")
		mount.Handler(mount.Routes[at]).ServeHTTP(w, r.WithContext(ctx))
	}))
	t.Cleanup(server.Close)
	return server
}

// mounted returns the catalog's corpus as an edge sees it, in process and over the bus.
func mounted(t *testing.T) map[string]httpx.Mount {
	t.Helper()
	built := table(t, corpusRoutes()...)
	server := startServer(t, "")
	serve(t, connect(t, inProcess(server, "catalog")), bus.ServiceConfig{HTTP: built})
	directory := connect(t, inProcess(server, edge)).Directory(bus.DirectoryConfig{})
	if err := directory.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	mounts := directory.Mounts()
	if len(mounts) != 1 {
		t.Fatalf("%d services are mounted", len(mounts))
	}
	return map[string]httpx.Mount{"in process": httpx.MountTable("catalog", built), "bus": mounts[0]}
}

type exchange struct {
	name, route, method, path string
	header                    http.Header
	body                      []byte
}

func corpus() []exchange {
	post := func(name string, body []byte) exchange {
		return exchange{name, "echo", "POST", shelf + "/echo/x", http.Header{"Content-Type": {"application/octet-stream"}}, body}
	}
	odd := http.Header{
		"X-Many": {"b", "a"}, "Cookie": {"a=1; b=2"}, "X-Text": {"äö"}, "Connection": {"x-hop, keep-alive, gatehouse-client-ip"}, "X-Hop": {"dropped"},
		"Te": {"trailers"}, "Authorization": {"Bearer x"}, "Accept-Encoding": {"br"}, "User-Agent": {"reader/1.0"},
	}
	return []exchange{
		post("an empty body", nil),
		post("one byte", []byte{0}),
		post("bytes that look like a message", []byte("HTTP/1.1 200 OK\r\n\r\nGET / HTTP/1.1\r\n\r\n")),
		post("the largest body", bytes.Repeat([]byte{0xff, 0}, httpx.MaxBody/2)),
		{"a path and a query with every kind of escape", "get", "GET", shelf + "/echo/a%2Fb%20c%C3%A4?q=%00&q=a+b&%zz=;&empty", nil, nil},
		{"a query that is only a mark", "get", "GET", shelf + "/echo/x?", nil, nil},
		{"many fields", "get", "GET", shelf + "/echo/x", odd, nil},
		{"no agent", "get", "GET", shelf + "/echo/x", http.Header{"User-Agent": nil}, nil},
		{"a file", "file", "GET", shelf + "/file", nil, nil},
		{"the head of a file", "head", "HEAD", shelf + "/file", nil, nil},
		{"nothing", "bare", "GET", shelf + "/bare", nil, nil},
		{"the head of nothing", "bare-head", "HEAD", shelf + "/bare", nil, nil},
		{"options", "options", "OPTIONS", shelf + "/bare", nil, nil},
		{"cookies", "cookies", "POST", shelf + "/cookies", nil, nil},
		{"a redirect", "moved", "GET", shelf + "/moved", nil, nil},
		{"204", "gone", "DELETE", shelf + "/gone", nil, nil},
		{"304", "same", "GET", shelf + "/same", nil, nil},
		{"fields of the answer", "fields", "GET", shelf + "/fields", nil, nil},
		{"a problem", "missing", "PUT", shelf + "/missing", nil, []byte("{}")},
		{"a problem that passes", "busy", "PATCH", shelf + "/busy", nil, nil},
		{"an OAuth error", "oauth", "POST", shelf + "/oauth", nil, nil},
		{"a code and a message", "code", "POST", shelf + "/code", nil, nil},
		{"a bug", "plain", "GET", shelf + "/plain", nil, nil},
		{"a panic", "panic", "GET", shelf + "/panic", nil, nil},
		{"a time-out", "slow", "GET", shelf + "/slow", nil, nil},
		{"a path that is not the route's", "bare", "GET", shelf + "/other", nil, nil},
	}
}

type answer struct {
	Status int
	Header http.Header
	Length int64
	Body   string
}

func (e exchange) send(t *testing.T, base string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), e.method, base+e.path, bytes.NewReader(e.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range e.header {
		r.Header[name] = values
	}
	r.Host = "library.example"
	r.Header.Set("X-Route", e.route)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	response.Header.Del("Date")
	return answer{response.StatusCode, response.Header, response.ContentLength, string(body)}
}

// hopFields are what an intermediary drops: the one difference between the shapes.
func hopFields() []string { return []string{"Connection", "X-Hop", "Te", "Expect"} }

// comparable removes from an echo what may differ between the shapes.
func (a answer) comparable(t *testing.T) answer {
	t.Helper()
	var echo map[string]any
	if a.Header.Get("Content-Type") != "application/json" || json.Unmarshal([]byte(a.Body), &echo) != nil || echo["header"] == nil {
		return a
	}
	header, ok := echo["header"].(map[string]any)
	if !ok {
		t.Fatalf("an echo without fields: %s", a.Body)
	}
	for _, name := range hopFields() {
		delete(header, name)
	}
	body, err := json.Marshal(echo)
	if err != nil {
		t.Fatal(err)
	}
	a.Body, a.Length = string(body), 0
	a.Header.Del("Content-Length")
	return a
}

func TestMount_AnswersTheSameOverTheBusAsInProcess(t *testing.T) {
	t.Parallel()
	mounts := mounted(t)
	local, remote := edgeServer(t, mounts["in process"]), edgeServer(t, mounts["bus"])
	for _, e := range corpus() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			want, got := e.send(t, local.URL), e.send(t, remote.URL)
			if e.header.Get("X-Hop") != "" {
				if !strings.Contains(want.Body, `"X-Hop"`) {
					t.Errorf("the request did not reach the handler: %d %s", want.Status, want.Body)
				}
				for _, name := range hopFields() {
					if strings.Contains(got.Body, `"`+name+`"`) {
						t.Errorf("%s crossed an intermediary", name)
					}
				}
			}
			if diff := cmp.Diff(want.comparable(t), got.comparable(t)); diff != "" {
				t.Errorf("in process (-) and over the bus (+) differ:\n%.4000s", diff)
			}
		})
	}
}

func TestMount_CarriesThePrincipalBesideTheRequest(t *testing.T) {
	t.Parallel()
	url := edgeServer(t, mounted(t)["bus"]).URL
	forged := exchange{"", "get", "GET", shelf + "/echo/x", http.Header{httpx.PrincipalHeader: {"forged.seal"}}, nil}.send(t, url)
	if forged.Status != http.StatusOK || strings.Contains(forged.Body, "forged") || !strings.Contains(forged.Body, `"known":false`) {
		t.Errorf("a forged field reached the handler: %d %s", forged.Status, forged.Body)
	}
	known := exchange{"", "get", "GET", shelf + "/echo/x", http.Header{"Authorization": {"x"}}, nil}.send(t, url)
	if !strings.Contains(known.Body, `"subject":"reader-1"`) || strings.Contains(known.Body, httpx.PrincipalHeader) {
		t.Errorf("the principal did not arrive as it should: %s", known.Body)
	}
}

// direct calls the handler of a mounted route without a server in between.
func direct(t *testing.T, mount httpx.Mount, id string, r *http.Request) *http.Response {
	t.Helper()
	at := slices.IndexFunc(mount.Routes, func(route httpx.Route) bool { return route.ID == id })
	w := httptest.NewRecorder()
	mount.Handler(mount.Routes[at]).ServeHTTP(w, r)
	return w.Result()
}

func TestMount_AnswersWhatFailsOnTheWayInTheFormatOfTheRoute(t *testing.T) {
	t.Parallel()
	big := func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write(make([]byte, 1<<20+1))
		return err
	}
	problem, oauth := page("problem", "POST", shelf+"/problem", big), page("oauth", "POST", shelf+"/oauth", big)
	oauth.Errors = httpx.OAuth
	server := startServer(t, "")
	service := serve(t, connect(t, inProcess(server, "catalog")), bus.ServiceConfig{HTTP: table(t, problem, oauth)})
	directory := connect(t, inProcess(server, edge)).Directory(bus.DirectoryConfig{})
	if err := directory.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	mount := directory.Mounts()[0]
	post := func(path string, body int) *http.Request {
		return httptest.NewRequestWithContext(t.Context(), "POST", path, bytes.NewReader(make([]byte, body)))
	}
	wide := post(problem.Path, 0)
	wide.Header.Set("X-Wide", strings.Repeat("x", 1<<20))
	late, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	expect := func(what string, got *http.Response, status int, media, code string) {
		t.Helper()
		body, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got.StatusCode != status || got.Header.Get("Content-Type") != media || got.Header.Get(httpx.FaultHeader) != code {
			t.Errorf("%s: got %d %v %s", what, got.StatusCode, got.Header, body)
		}
		if retry := got.Header.Get("Retry-After"); (retry != "") != (status == 503) {
			t.Errorf("%s: Retry-After is %q", what, retry)
		}
		var document struct{ Status int }
		if media == "application/problem+json" && (json.Unmarshal(body, &document) != nil || document.Status != status) {
			t.Errorf("%s: the document says %d: %s", what, document.Status, body)
		}
	}
	const asProblem, asOAuth = "application/problem+json", "application/json"
	expect("an answer above 1 MiB", direct(t, mount, "problem", post(problem.Path, 0)), 502, asProblem, "bus.answer_too_large")
	expect("an answer above 1 MiB, OAuth", direct(t, mount, "oauth", post(oauth.Path, 0)), 502, asOAuth, "bus.answer_too_large")
	expect("a body above the route's limit", direct(t, mount, "problem", post(problem.Path, httpx.DefaultMaxBody+1)), 413, asProblem, "request.too_large")
	expect("fields above 1 MiB", direct(t, mount, "problem", wide), 413, asProblem, "bus.request_too_large")
	expect("a context that has ended", direct(t, mount, "oauth", post(oauth.Path, 0).WithContext(late)), 503, asOAuth, "deadline")
	stop(t, service)
	expect("nobody there", direct(t, mount, "problem", post(problem.Path, 0)), 503, asProblem, "rpc.unreached")
	expect("nobody there, OAuth", direct(t, mount, "oauth", post(oauth.Path, 0)), 503, asOAuth, "rpc.unreached")
}

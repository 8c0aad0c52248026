package front_test

import (
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// ASVS V3.4: every answer of every kind carries the headers.
//
// Covers ASVS V3.4.1, V3.4.3, V3.4.4, V3.4.5, V3.4.6, V13.4.4, V14.3.2.
func TestFront_SecuresEveryAnswer(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
	}
	w := newWorld(t, options{https: true})
	for name, ask := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"200": {"GET", "/api/v1/echo/public", "", nil, 200}, "200 of the protocol": {"GET", "/api/auth/ok", "", nil, 200},
		"HEAD": {"HEAD", "/api/v1/echo/public", "", nil, 200}, "401": {"GET", "/api/v1/echo/known", "", nil, 401},
		"404": {"GET", "/nothing", "", nil, 404}, "404 of the protocol": {"GET", "/api/auth/nothing", "", nil, 404},
		"405": {"DELETE", "/api/v1/echo/public", "", nil, 405}, "413": {"POST", "/api/v1/echo/public", strings.Repeat("x", 101), nil, 413},
		"an odd path": {"GET", "/api//v1", "", nil, 404}, "a preflight": {"OPTIONS", "/api/auth/ok", "", []string{"Origin", trustedOrigin, "Access-Control-Request-Method", "GET"}, 204},
		"OPTIONS": {"OPTIONS", "/api/v1/echo/public", "", nil, 405}, "TRACE": {"TRACE", "/api/v1/echo/public", "", nil, 405},
	} {
		answer, _ := w.ask(t, ask.method, ask.path, ask.body, ask.headers...)
		if answer.StatusCode != ask.status {
			t.Errorf("%s: status %d", name, answer.StatusCode)
		}
		for header, value := range want {
			if got := answer.Header.Get(header); got != value {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(answer.Header.Get("Content-Security-Policy"), part) {
				t.Errorf("%s: no %s", name, part)
			}
		}
		for header := range answer.Header {
			if strings.HasPrefix(header, httpx.InternalPrefix) || header == "Server" || header == "X-Powered-By" {
				t.Errorf("%s: %s leaves the house", name, header)
			}
		}
		if answer.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", name)
		}
	}
	answer, _ := w.raw(t, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
	if answer.StatusCode != 404 || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("OPTIONS *: status %d", answer.StatusCode)
	}
	plain := newWorld(t, options{})
	if answer, _ := plain.ask(t, "GET", "/api/auth/ok", ""); answer.Header.Get("Strict-Transport-Security") != "" {
		t.Error("plain HTTP promises TLS (RFC 6797, section 7.2)")
	}
}

func TestFront_RequestID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	fresh := regexp.MustCompile(`^[a-z0-9]{20,64}$`)
	for id, kept := range map[string]bool{
		"req-1": true, "A.b_c-9": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a/b": false, `"><script>`: false, "\u00e9": false, "${jndi:ldap://x}": false,
	} {
		answer, _ := w.ask(t, "GET", "/api/v1/echo/public", "", "X-Request-Id", id)
		got := answer.Header.Get("X-Request-Id")
		if (got == id) != kept || (!kept && !fresh.MatchString(got)) {
			t.Errorf("%q became %q", id, got)
		}
		if w.seen.span.RequestID != got || w.seen.request.Header.Get("X-Request-Id") != got {
			t.Errorf("%q: the module saw %q and %q", id, w.seen.span.RequestID, w.seen.request.Header.Get("X-Request-Id"))
		}
	}
}

func TestFront_Traceparent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, try := range []struct {
		given []string
		want  string
	}{
		{[]string{good}, good},
		{nil, ""},
		{[]string{""}, ""},
		{[]string{good + "-x"}, ""},
		{[]string{strings.ToUpper(good)}, ""},
		{[]string{good, good}, ""},
		{[]string{strings.Repeat("a", 5000)}, ""},
		{[]string{"00-x"}, ""},
	} {
		var headers []string
		for _, value := range try.given {
			headers = append(headers, "Traceparent", value)
		}
		if answer, _ := w.ask(t, "GET", "/api/v1/echo/public", "", headers...); answer.StatusCode != 200 {
			t.Fatalf("status %d", answer.StatusCode)
		}
		if w.seen.span.Traceparent != try.want || w.seen.request.Header.Get("Traceparent") != try.want {
			t.Errorf("%q: the module saw %q and %q", try.given, w.seen.span.Traceparent, w.seen.request.Header.Get("Traceparent"))
		}
	}
}

// Past vulnerability 58 (Oathkeeper CVE-2026-33495 and GHSA-w9mr-28mw-j8hg, OAuth2 Proxy
// CVE-2025-64484): what the gateway says to modules, nobody outside can say.
//
// Covers ASVS V4.1.3.
func TestFront_KeepsItsOwnHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	corpus := []string{
		"Gatehouse-Client-Ip", "gatehouse-client-ip", "GATEHOUSE-CLIENT-IP", "Gatehouse_Client_Ip", "gatehouse_client-ip", "Gatehouse-Client_Ip",
		"Gatehouse-Principal", "Gatehouse_Principal", "Gatehouse-Fault", "Gatehouse-Next", "Gatehouse-Anything", "gatehouse_", "Gatehouse-",
		"X-Forwarded-For", "X_Forwarded_For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-User", "Forwarded", "X-Real-Ip", "X_Real_IP",
	}
	for _, name := range corpus {
		for _, extra := range [][]string{nil, {"Connection", "Gatehouse-Client-Ip"}, {"Connection", name}} {
			if answer, _ := w.ask(t, "POST", "/api/v1/echo/public", "", append([]string{name, "6.6.6.6"}, extra...)...); answer.StatusCode != 200 {
				t.Fatalf("%s: status %d", name, answer.StatusCode)
			}
			for header, values := range w.seen.request.Header {
				if header != "Connection" && strings.Contains(strings.Join(values, ","), "6.6.6.6") {
					t.Errorf("%s reached the module as %s", name, header)
				}
			}
			if got := w.seen.request.Header.Values(httpx.ClientIPHeader); len(got) != 1 || got[0] != "127.0.0.1" {
				t.Errorf("%s: the module takes the caller for %q", name, got)
			}
		}
	}
	t.Run("not behind the body either", func(t *testing.T) {
		answer, body := w.raw(t, "POST /api/v1/echo/public HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: Gatehouse-Client-Ip\r\n\r\n2\r\nhi\r\n0\r\nGatehouse-Client-Ip: 6.6.6.6\r\n\r\n")
		if answer.StatusCode != 200 || w.seen.body != "hi" || len(w.seen.request.Trailer) != 0 || w.seen.request.ContentLength != 2 {
			t.Errorf("status %d, %s; the module saw %q with the trailer %v", answer.StatusCode, body, w.seen.body, w.seen.request.Trailer)
		}
	})
	t.Run("others pass", func(t *testing.T) {
		w.ask(t, "GET", "/api/v1/echo/public", "", "X-Captcha-Response", "token", "User-Agent", "test", "Cookie", "a=b")
		got := w.seen.request.Header
		if got.Get("X-Captcha-Response") != "token" || got.Get("User-Agent") != "test" || got.Get("Cookie") != "a=b" {
			t.Errorf("the module saw %v", got)
		}
	})
}

// Past vulnerability 39 (authentik CVE-2023-36456): forwarded addresses count from trusted
// proxies only.
//
// Covers ASVS V15.3.4.
func TestFront_JudgesTheCallersAddress(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]struct {
		proxies []netip.Prefix
		want    string
	}{
		"from anybody":         {nil, "127.0.0.1"},
		"from a trusted proxy": {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{proxies: try.proxies})
			w.ask(t, "GET", "/api/v1/echo/public", "", "X-Forwarded-For", "6.6.6.6, 203.0.113.7")
			if got := httpx.ClientIP(w.seen.request).String(); got != try.want {
				t.Errorf("the module takes the caller for %s", got)
			}
		})
	}
}

// What browsers heed for documents only, pages carry and nothing else.
func TestFront_SecuresPages(t *testing.T) {
	t.Parallel()
	route := func(name, media string) httpx.Route {
		return gatewaytest.Route(name, "GET", "/api/v1/pages/"+name, func(r *httpx.Route) {
			r.Handle = func(w http.ResponseWriter, _ *http.Request) error {
				return httpx.WriteBody(w, http.StatusOK, media, []byte("x"))
			}
		})
	}
	w := newWorld(t, options{mounts: []httpx.Mount{gatewaytest.Mount(t, "pages", route("page", "text/html; charset=utf-8"), route("list", "application/json"))}})
	page, _ := w.ask(t, "GET", "/api/v1/pages/page", "")
	list, _ := w.ask(t, "GET", "/api/v1/pages/list", "")
	for name, want := range map[string]string{
		"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
	} {
		if got, other := page.Header.Get(name), list.Header.Get(name); got != want || other != "" {
			t.Errorf("%s is %q on a page and %q on other answers", name, got, other)
		}
	}
}

// A module may set what is its own to set, such as the policy of a page.
func TestFront_LetsModulesReplaceThePolicy(t *testing.T) {
	t.Parallel()
	page := gatewaytest.Route("page", "GET", "/api/v1/pages/page", func(r *httpx.Route) {
		r.Handle = func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
			w.Header().Set("Cache-Control", "max-age=60")
			return httpx.WriteJSON(w, 1)
		}
	})
	w := newWorld(t, options{mounts: []httpx.Mount{gatewaytest.Mount(t, "pages", page)}})
	answer, _ := w.ask(t, "GET", "/api/v1/pages/page", "")
	if csp := answer.Header.Values("Content-Security-Policy"); len(csp) != 1 || csp[0] != "default-src 'self'" {
		t.Errorf("policy %q", csp)
	}
	if answer.Header.Get("Cache-Control") != "max-age=60" || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", answer.Header)
	}
}

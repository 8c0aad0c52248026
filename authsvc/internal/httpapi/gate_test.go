package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/captcha"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
)

func limited(c *httpapi.Config, clock *authtest.Clock) { c.Limits = throttle.New(clock.Now) }

// TestLimits covers past-vulnerabilities rows 32, 37 and 39: who calls is what the edge says,
// and every call counts, however malformed it is.
//
// Covers Better Auth CVE-2026-45364 and PR 9990; ASVS V2.3.2, V2.4.1, V6.3.1, V15.3.4.
func TestLimits(t *testing.T) {
	t.Parallel()
	from := func(address string, more ...string) map[string]string {
		header := map[string]string{"Gatehouse-Client-Ip": address}
		for i := 0; i < len(more); i += 2 {
			header[more[i]] = more[i+1]
		}
		return header
	}
	attempt := func(body string, header map[string]string) request {
		return request{path: "/sign-in/email", body: body, header: header}
	}
	wrong := object("email", ada, "password", newWords)

	t.Run("refuse the fourth attempt in ten seconds and say when to come back", func(t *testing.T) {
		t.Parallel()
		a := newAppWith(t, authtest.Options{}, limited)
		for _, body := range []string{wrong, "{", "[]"} {
			if got := a.do(t, attempt(body, from("192.0.2.1"))); got.status == http.StatusTooManyRequests {
				t.Fatalf("too early: %s", got.body)
			}
		}
		got := a.do(t, attempt(wrong, from("192.0.2.1")))
		if got.status != http.StatusTooManyRequests || got.header.Get("X-Retry-After") != "10" || got.header.Get("Retry-After") != "10" {
			t.Errorf("status %d, X-Retry-After %q, Retry-After %q", got.status, got.header.Get("X-Retry-After"), got.header.Get("Retry-After"))
		}
		a.Clock.Advance(10 * time.Second)
		patiently(func() answer { return a.do(t, attempt(wrong, from("192.0.2.1"))) }).wants(t, http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
	})

	t.Run("cannot be passed with other headers or none (authentik CVE-2023-36456)", func(t *testing.T) {
		t.Parallel()
		a := newAppWith(t, authtest.Options{}, limited)
		for i, header := range []map[string]string{
			from("", "X-Forwarded-For", "198.51.100.1"), from("a"), from("192.0.2.1, 192.0.2.2"), {"X-Real-Ip": "198.51.100.3"},
		} {
			got := a.do(t, attempt("{}", header))
			if refused := got.status == http.StatusTooManyRequests; refused != (i == 3) {
				t.Errorf("attempt %d: status %d", i+1, got.status)
			}
		}
	})
}

// TestLimits_Accounts covers rows 34 and 35 (Keycloak CVE-2026-9798, OpenBao CVE-2025-54998):
// however the address is spelt and wherever calls come from, one account has one count, and
// the answer is the protocol's.
//
// Covers ASVS V6.3.1.
func TestLimits_Accounts(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	a.browser().signUp(t, ada)
	guess := func(i int, email string) answer {
		return patiently(func() answer {
			return a.do(t, request{
				path: "/sign-in/email", body: object("email", email, "password", newWords),
				header: map[string]string{"Gatehouse-Client-Ip": "192.0.2." + strconv.Itoa(i)},
			})
		})
	}
	for i, email := range []string{ada, "ADA@example.com", "Ada@Example.Com", "ada@EXAMPLE.com", ada} {
		guess(i, email).wants(t, http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
	}
	got := guess(9, "aDa@example.com")
	if got.status != http.StatusTooManyRequests || got.header.Get("X-Retry-After") != "1" || got.header.Get("Retry-After") != "1" ||
		got.body != `{"message":"Too many requests. Please try again later."}` {
		t.Errorf("status %d, header %v, body %s", got.status, got.header, got.body)
	}
}

// TestLimits_OAuth: the OAuth endpoints have limits too, and answer in their own shape.
func TestLimits_OAuth(t *testing.T) {
	t.Parallel()
	a := newAppWith(t, authtest.Options{}, limited)
	for path, calls := range map[string]int{"token": 20, "revoke": 30, "introspect": 100} {
		r := request{method: http.MethodPost, path: "/oauth2/" + path, body: "a=b", header: map[string]string{"Content-Type": typeForm}}
		for i := range calls {
			if got := a.do(t, r); got.status == http.StatusTooManyRequests {
				t.Fatalf("%s: call %d is limited", path, i+1)
			}
		}
		got := a.do(t, r)
		got.wants(t, http.StatusTooManyRequests, "temporarily_unavailable")
		if got.header.Get("X-Retry-After") != "60" || got.header.Get("Retry-After") != "60" {
			t.Errorf("%s: header %v", path, got.header)
		}
	}
}

// TestCaptcha: where captcha is on, sign-up, sign-in and reset take a solved challenge, and a
// provider that does not answer lets nobody in.
//
// Covers Better Auth PR 10004; ASVS V2.4.1.
func TestCaptcha(t *testing.T) {
	t.Parallel()
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.FormValue("response") {
		case "solved":
			_, _ = io.WriteString(w, `{"success":true}`)
		case "down":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			_, _ = io.WriteString(w, `{"success":false}`)
		}
	}))
	t.Cleanup(provider.Close)
	client, err := captcha.New(captcha.Config{Secret: "secret", URL: provider.URL})
	if err != nil {
		t.Fatal(err)
	}
	a := newAppWith(t, authtest.Options{}, func(c *httpapi.Config, _ *authtest.Clock) { c.Captcha = client })
	for path, body := range map[string]string{
		"/sign-up/email":          object("email", ada, "password", authtest.Password, "name", "Ada"),
		"/sign-in/email":          object("email", "nobody@example.com", "password", newWords),
		"/request-password-reset": object("email", ada),
	} {
		for response, status := range map[string]int{
			"": http.StatusBadRequest, "guess": http.StatusForbidden, "down": http.StatusServiceUnavailable,
		} {
			got := a.do(t, request{path: path, body: body, header: map[string]string{"X-Captcha-Response": response}})
			if got.status != status {
				t.Errorf("%s with the response %q: status %d, want %d; body %s", path, response, got.status, status, got.body)
			}
		}
		got := patiently(func() answer {
			return a.do(t, request{path: path, body: body, header: map[string]string{"X-Captcha-Response": "solved"}})
		})
		if got.status != http.StatusOK && !strings.Contains(got.body, "INVALID_EMAIL_OR_PASSWORD") {
			t.Errorf("%s with a solved challenge: status %d, body %s", path, got.status, got.body)
		}
	}
	a.do(t, request{path: "/get-session"}).wants(t, http.StatusOK, "")
}

// TestCaptcha_IsBoundToTheRoute covers Better Auth PR 10004 (row 38): no spelling of a guarded
// path reaches its endpoint without a solved challenge.
func TestCaptcha_IsBoundToTheRoute(t *testing.T) {
	t.Parallel()
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"success":false}`) }))
	t.Cleanup(provider.Close)
	client, err := captcha.New(captcha.Config{Provider: captcha.Turnstile, Secret: "secret", URL: provider.URL, Paths: []string{"/sign-in/*"}})
	if err != nil {
		t.Fatal(err)
	}
	a := newAppWith(t, authtest.Options{}, func(c *httpapi.Config, _ *authtest.Clock) { c.Captcha = client })
	a.browser().signUp(t, ada) // not guarded here
	for _, path := range []string{
		"/sign-in/email", "/sign-in//email", "//sign-in/email", "/sign-in/email/", "/sign-in/./email", "/x/../sign-in/email", "/sign-in/%65mail",
		"/sign-in%2Femail", "/sign-in/email?a=/sign-out", "/sign-in/email;a=b", "/SIGN-IN/email", "/sign-in/email%20", "/sign-in/email%00",
	} {
		got := a.do(t, request{path: path, body: object("email", ada, "password", authtest.Password)})
		if got.status == http.StatusOK || got.cookie(sessionID) != nil {
			t.Errorf("%s: status %d, signed in %t", path, got.status, got.cookie(sessionID) != nil)
		}
	}
}

// TestCaptcha_NamesAMisspeltEndpoint: a path that guards nothing stops the start.
func TestCaptcha_NamesAMisspeltEndpoint(t *testing.T) {
	t.Parallel()
	for path, ok := range map[string]bool{"/sign-in/email": true, "/sign-in/*": true, "/sign-in/mail": false, "sign-in/email": false} {
		client, err := captcha.New(captcha.Config{Secret: "secret", Paths: []string{path}})
		if err != nil {
			t.Fatal(err)
		}
		if err := httpapi.New(httpapi.Config{Captcha: client}).CheckCaptcha(); (err == nil) != ok {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := httpapi.New(httpapi.Config{}).CheckCaptcha(); err != nil {
		t.Errorf("without captcha: %v", err)
	}
}

package front_test

import (
	"slices"
	"strings"
	"testing"
)

// Past vulnerability 60 (Casdoor CVE-2024-41657): the corpus of origins that must not be
// let in; each is close to the trusted one.
//
// Covers ASVS V3.4.2.
func TestFront_RefusesOtherOrigins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	for _, origin := range []string{
		"", "null", "*", "https://evil.example", "http://app.example.com", "https://app.example.com.evil.example", "https://evil.example/https://app.example.com",
		"https://evilapp.example.com", "https://app.example.com:443", "https://app.example.com:8443", "https://app.example.com/", "https://app.example.com.", "HTTPS://APP.EXAMPLE.COM",
		"https://user@app.example.com", "https://app.example.com@evil.example", "https://app.example.com evil.example", "https://appxexample.com", "//app.example.com",
		"app.example.com", "file://", "https://app.example.com\x00", "https://app.example.com%00.evil.example", "https://[::1]", "http://localhost", "http://127.0.0.1:3000",
		"https://app.example.com,https://evil.example", "chrome-extension://abcdef",
	} {
		if strings.ContainsRune(origin, 0) {
			continue // no header can carry it
		}
		for _, headers := range [][]string{{"Origin", origin}, {"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"}} {
			for _, method := range []string{"GET", "OPTIONS"} {
				answer, _ := w.ask(t, method, "/api/auth/ok", "", headers...)
				for header := range answer.Header {
					if strings.HasPrefix(header, "Access-Control-") {
						t.Errorf("%s from %q: %s: %s", method, origin, header, answer.Header.Get(header))
					}
				}
				if !slices.Contains(answer.Header.Values("Vary"), "Origin") {
					t.Errorf("%s from %q: Vary %q", method, origin, answer.Header.Values("Vary"))
				}
			}
		}
	}
	answer, _ := w.ask(t, "GET", "/api/auth/ok", "", "Origin", "https://evil.example", "Origin", trustedOrigin)
	if answer.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("the second of two origins is let in")
	}
}

func TestFront_LetsTrustedOriginsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	for _, ask := range []struct {
		method, path string
		status       int
	}{{"GET", "/api/auth/ok", 200}, {"GET", "/api/v1/echo/known", 401}, {"GET", "/nothing", 404}, {"POST", "/api/auth/ok", 404}} {
		answer, _ := w.ask(t, ask.method, ask.path, "", "Origin", trustedOrigin)
		if answer.StatusCode != ask.status || answer.Header.Get("Access-Control-Allow-Origin") != trustedOrigin || answer.Header.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("%s %s: status %d, headers %v", ask.method, ask.path, answer.StatusCode, answer.Header)
		}
	}
	t.Run("a preflight is answered for every path, and no module sees it", func(t *testing.T) {
		before := w.seen.times()
		for _, path := range []string{"/api/auth/sign-in", "/api/v1/echo/known", "/nothing"} {
			answer, body := w.ask(t, "OPTIONS", path, "", "Origin", trustedOrigin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,x-captcha-response")
			if answer.StatusCode != 204 || body != "" || answer.Header.Get("Access-Control-Max-Age") != "600" ||
				!strings.Contains(answer.Header.Get("Access-Control-Allow-Methods"), "POST") || !strings.Contains(answer.Header.Get("Access-Control-Allow-Headers"), "X-Captcha-Response") {
				t.Errorf("%s: status %d, headers %v", path, answer.StatusCode, answer.Header)
			}
		}
		if w.seen.times() != before {
			t.Error("a module saw it")
		}
	})
	t.Run("OPTIONS without the preflight's header is a request like others", func(t *testing.T) {
		answer, body := w.ask(t, "OPTIONS", "/api/v1/echo/public", "", "Origin", trustedOrigin)
		problem(t, answer, body, 405, "gateway.method")
	})
}

package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// TestPipeline_Order holds the protocol's order of checks (better-auth-wire.md, section 1.2):
// body, origin, schema, form, session, callback. Each case has two faults; the first counts.
func TestPipeline_Order(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	foreign := map[string]string{"Cookie": "a=b", "Origin": evil}
	for name, tc := range map[string]struct {
		request request
		status  int
		code    string
	}{
		"media type before origin": {
			request{path: "/revoke-session", body: "token=a", header: map[string]string{"Content-Type": typeForm, "Cookie": "a=b", "Origin": evil}},
			http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
		},
		"malformed body before origin": {
			request{path: "/revoke-session", body: "{", header: foreign}, http.StatusBadRequest, "BAD_REQUEST",
		},
		"origin before schema": {
			request{path: "/revoke-session", body: "{}", header: foreign}, http.StatusForbidden, "INVALID_ORIGIN",
		},
		"schema before session": {
			request{path: "/revoke-session", body: "{}"}, http.StatusBadRequest, "VALIDATION_ERROR",
		},
		"schema before cross-site form": {
			request{path: "/sign-in/email", body: "{}", header: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}},
			http.StatusBadRequest, "VALIDATION_ERROR",
		},
		"cross-site form before password": {
			request{path: "/sign-in/email", body: object("email", ada, "password", "a"), header: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}},
			http.StatusForbidden, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
		},
		"session before anything of the endpoint": {
			request{path: "/revoke-session", body: object("token", "a")}, http.StatusUnauthorized, "UNAUTHORIZED",
		},
		"callback before the mailed token": {
			request{path: "/verify-email?token=a&callbackURL=" + evil}, http.StatusForbidden, "INVALID_CALLBACK_URL",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a.do(t, tc.request).wants(t, tc.status, tc.code)
		})
	}
}

// TestPipeline_Bodies covers what a body may be (better-auth-wire.md, section 1.3).
//
// Covers ASVS V1.5.2, V3.5.2.
func TestPipeline_Bodies(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	for name, tc := range map[string]struct {
		body, media string
		status      int
		code        string
	}{
		"no object":                  {"[]", typeJSON, http.StatusBadRequest, "VALIDATION_ERROR"},
		"null":                       {"null", typeJSON, http.StatusBadRequest, "VALIDATION_ERROR"},
		"two values":                 {"{}{}", typeJSON, http.StatusBadRequest, "BAD_REQUEST"},
		"cut short":                  {`{"email":`, typeJSON, http.StatusBadRequest, "BAD_REQUEST"},
		"a number for a text":        {`{"email":1,"password":"a"}`, typeJSON, http.StatusBadRequest, "VALIDATION_ERROR"},
		"a list in a form":           {"email=a&email=b&password=c", typeForm, http.StatusBadRequest, "VALIDATION_ERROR"},
		"a form with a broken %":     {"email=%zz", typeForm, http.StatusBadRequest, "BAD_REQUEST"},
		"plain text":                 {"email", "text/plain", http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"},
		"XML":                        {"<a/>", "application/xml", http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"},
		"nested beyond reason":       {strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000), typeJSON, http.StatusBadRequest, "BAD_REQUEST"},
		"larger than allowed":        {`{"email":"` + strings.Repeat("a", 70<<10) + `"}`, typeJSON, http.StatusRequestEntityTooLarge, "request.too_large"},
		"upper case and a parameter": {object("email", "no address", "password", "a"), "Application/JSON; charset=utf-8", http.StatusBadRequest, "INVALID_EMAIL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request{path: "/sign-in/email", body: tc.body, header: map[string]string{"Content-Type": tc.media}}
			a.do(t, r).wants(t, tc.status, tc.code)
		})
	}
}

// Covers ASVS V7.5.2.
func TestPipeline_FreshSession(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	b.signUp(t, ada)
	b.do(t, request{path: "/list-sessions"}).wants(t, http.StatusOK, "")
	a.Clock.Advance(25 * time.Hour)
	b.do(t, request{path: "/list-sessions"}).wants(t, http.StatusForbidden, "SESSION_NOT_FRESH")
	if b.session(t) == "" {
		t.Error("the session is gone")
	}
}

// TestPipeline_Origin covers better-auth-wire.md, sections 5.1 and 5.2.
//
// Covers ASVS V3.5.1.
func TestPipeline_Origin(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	member := a.browser()
	member.signUp(t, ada)
	for name, tc := range map[string]struct {
		header map[string]string
		body   string
		status int
		code   string
	}{
		"trusted":                      {map[string]string{"Origin": frontEnd}, "{}", http.StatusOK, ""},
		"its own":                      {map[string]string{"Origin": authtest.Base}, "{}", http.StatusOK, ""},
		"trusted, by referer":          {map[string]string{"Origin": "", "Referer": frontEnd + "/page"}, "{}", http.StatusOK, ""},
		"none":                         {map[string]string{"Origin": ""}, "{}", http.StatusForbidden, "MISSING_OR_NULL_ORIGIN"},
		"null":                         {map[string]string{"Origin": "null"}, "{}", http.StatusForbidden, "MISSING_OR_NULL_ORIGIN"},
		"foreign":                      {map[string]string{"Origin": evil}, "{}", http.StatusForbidden, "INVALID_ORIGIN"},
		"foreign, referer trusted":     {map[string]string{"Origin": evil, "Referer": frontEnd}, "{}", http.StatusForbidden, "INVALID_ORIGIN"},
		"trusted, as a prefix":         {map[string]string{"Origin": frontEnd + ".evil.example"}, "{}", http.StatusForbidden, "INVALID_ORIGIN"},
		"trusted, callback is foreign": {map[string]string{"Origin": frontEnd}, object("callbackURL", evil), http.StatusForbidden, "INVALID_CALLBACK_URL"},
		"trusted, callback is a list":  {map[string]string{"Origin": frontEnd}, `{"callbackURL":["/"]}`, http.StatusBadRequest, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &browser{app: a, origin: frontEnd, cookies: map[string]string{"unrelated": "1"}}
			b.do(t, request{path: "/sign-out", body: tc.body, header: tc.header}).wants(t, tc.status, tc.code)
		})
	}
	if member.session(t) == "" {
		t.Error("a sign-out without the session's cookie ended it")
	}
}

package front

import (
	"maps"
	"net/http"
	"regexp"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// field is a header field of every answer.
type field struct {
	name   string
	values []string
}

// secure sets the headers that every answer carries. A module may replace the policy of
// a page of its own.
func (f *Front) secure(header http.Header) {
	for _, field := range f.security {
		header[field.name] = field.values // nobody changes the list of a header, but for replacing it
	}
}

// security returns the headers that every answer carries.
func security(https bool) []field {
	fields := []field{
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"Referrer-Policy", []string{"no-referrer"}},
		{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
		{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}},
		{"Cache-Control", []string{"no-store"}},
	}
	if https {
		fields = append(fields, field{"Strict-Transport-Security", []string{"max-age=63072000; includeSubDomains"}})
	}
	return fields
}

// ofPages are the headers that pages carry besides: browsers heed them for documents only.
var ofPages = http.Header{
	"X-Frame-Options":            {"DENY"}, // for browsers that do not know frame-ancestors
	"Cross-Origin-Opener-Policy": {"same-origin"},
	"Permissions-Policy":         {"camera=(), microphone=(), geolocation=()"},
}

// securePage adds the headers of pages to an answer that is one.
func securePage(header http.Header) {
	if strings.HasPrefix(header.Get("Content-Type"), "text/html") {
		maps.Copy(header, ofPages)
	}
}

// reserved reports whether a header is the gateway's to say and never a caller's: its own
// ones, and those in which proxies tell who came and how, which the gateway has judged.
// An underscore counts as a dash, as it does for some programs behind proxies (Oathkeeper
// GHSA-w9mr-28mw-j8hg, OAuth2 Proxy CVE-2025-64484).
func reserved(name string) bool {
	if name != "" && !strings.ContainsRune("gGxXfF", rune(name[0])) { // nearly all
		return false
	}
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	return strings.HasPrefix(name, strings.ToLower(httpx.InternalPrefix)) ||
		strings.HasPrefix(name, "x-forwarded-") || name == "forwarded" || name == "x-real-ip"
}

var traceparentPattern = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// traceparent returns the caller's W3C trace context if there is one and it is well formed.
func traceparent(header http.Header) string {
	if values := header.Values("Traceparent"); len(values) == 1 && traceparentPattern.MatchString(values[0]) {
		return values[0]
	}
	return ""
}

package front

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// odd reports whether a path is spelt in a way that two programs could read differently
// (Ory Oathkeeper CVE-2026-33494): dot segments, doubled slashes, needless or double
// percent-encoding, controls, what is not UTF-8.
func odd(r *http.Request) bool {
	path := r.URL.Path
	if r.URL.RawPath != "" || !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || strings.ContainsAny(path, "\\;%") {
		return true
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl)
}

package bus

import (
	"path"
	"strings"
)

// claims says below which paths a service may publish routes: those given, and always
// /api/v1/<service>. Without the rule any service could capture the path on which
// another one receives secrets.
type claims map[string][]string

// allow reports whether place is a claim of service or lies below one.
func (c claims) allow(service, place string) bool {
	if path.Clean(place) != place {
		return false // dots in a path would lead out of the claim
	}
	for _, prefix := range append([]string{"/api/v1/" + service}, c[service]...) {
		rest, found := strings.CutPrefix(place, strings.TrimSuffix(prefix, "/"))
		if found && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

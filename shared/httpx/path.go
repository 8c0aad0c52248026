package httpx

import (
	"net/http"
	"regexp"
	"strings"
)

var (
	pathPattern = regexp.MustCompile(`^(/([A-Za-z0-9._~-]+|\{[a-z_]+\}))+$|^/$`)
	namePattern = regexp.MustCompile(`\{[a-z_]+\}`)
	verbPattern = regexp.MustCompile(`^[A-Z]+$`)
)

// validPath reports whether a request can have the path: no empty, "." or ".." segment,
// and no two parameters of one name.
func validPath(path string) bool {
	if !pathPattern.MatchString(path) {
		return false
	}
	seen := map[string]bool{}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." || seen[segment] && strings.HasPrefix(segment, "{") {
			return false
		}
		seen[segment] = true
	}
	return true
}

// place is what two routes may not share: method and path, whatever the parameters are called.
func (r Route) place() string { return r.Method + " " + namePattern.ReplaceAllString(r.Path, "{}") }

// match sets the path values of r if its path fits the route's, and reports whether it does.
func (r Route) match(req *http.Request) bool {
	if !strings.Contains(r.Path, "{") {
		return req.URL.Path == r.Path
	}
	want, got := strings.Split(r.Path, "/"), strings.Split(req.URL.Path, "/")
	if len(want) != len(got) {
		return false
	}
	for i, segment := range want {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			if got[i] == "" {
				return false
			}
			req.SetPathValue(strings.TrimSuffix(name, "}"), got[i])
		} else if segment != got[i] {
			return false
		}
	}
	return true
}

package gatewayapi

import "strings"

// Claims lists the paths at and below which a service may publish routes, beside
// /api/v1/<service>, which is always its own. So a module cannot capture another's path,
// by mistake or on purpose; one that needs more takes a row here.
func Claims() map[string][]string {
	return map[string][]string{
		"authsvc":  {"/api/auth", "/dev", "/.well-known"},
		"identity": {"/api/v1/me", "/api/v1/users", "/api/v1/roles"},
		Service:    {"/openapi.json"},
	}
}

// MayServe reports whether a service may publish a route with this path. The start page
// is the gateway's alone.
func MayServe(service, path string) bool {
	if service == Service && path == "/" {
		return true
	}
	for _, claim := range append(Claims()[service], "/api/v1/"+service) {
		if path == claim || strings.HasPrefix(path, claim+"/") {
			return true
		}
	}
	return false
}

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
// is the gateway's alone. A claim of another service wins over /api/v1/<service>: a
// service that is named "me" does not own /api/v1/me.
func MayServe(service, path string) bool {
	if path == "/" {
		return service == Service
	}
	for owner, claims := range Claims() {
		for _, claim := range claims {
			if below(claim, path) {
				return owner == service
			}
		}
	}
	return service != "" && below("/api/v1/"+service, path)
}

func below(claim, path string) bool {
	return path == claim || strings.HasPrefix(path, claim+"/")
}

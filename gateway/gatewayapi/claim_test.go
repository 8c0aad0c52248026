package gatewayapi_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
)

func TestMayServe(t *testing.T) {
	t.Parallel()
	for _, try := range []struct {
		service, path string
		want          bool
	}{
		{"authsvc", "/api/auth/sign-in/email", true},
		{"authsvc", "/api/auth", true},
		{"authsvc", "/.well-known/jwks.json", true},
		{"authsvc", "/api/v1/authsvc/x", true},
		{"identity", "/api/v1/me", true},
		{"identity", "/api/v1/users/7", true},
		{"identity", "/api/v1/identity", true},
		{"gateway", "/", true},
		{"gateway", "/openapi.json", true},
		{"gateway", "/api/v1/gateway/start.css", true},
		{"billing", "/api/v1/billing", true},
		{"billing", "/api/v1/billing/invoices/{id}", true},
		// what belongs to others
		{"billing", "/api/auth/sign-in/email", false},
		{"billing", "/api/v1/users", false},
		{"billing", "/api/v1/audit/events", false},
		{"billing", "/", false},
		{"billing", "/api/v1/billingx", false},
		{"billing", "/api/v1/billin", false},
		{"billing", "/api/v1", false},
		{"billing", "/billing", false},
		{"billing", "", false},
		{"identity", "/api/auth/sign-in/email", false},
		{"authsvc", "/api/v1/users", false},
		{"authsvc", "/api/authx", false},
		{"gateway", "/api/auth/ok", false},
		// names that look like what belongs to others
		{"me", "/api/v1/me", false},
		{"users", "/api/v1/users/7", false},
		{"roles", "/api/v1/roles", false},
		{"", "/api/v1/", false},
		{"", "/", false},
	} {
		if got := gatewayapi.MayServe(try.service, try.path); got != try.want {
			t.Errorf("%s may serve %s: %t", try.service, try.path, got)
		}
	}
}

// No path has two owners: neither by claim nor by name.
func TestClaims_DoNotOverlap(t *testing.T) {
	t.Parallel()
	for service, claims := range gatewayapi.Claims() {
		for _, claim := range claims {
			for other := range gatewayapi.Graph() {
				if other != service && gatewayapi.MayServe(other, claim) {
					t.Errorf("%s belongs to %s and to %s", claim, service, other)
				}
			}
			if !gatewayapi.MayServe(service, claim) {
				t.Errorf("%s claims %s and may not serve it", service, claim)
			}
		}
		if _, known := gatewayapi.Graph()[service]; !known {
			t.Errorf("%s has claims and no row in the graph", service)
		}
	}
}

// DESIGN section 3: who may call whose contract.
func TestGraph_IsTheDesign(t *testing.T) {
	t.Parallel()
	graph := gatewayapi.Graph()
	if len(graph["identity"]) != 0 {
		t.Errorf("identity calls %v", graph["identity"])
	}
	for caller, called := range graph {
		for _, name := range called {
			if name == "gateway" || name == caller {
				t.Errorf("%s calls %s", caller, name)
			}
		}
	}
}

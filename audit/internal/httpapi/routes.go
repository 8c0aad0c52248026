// Package httpapi serves the log under /api/v1/audit: queries, proofs, checkpoints and
// the export. Reading takes the permission audit:read, which the gateway asks identity
// for; a handler that finds no principal refuses all the same.
package httpapi

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/audit/auditapi"
	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

var errNobody = fault.New(fault.Unauthenticated, "audit.unauthenticated", "Sign in first.")

// API serves the log.
type API struct{ ledger *ledger.Ledger }

// New returns the API.
func New(l *ledger.Ledger) *API { return &API{l} }

// Routes is the module's route table.
func (a *API) Routes() []httpx.Route {
	read := httpx.Permission(auditapi.PermissionRead)
	return []httpx.Route{
		{ID: "events", Method: "GET", Path: "/api/v1/audit/events", Guard: read, Handle: known(a.list), Doc: httpx.Doc{
			Summary: "Events, newest first", Response: httpx.SchemaOf[listAnswer](), Query: map[string]string{
				"actor": "only what this user did", "subject": "only what happened to this user", "action": "only this type of event",
				"from": "not before this time (RFC 3339)", "to": "before this time (RFC 3339)",
				"limit": "at most this many, 1 to 200, 50 if absent", "cursor": "the next field of the page before",
			},
		}},
		{
			ID: "event-proof", Method: "GET", Path: "/api/v1/audit/events/{id}/proof", Guard: read, Handle: known(a.proveInclusion),
			Doc: httpx.Doc{Summary: "Proof that an event is in the log (RFC 6962, section 2.1.1)", Response: httpx.SchemaOf[inclusionAnswer]()},
		},
		{
			ID: "checkpoint", Method: "GET", Path: "/api/v1/audit/checkpoint", Guard: read, Handle: known(a.checkpoint),
			Doc: httpx.Doc{Summary: "The newest signed checkpoint (C2SP tlog-checkpoint)", Produces: "text/plain"},
		},
		{
			ID: "consistency", Method: "GET", Path: "/api/v1/audit/consistency", Guard: read, Handle: known(a.proveConsistency),
			Doc: httpx.Doc{
				Summary: "Proof that the log only grew (RFC 6962, section 2.1.2)", Response: httpx.SchemaOf[consistencyAnswer](),
				Query: map[string]string{"from": "size of an earlier checkpoint"},
			},
		},
		{
			ID: "key", Method: "GET", Path: "/api/v1/audit/key", Guard: read, Handle: known(a.key),
			Doc: httpx.Doc{Summary: "The public key that checkpoints verify with", Produces: "text/plain"},
		},
		{
			ID: "export", Method: "GET", Path: "/api/v1/audit/export", Guard: read, Handle: known(a.export), Paged: true,
			Doc: httpx.Doc{Summary: "The whole log with its checkpoint, for: gatehouse audit verify", Produces: "application/x-ndjson"},
		},
	}
}

// known refuses a request without a principal: the guard of the route lets none through,
// and the module does not rely on it.
func known(next httpx.HandlerFunc) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if p, ok := principal.From(r.Context()); !ok || p.Subject == "" {
			return errNobody
		}
		return next(w, r)
	}
}

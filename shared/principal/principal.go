package principal

import (
	"context"
	"slices"
	"time"
)

// Principal is an authenticated caller. Values are immutable; do not change the
// slices of one that came from a context.
type Principal struct {
	Subject  string    `json:"sub"`
	SID      string    `json:"sid,omitempty"`
	ClientID string    `json:"client_id,omitempty"`
	Actor    string    `json:"act,omitempty"` // who acts in the subject's place (RFC 8693, section 4.1)
	Roles    []string  `json:"roles,omitempty"`
	Scope    []string  `json:"scope,omitempty"`
	AMR      []string  `json:"amr,omitempty"`
	AuthTime time.Time `json:"auth_time,omitzero"`
}

// HasRole reports whether the principal carries the role.
func (p Principal) HasRole(role string) bool { return slices.Contains(p.Roles, role) }

type contextKey struct{}

// Owns reports whether a context's key is that of its principal.
func Owns(key any) bool { return key == contextKey{} }

// With returns a context that carries p.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From returns the principal of ctx and whether there is one.
func From(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(contextKey{}).(Principal)
	return p, ok
}

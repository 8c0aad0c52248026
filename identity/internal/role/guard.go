package role

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

// Guard decides whether a user may do something now. It is safe for concurrent use.
type Guard struct {
	holdings Holdings
	now      func() time.Time
}

// NewGuard returns the Guard over what the holdings say.
func NewGuard(holdings Holdings, now func() time.Time) *Guard { return &Guard{holdings, now} }

var _ user.Guard = (*Guard)(nil)

// Allows reports whether the user holds the permission.
func (g *Guard) Allows(ctx context.Context, id user.ID, permission string) (bool, error) {
	held, err := g.holdings.PermissionsOf(ctx, id, g.now())
	return err == nil && held.Hold(permission), err
}

// Require returns ErrDenied if the user lacks the permission.
func (g *Guard) Require(ctx context.Context, id user.ID, permission string) error {
	allowed, err := g.Allows(ctx, id, permission)
	if err != nil {
		return err
	}
	if !allowed {
		return identityapi.ErrDenied.WithMessage("This takes the permission " + permission + ".")
	}
	return nil
}

package role

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

// Guard decides whether a user may do something now. It is safe for concurrent use.
type Guard struct {
	register Register
	now      func() time.Time
}

// NewGuard returns the Guard over what the register says.
func NewGuard(register Register, now func() time.Time) *Guard { return &Guard{register, now} }

var _ user.Guard = (*Guard)(nil)

// Allows reports whether the user holds the permission.
func (g *Guard) Allows(ctx context.Context, id user.ID, permission string) (bool, error) {
	held, err := g.register.PermissionsOf(ctx, id, g.now())
	return err == nil && held.Hold(permission), err
}

// Question asks what a user may do.
type Question struct {
	Permissions []string // all of them; none: nothing is allowed
	// Over is whom it would be done to, if anybody: it is not allowed to who holds less.
	Over *user.ID
	// Roles would be given: it is not allowed to who holds less than they hold.
	Roles []string
}

// Answers reports whether the user may do what the question asks. ErrRoleUnknown for a
// role that there is not.
func (g *Guard) Answers(ctx context.Context, id user.ID, q Question) (bool, error) {
	held, err := g.register.PermissionsOf(ctx, id, g.now())
	if err != nil {
		return false, err
	}
	for _, name := range q.Roles {
		if _, err := ParseName(name); err != nil {
			return false, crossing(ErrUnknown)
		}
		given, err := g.register.Find(ctx, name)
		if err != nil {
			return false, crossing(err)
		}
		if !held.Cover(given.Permissions) {
			return false, nil
		}
	}
	if q.Over != nil {
		theirs, err := g.register.PermissionsGranted(ctx, *q.Over)
		if err != nil || !held.Cover(theirs) {
			return false, err
		}
	}
	return len(q.Permissions) > 0 && held.Cover(q.Permissions), nil
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

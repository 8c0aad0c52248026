package role

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

// Store keeps roles and grants.
type Store interface {
	Holdings
	Find(ctx context.Context, name string) (Role, error) // ErrUnknown if there is none
	List(ctx context.Context, q Query) ([]Role, error)
	// Change runs do in one transaction. It may run do again after a conflict.
	Change(ctx context.Context, do func(Tx) error) error
}

// Query selects roles in the order of their names.
type Query struct {
	After string // the name before the first; empty: from the start
	Max   int
}

// Holdings knows what users may do. Who is unknown, or banned at the given time, holds
// nothing.
type Holdings interface {
	PermissionsOf(ctx context.Context, id user.ID, at time.Time) (Permissions, error)
}

// Register is what a Guard decides from.
type Register interface {
	Holdings
	Find(ctx context.Context, name string) (Role, error) // ErrUnknown if there is none
	// PermissionsGranted returns what the user may do while nobody bans them.
	PermissionsGranted(ctx context.Context, id user.ID) (Permissions, error)
}

// Tx is what a use case changes inside one transaction. Locks are taken in one order:
// first a user, then a role.
type Tx interface {
	Holdings
	Roles
	Holders
	user.Journal
}

// Roles changes roles.
type Roles interface {
	LockRole(ctx context.Context, name string) (Role, error) // ErrUnknown if there is none
	Create(ctx context.Context, r Role) error                // ErrTaken if there is one
	Update(ctx context.Context, r Role) error
	Delete(ctx context.Context, name string) error // ErrInUse if somebody holds it
}

// Holders changes who has which role.
type Holders interface {
	user.Grants
	Lock(ctx context.Context, id user.ID) (user.User, error) // user.ErrUnknown if there is none
	LockByEmail(ctx context.Context, email string) (user.User, error)
	// Revoke reports whether the user had the role.
	Revoke(ctx context.Context, id user.ID, name string) (bool, error)
	user.Administrators
}

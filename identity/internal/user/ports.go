package user

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/events"
)

// Store keeps users. Methods that find one return ErrUnknown if there is none.
type Store interface {
	Find(ctx context.Context, id ID) (User, error)
	FindByEmail(ctx context.Context, email string) (User, error)
	FindByUsername(ctx context.Context, username string) (User, error)
	FindByPhone(ctx context.Context, number string) (User, error)
	// FindAll returns those of the ids whom there are, without large images.
	FindAll(ctx context.Context, ids []ID) ([]User, error)
	// Select returns a part of the users who match, without large images, and how many
	// match in all.
	Select(ctx context.Context, s Selection) ([]User, int, error)
	List(ctx context.Context, q Query) ([]User, error)
	DeleteReservations(ctx context.Context, before time.Time) error
	// Change runs do in one transaction. It may run do again after a conflict.
	Change(ctx context.Context, do func(Tx) error) error
}

// Query selects users in the order of their addresses.
type Query struct {
	Prefix string // of the address; empty: all
	After  string // the address before the first; empty: from the start
	Max    int
}

// Tx is what a use case changes inside one transaction.
type Tx interface {
	Signups
	Grants
	Journal
	Administrators
	Lock(ctx context.Context, id ID) (User, error)
	Verify(ctx context.Context, id ID, at time.Time) (User, error)
	// Save stores a locked user as it is given, except for ID, Roles and CreatedAt.
	// ErrEmailTaken, ErrUsername, ErrPhone if that is another user's.
	Save(ctx context.Context, u User) error
	// DeleteUser removes a locked user and remembers the id for ever.
	DeleteUser(ctx context.Context, id ID, at time.Time) error
}

// Administrators tells whether anybody is left to administer.
type Administrators interface {
	// LockAdministrators keeps others from changing who is administrator until the
	// transaction ends. Locks are taken in one order: first a user, then this.
	LockAdministrators(ctx context.Context) error
	// Administered reports whether anybody is administrator and, at the given time, not
	// banned.
	Administered(ctx context.Context, at time.Time) (bool, error)
}

// Signups is how users come to be.
type Signups interface {
	// Reserve takes the address, from an earlier reservation if there is one.
	// ErrEmailTaken, ErrUsername or ErrPhone if a user has it, ErrIDTaken if the id has
	// been used.
	Reserve(ctx context.Context, r Reservation) error
	// Activate turns a reservation into a user. ErrUnknown if it is gone, and as Reserve if
	// somebody was faster.
	Activate(ctx context.Context, a Activation) (User, error)
}

// Activation ends a sign-up.
type Activation struct {
	ID            ID
	EmailVerified bool
	PhoneVerified bool
	Actor         string // who does it; empty: the user
	At            time.Time
}

// NotBefore is the time before which a reservation is too old to be activated.
func (a Activation) NotBefore() time.Time { return a.At.Add(-ReservedFor) }

// Grants gives roles. It reports whether the user did not have the role before.
type Grants interface {
	Grant(ctx context.Context, id ID, role string, at time.Time) (bool, error)
}

// Journal records what happened, in the transaction in which it happened.
type Journal interface {
	Record(ctx context.Context, e events.Event) error
}

// Appointer gives a user, who has just come to be or has proved an address, the roles
// that were promised to the address. It returns the user as it is then.
type Appointer interface {
	Appoint(ctx context.Context, tx Tx, u User) (User, error)
	// Promises reports whether anything is promised to the address.
	Promises(email string) bool
}

// Guard refuses a subject who lacks a permission.
type Guard interface {
	Require(ctx context.Context, subject ID, permission string) error
}

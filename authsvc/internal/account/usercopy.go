package account

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

// UserCopies keeps users who may be signed in, as identity knows them, so that asking for
// one asks nobody. A copy counts as long as nothing has changed that it shows (package
// epoch). It is safe for concurrent use; the nil UserCopies keeps nothing.
type UserCopies struct {
	identity *epoch.Follower
	clock    epoch.Clock
	held     *epoch.Copies[copiedUser]
}

type copiedUser struct {
	User
	since time.Duration
}

// NewUserCopies returns UserCopies that go by what the follower of identity says.
func NewUserCopies(identity *epoch.Follower) *UserCopies {
	return &UserCopies{identity, epoch.Boottime, epoch.NewCopies[copiedUser](usersHeld)}
}

// find returns the copy of a user that counts now.
func (c *UserCopies) find(userID string) (User, bool) {
	if c == nil {
		return User{}, false
	}
	found, ok := c.held.Find(sha256.Sum256([]byte(userID)))
	current := ok && c.identity.Current(found.Epoch,
		epoch.Mark{Scope: identityapi.ScopeUser, Key: userID},
		epoch.Mark{Scope: identityapi.ScopeView, Key: userID},
	)
	machine := c.clock() // after that, as for a session's copy
	return found.User, current && machine-found.since <= copyLife && c.identity.LiveAt(machine)
}

func (c *UserCopies) keep(user User) {
	if c != nil {
		c.held.Keep(sha256.Sum256([]byte(user.ID)), copiedUser{user, c.clock()})
	}
}

// CopiedUser is ActiveUser, except that it may return a copy, which others hold too: it must
// not be changed. A token that is minted from it lives so shortly that what ends it is still
// known (epoch.Keep).
func (s *Service) CopiedUser(ctx context.Context, userID string) (User, error) {
	if user, ok := s.Users.find(userID); ok {
		return user, nil
	}
	user, err := s.ActiveUser(ctx, userID)
	if err == nil {
		s.Users.keep(user)
	}
	return user, err
}

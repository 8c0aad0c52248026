package account

import (
	"context"
	"crypto/sha256"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

// UserCopies keeps users who may be signed in, as identity knows them, so that asking for
// one asks nobody. A copy counts as long as nothing has changed that it shows (package
// epoch). It is safe for concurrent use; the nil UserCopies keeps nothing.
type UserCopies struct {
	identity *epoch.Follower
	clock    epoch.Clock
	held     *epoch.Packs  // nil: nothing is kept
	kept     atomic.Uint64 // copies so far
}

// NewUserCopies returns UserCopies that go by what the follower of identity says. With keep
// false nothing is kept.
func NewUserCopies(identity *epoch.Follower, keep bool) *UserCopies {
	c := &UserCopies{identity: identity, clock: epoch.Boottime}
	if keep {
		c.held = epoch.NewPacks(copiesHeld, copiesTake)
	}
	return c
}

// number is the stamp of what identity is asked from now on.
func (c *UserCopies) number() int64 {
	if c == nil {
		return 0
	}
	return c.identity.Number()
}

// find returns the copy of a user that counts now.
func (c *UserCopies) find(userID string) (User, bool) {
	found, made, ok := c.look(userID)
	return found, ok && c.countsAt(c.clock(), made)
}

// made says which copy something is, and since when, at most a second too early.
type made struct {
	number uint64
	since  time.Duration
}

// look returns the copy of a user of whom nothing has changed, as far as is known. Whether it
// counts is asked with a time from after it.
func (c *UserCopies) look(userID string) (User, made, bool) {
	if c == nil || c.held == nil {
		return User{}, made{}, false
	}
	packed, ok := c.held.Find(userKey(userID))
	if !ok {
		return User{}, made{}, false
	}
	found, made := unpackUser(packed, userID)
	return found, made, c.identity.Current(found.Epoch,
		epoch.Mark{Scope: identityapi.ScopeUser, Key: userID},
		epoch.Mark{Scope: identityapi.ScopeView, Key: userID},
	)
}

func (c *UserCopies) countsAt(machine time.Duration, made made) bool {
	return machine-made.since <= copyLife && c.identity.LiveAt(machine)
}

// keep stores what identity said, and returns the number of the copy.
func (c *UserCopies) keep(user User) uint64 {
	if c == nil || c.held == nil {
		return 0
	}
	made := made{c.kept.Add(1), c.clock()}
	c.held.Keep(userKey(user.ID), packUser(user, made))
	return made.number
}

// userKey is evenly spread, as copies need it: a UUIDv7 is so in its last eight bytes alone.
func userKey(userID string) (key [32]byte) {
	id, err := uuid.Parse(userID)
	if err != nil {
		return sha256.Sum256([]byte(userID))
	}
	copy(key[:], id[8:])
	copy(key[8:], id[:8])
	return key
}

// CopiedUser is ActiveUser, except that it may return a copy. A token that is minted from it
// lives so shortly that what ends it is still known (epoch.Keep).
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

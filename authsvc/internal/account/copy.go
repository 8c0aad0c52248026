package account

import (
	"sync/atomic"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

// Stamp says as of when something is known: the numbers of this module and of identity
// from before it was looked up.
type Stamp struct{ Own, Identity int64 }

const (
	// copyLife bounds a copy's age. With the life of a token that is minted from it, it
	// stays below epoch.Keep.
	copyLife   = 10 * time.Minute
	copiesHeld = 110_000  // of which 100,000 never make room for each other
	copiesTake = 48 << 20 // bytes at most, of sessions and again of users, beside 6 MB for the keys
)

// Copies keeps sessions, so that looking at one asks nobody; their users are in UserCopies.
// A copy counts as long as nothing has changed that it shows (package epoch). Only good
// sessions are kept. It is safe for concurrent use; the nil Copies keeps nothing.
type Copies struct {
	own   *epoch.Follower
	known func() int64
	clock epoch.Clock
	users *UserCopies
	held  *epoch.Packs  // nil: nothing is kept
	kept  atomic.Uint64 // copies so far
}

// Copy says which copies of a session and of its user something was found in: new ones have
// new numbers. The zero Copy is none.
type Copy struct{ Session, User uint64 }

// NewCopies returns Copies that go by what the follower of this module says. known is a
// number that this module has reached. Nothing is kept if users keeps nothing.
func NewCopies(own *epoch.Follower, known func() int64, users *UserCopies) *Copies {
	c := &Copies{own: own, known: known, clock: epoch.Boottime, users: users}
	if users != nil && users.held != nil {
		c.held = epoch.NewPacks(copiesHeld, copiesTake)
	}
	return c
}

// Known is the stamp of what is looked up in this module's tables from now on.
func (c *Copies) Known() int64 {
	if c == nil {
		return 0
	}
	return c.known()
}

// find returns the copy of a session that lives at now, with its user.
func (c *Copies) find(hash session.Hash, now time.Time) (*SignedIn, bool) {
	if c == nil || c.held == nil {
		return nil, false
	}
	packed, ok := c.held.Find(hash)
	if !ok {
		return nil, false
	}
	found, since := unpackSession(packed, hash)
	current := c.own.Current(found.Stamp.Own,
		epoch.Mark{Scope: authapi.ScopeSession, Key: found.Session.ID},
		epoch.Mark{Scope: authapi.ScopeView, Key: found.Session.ID},
		epoch.Mark{Scope: authapi.ScopeView, Key: found.Session.UserID},
	)
	user, made, ok := c.users.look(found.Session.UserID)
	machine := c.clock() // after that: a lease is worth something only behind it
	if !current || !found.Session.Live(now) || machine-since > copyLife {
		c.held.Drop(hash)
		return nil, false
	}
	if !ok || !c.users.countsAt(machine, made) {
		return nil, false
	}
	user.TwoFactorEnabled = found.User.TwoFactorEnabled
	found.User, found.Stamp.Identity, found.Copy.User = user, user.Epoch, made.number
	return found, c.own.LiveAt(machine)
}

// keep stores what was looked up, and returns it. A session that somebody opened as somebody
// else rests on more than its marks say: it is looked up each time.
func (c *Copies) keep(hash session.Hash, s SignedIn) *SignedIn {
	if c == nil || c.held == nil || s.Session.Impersonated() {
		return &s
	}
	s.Copy = Copy{c.kept.Add(1), c.users.keep(s.User)}
	c.held.Keep(hash, packSession(s, c.clock()))
	return &s
}

package account

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

// Stamp says as of when something is known: the numbers of this module and of identity
// from before it was looked up.
type Stamp struct{ Own, Identity int64 }

const (
	// copyLife bounds a copy's age. With the life of a token that is minted from it, it
	// stays below epoch.Keep.
	copyLife   = 10 * time.Minute
	copiesHeld = 100_000
)

// Copies keeps sessions with their users, so that looking at one asks nobody. A copy counts
// as long as nothing has changed that it shows (package epoch). Only good sessions are
// kept. It is safe for concurrent use; the nil Copies keeps nothing.
type Copies struct {
	own, identity *epoch.Follower
	known         func() int64
	clock         epoch.Clock
	held          *epoch.Copies[copied] // nil: nothing is kept
}

type copied struct {
	*SignedIn
	since time.Duration
}

// NewCopies returns Copies that go by what the followers of this module and of identity
// say. known is a number that this module has reached. With keep false nothing is kept.
func NewCopies(own, identity *epoch.Follower, known func() int64, keep bool) *Copies {
	c := &Copies{own: own, identity: identity, known: known, clock: epoch.Boottime}
	if keep {
		c.held = epoch.NewCopies[copied](copiesHeld)
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

// knownOfIdentity is the stamp of what identity is asked from now on.
func (c *Copies) knownOfIdentity() int64 {
	if c == nil {
		return 0
	}
	return c.identity.Number()
}

// find returns the copy of a session that lives at now.
func (c *Copies) find(hash session.Hash, now time.Time) (*SignedIn, bool) {
	if c == nil || c.held == nil {
		return nil, false
	}
	found, ok := c.held.Find(hash)
	if !ok {
		return nil, false
	}
	current := c.current(found.SignedIn)
	machine := c.clock() // after that: a lease is worth something only behind it
	if !current || !found.Session.Live(now) || machine-found.since > copyLife {
		c.held.Drop(hash)
		return nil, false
	}
	return found.SignedIn, c.own.LiveAt(machine) && c.identity.LiveAt(machine)
}

// current reports whether nothing that a copy shows has changed, as far as is known.
func (c *Copies) current(s *SignedIn) bool {
	return c.own.Current(s.Stamp.Own,
		epoch.Mark{Scope: authapi.ScopeSession, Key: s.Session.ID},
		epoch.Mark{Scope: authapi.ScopeView, Key: s.Session.ID},
		epoch.Mark{Scope: authapi.ScopeView, Key: s.User.ID},
	) && c.identity.Current(s.Stamp.Identity,
		epoch.Mark{Scope: identityapi.ScopeUser, Key: s.User.ID},
		epoch.Mark{Scope: identityapi.ScopeView, Key: s.User.ID},
	)
}

// keep stores what was looked up, and returns it. A session that somebody opened as somebody
// else rests on more than its marks say: it is looked up each time.
func (c *Copies) keep(hash session.Hash, s SignedIn) *SignedIn {
	if c == nil || c.held == nil || s.Session.Impersonated() {
		return &s
	}
	c.held.Keep(hash, copied{&s, c.clock()})
	return &s
}

package account

import (
	"crypto/sha256"
	"sync/atomic"
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
	copiesHeld = 110_000 // of which 100,000 never make room for each other
	usersHeld  = 11_000  // likewise 10,000
)

// Copies keeps sessions with their users, so that looking at one asks nobody. A copy counts
// as long as nothing has changed that it shows (package epoch). Only good sessions are
// kept. It is safe for concurrent use; the nil Copies keeps nothing.
type Copies struct {
	own, identity *epoch.Follower
	known         func() int64
	clock         epoch.Clock
	held          *epoch.Copies[copied] // nil: nothing is kept
	users         *epoch.Copies[string] // packed, by their SHA-256, so that sessions of one user share them
	kept          atomic.Uint64         // copies so far
}

// copied is a session with its user. 100,000 of them take 24 MB, and 34 MB if each is of
// another user.
type copied struct {
	session string // packed, behind a header
	user    string // packed
}

// NewCopies returns Copies that go by what the followers of this module and of identity
// say. known is a number that this module has reached. With keep false nothing is kept.
func NewCopies(own, identity *epoch.Follower, known func() int64, keep bool) *Copies {
	c := &Copies{own: own, identity: identity, known: known, clock: epoch.Boottime}
	if keep {
		c.held, c.users = epoch.NewCopies[copied](copiesHeld), epoch.NewCopies[string](usersHeld)
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
	held, ok := c.held.Find(hash)
	if !ok {
		return nil, false
	}
	found, since := held.unpack(hash)
	current := c.current(found)
	machine := c.clock() // after that: a lease is worth something only behind it
	if !current || !found.Session.Live(now) || machine-since > copyLife {
		c.held.Drop(hash)
		return nil, false
	}
	return found, c.own.LiveAt(machine) && c.identity.LiveAt(machine)
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
	s.Copy = c.kept.Add(1)
	user := packUser(s.User)
	key := sha256.Sum256([]byte(user))
	if shared, ok := c.users.Find(key); ok {
		user = shared
	} else {
		c.users.Keep(key, user)
	}
	c.held.Keep(hash, pack(s, user, c.clock()))
	return &s
}

// pack writes a copy that was made at a time.
func pack(s SignedIn, user string, since time.Duration) copied {
	p := make(packer, 0, 128)
	p.number(int64(s.Copy)) //nolint:gosec // counts up from 1
	p.number(int64(since / time.Second))
	p.number(s.Stamp.Own)
	p.number(s.Stamp.Identity)
	p.number(s.User.Epoch)
	p.session(s.Session)
	return copied{string(p), user}
}

// unpack returns the copy, and a time at most a second before it was made.
func (c copied) unpack(hash session.Hash) (*SignedIn, time.Duration) {
	s, u := &SignedIn{}, unpacker(c.session)
	s.Copy = uint64(u.number()) //nolint:gosec // as it was written
	since := time.Duration(u.number()) * time.Second
	s.Stamp = Stamp{Own: u.number(), Identity: u.number()}
	epoch := u.number()
	s.Session, s.User = u.session(hash), unpackUser(c.user)
	s.Session.UserID, s.User.Epoch = s.User.ID, epoch
	return s, since
}

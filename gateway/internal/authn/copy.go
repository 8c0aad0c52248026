package authn

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

const (
	proofLife  = 5 * time.Minute // with that of authsvc's copy below epoch.Keep
	proofsHeld = 100_000
	mayHeld    = 50_000
)

// Proof is why somebody is let in. It counts as long as nothing newer stands at what it
// rests on, and while that is known.
type Proof struct {
	Principal principal.Principal

	auth, identity int64         // the numbers that it was found with
	kid            string        // of a token
	token          bool          // tokens do not end when what is shown of a user changes
	expires        time.Time     // of the session; zero: judged elsewhere
	found          time.Duration // when the question was asked that found it
	anew           bool          // it was not found in a copy of authsvc's
}

// Changes are what the gateway follows.
type Changes struct {
	Auth     *epoch.Follower
	Identity *epoch.Follower
}

// Began returns nil once it has been known what changed.
func (c Changes) Began() error {
	if err := c.Auth.Began(); err != nil {
		return err
	}
	return c.Identity.Began()
}

func (c Changes) live() bool { return c.liveAt(epoch.Boottime()) }

func (c Changes) liveAt(now time.Duration) bool { return c.Auth.LiveAt(now) && c.Identity.LiveAt(now) }

// ensure returns nil if it is known now what changed, if need be by asking.
func (c Changes) ensure(ctx context.Context) error {
	if c.live() {
		return nil
	}
	if err := c.Auth.Ensure(ctx); err != nil {
		return err
	}
	return c.Identity.Ensure(ctx)
}

// current reports whether nothing that the proof rests on has changed, as far as is known.
func (c Changes) current(p *Proof) bool {
	subject, session := p.Principal.Subject, p.Principal.SID
	if !c.Auth.Current(p.auth, epoch.Mark{Scope: authapi.ScopeSession, Key: session}, epoch.Mark{Scope: authapi.ScopeKey, Key: p.kid}) ||
		!c.Identity.Current(p.identity, epoch.Mark{Scope: identityapi.ScopeUser, Key: subject}) {
		return false
	}
	if actor := p.Principal.Actor; actor != "" && !c.Identity.Current(p.identity,
		epoch.Mark{Scope: identityapi.ScopeUser, Key: actor}, epoch.Mark{Scope: identityapi.ScopePermissions}) {
		return false
	}
	return p.token || c.Auth.Current(p.auth, epoch.Mark{Scope: authapi.ScopeView, Key: session}, epoch.Mark{Scope: authapi.ScopeView, Key: subject}) &&
		c.Identity.Current(p.identity, epoch.Mark{Scope: identityapi.ScopeView, Key: subject})
}

// Holds reports whether a proof still counts. Ask right before something is done for its
// sake: this process may have slept since Enforce. What was asked a moment ago is as good
// as a lease from that moment.
func (a *Authenticator) Holds(p *Proof) bool {
	if p == nil {
		return true
	}
	if a.changes.current(p) && a.changes.live() {
		return true
	}
	return p.anew && epoch.Boottime()-p.found < epoch.Life && !a.changes.live()
}

// copied returns a session's proof from memory, nil if there is none that counts.
func (a *Authenticator) copied(key [32]byte) *Proof {
	if a.sessions == nil {
		return nil
	}
	p, ok := a.sessions.Find(key)
	if !ok {
		return nil
	}
	known := a.changes.current(p)
	now := epoch.Boottime() // after that: a lease is worth something only behind it
	if !known || !a.now().Before(p.expires) || now-p.found > proofLife {
		a.sessions.Drop(key)
		return nil
	}
	if !a.changes.liveAt(now) {
		return nil
	}
	return p
}

// keyOf names a credential without holding it.
func keyOf(kind byte, credential string) [32]byte {
	var room [1 << 10]byte // of nearly all credentials: no need for the heap
	return sha256.Sum256(append(append(room[:0], kind), credential...))
}

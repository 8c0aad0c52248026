package session

import (
	"encoding/base64"
	"time"
)

// How long sessions live. A remembered session is extended to its full life when it is
// used after RenewAfter of it has passed; one that is not remembered never is.
const (
	Life             = 7 * 24 * time.Hour
	UnrememberedLife = 24 * time.Hour
	RenewAfter       = 24 * time.Hour
	FreshFor         = 24 * time.Hour

	ImpersonationLife = time.Hour // whatever happens
)

// Hash is the SHA-256 of a session token.
type Hash [32]byte

// Handle returns the text that names the session without proving it.
func (h Hash) Handle() string { return base64.RawURLEncoding.EncodeToString(h[:]) }

// ParseHandle returns the hash that a handle stands for. A hash has one handle.
func ParseHandle(handle string) (Hash, bool) {
	if len(handle) != base64.RawURLEncoding.EncodedLen(len(Hash{})) { // the decoder skips line ends
		return Hash{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(handle)
	if err != nil || len(raw) != len(Hash{}) {
		return Hash{}, false
	}
	return Hash(raw), true
}

// Session is one sign-in of one user.
type Session struct {
	ID        string // UUIDv7
	TokenHash Hash
	UserID    string
	IP        string // as the edge judged it, empty if unknown
	UserAgent string
	AMR       []string // how the user proved who they are (RFC 8176)
	Remember  bool
	CreatedAt time.Time
	UpdatedAt time.Time
	ExpiresAt time.Time

	Impersonation Impersonation
}

// Impersonation says that somebody else than the user has opened a session, and why. The
// zero value is that of all other sessions.
type Impersonation struct {
	By     string // id of the administrator
	Reason string // may be empty
}

// Impersonated reports whether somebody else than the user has opened the session.
func (s Session) Impersonated() bool { return s.Impersonation.By != "" }

// Live reports whether the session still counts at the given time.
func (s Session) Live(now time.Time) bool { return now.Before(s.ExpiresAt) }

// Fresh reports whether the sign-in itself is recent. Renewal does not make a session fresh.
func (s Session) Fresh(now time.Time) bool { return now.Sub(s.CreatedAt) < FreshFor }

// Open returns a new session of the user, which begins now.
func Open(id string, hash Hash, userID string, remember bool, now time.Time) Session {
	now = now.UTC().Truncate(time.Millisecond) // what the protocol shows
	return Session{
		ID: id, TokenHash: hash, UserID: userID, Remember: remember,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(life(remember)),
	}
}

// Impersonate returns a new session of the user that somebody else opens now. It is never
// extended.
func Impersonate(id string, hash Hash, userID string, why Impersonation, now time.Time) Session {
	s := Open(id, hash, userID, false, now)
	s.ExpiresAt, s.Impersonation = s.CreatedAt.Add(ImpersonationLife), why
	return s
}

// Renewed returns the session as using it at the given time leaves it, and whether
// that differs: a remembered session, RenewAfter of whose life has passed, gets a full life.
func (s Session) Renewed(now time.Time) (Session, bool) {
	if !s.Remember || s.ExpiresAt.Add(-Life).Add(RenewAfter).After(now) {
		return s, false
	}
	s.UpdatedAt = now.UTC().Truncate(time.Millisecond)
	s.ExpiresAt = s.UpdatedAt.Add(Life)
	return s, true
}

// Selection names sessions to end: those of UserID, narrowed by the other fields.
type Selection struct {
	UserID string
	Hashes []Hash // only these; nil: all
	ID     string // only this one; empty: all
	Except string // not the one with this id; empty: no exception
}

func life(remember bool) time.Duration {
	if remember {
		return Life
	}
	return UnrememberedLife
}

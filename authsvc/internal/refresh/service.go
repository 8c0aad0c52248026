package refresh

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// ErrInvalidGrant is the answer to every token that cannot be used (RFC 6749, section 5.2).
// It never says why.
var ErrInvalidGrant = fault.New(fault.Invalid, "invalid_grant", "The refresh token is not valid. Sign in again.")

// Store keeps families. Every method is atomic and commits before it returns.
type Store interface {
	// Find returns a family whose session lives at now; ErrInvalidGrant if there is none.
	Find(ctx context.Context, id uuid.UUID, now time.Time) (Family, error)
	Create(ctx context.Context, f Family, ev events.Event) error
	// Rotate moves a live family from its generation to the next, in one statement, and
	// reports whether this call was the one that did.
	Rotate(ctx context.Context, f Family, rotated, expires time.Time, ev events.Event) (bool, error)
	// End ends the family for good. If it was not ended before, then runs in the same
	// transaction.
	End(ctx context.Context, id uuid.UUID, then func(account.Tx) error) error
}

// Service rotates families. It is safe for concurrent use, in any number of processes.
type Service struct {
	store  Store
	prover prover
	now    func() time.Time
}

// New returns a Service whose proofs come from the root secret.
func New(store Store, root secret.Root, now func() time.Time) *Service {
	return &Service{store, prover{root.Key("refresh")}, now}
}

// Grant is what a new family is founded on.
type Grant struct {
	SessionID string
	UserID    string
	ClientID  string
	Scope     []string
	AMR       []string
	AuthTime  time.Time
}

// Issue founds a family and returns its first token.
func (s *Service) Issue(ctx context.Context, g Grant, ev events.Event) (string, Family, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", Family{}, err
	}
	salt := make([]byte, 32)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	now := s.now()
	f := Family{
		ID: id, SessionID: g.SessionID, UserID: g.UserID, ClientID: g.ClientID, Scope: append([]string{}, g.Scope...),
		AMR: append([]string{}, g.AMR...), AuthTime: g.AuthTime, Salt: salt, RotatedAt: now, ExpiresAt: now.Add(Life),
	}
	if err := s.store.Create(ctx, f, ev); err != nil {
		return "", Family{}, err
	}
	return s.prover.claim(f, f.Generation).token(), f, nil
}

// Find returns the family of a token that it issued to the client, and whether the token
// is its good one now. ErrInvalidGrant for a forged token, another client's, and one whose
// session is over. It changes nothing.
func (s *Service) Find(ctx context.Context, token, clientID string) (Family, bool, error) {
	c, ok := parse(token)
	if !ok {
		return Family{}, false, ErrInvalidGrant
	}
	f, err := s.store.Find(ctx, c.family, s.now())
	if err != nil {
		return Family{}, false, err
	}
	if !s.prover.proved(f, c) || f.ClientID != clientID {
		return Family{}, false, ErrInvalidGrant
	}
	return f, f.Live(s.now()) && c.generation == f.Generation, nil
}

// Events are what a rotation leaves behind.
type Events struct {
	Rotated func(Family) events.Event
	// Reused returns what to write when reuse ends the family. It runs before that, outside
	// of the transaction, and must not fail: whatever it cannot find out, the family ends.
	Reused func(context.Context, Family) func(account.Tx) error
}

// Rotate exchanges a token for its successor. check runs after the token has proved good
// and before anything changes; its error refuses the rotation and consumes nothing. Reuse
// ends the family, commits that, and returns ErrInvalidGrant.
func (s *Service) Rotate(ctx context.Context, token, clientID string, ev Events, check func(Family) error) (string, Family, error) {
	f, _, err := s.Find(ctx, token, clientID)
	if err != nil {
		return "", Family{}, err
	}
	c, _ := parse(token)
	now := s.now()
	switch {
	case !f.Live(now):
		return "", Family{}, ErrInvalidGrant
	case c.generation == f.Generation:
		if err := check(f); err != nil {
			return "", Family{}, err
		}
		rotated, err := s.store.Rotate(ctx, f, now, now.Add(Life), ev.Rotated(f))
		if err != nil {
			return "", Family{}, err
		}
		if rotated {
			return s.prover.claim(f, f.Generation+1).token(), f, nil
		}
		// Somebody else rotated it since Find: look again, now one generation behind.
		return s.Rotate(ctx, token, clientID, ev, check)
	case c.generation == f.Generation-1 && now.Sub(f.RotatedAt) <= GraceFor:
		if err := check(f); err != nil {
			return "", Family{}, err
		}
		return s.prover.claim(f, f.Generation).token(), f, nil
	}
	if err := s.store.End(ctx, f.ID, ev.Reused(ctx, f)); err != nil {
		return "", Family{}, err
	}
	return "", Family{}, ErrInvalidGrant
}

// Revoke ends the family of a token (RFC 7009). A token that is unknown, forged or
// another client's is no error and changes nothing.
func (s *Service) Revoke(ctx context.Context, token, clientID string, ev func(Family) events.Event) error {
	f, _, err := s.Find(ctx, token, clientID)
	if err != nil {
		if fault.From(err).Is(ErrInvalidGrant) {
			return nil
		}
		return err
	}
	return s.store.End(ctx, f.ID, func(tx account.Tx) error { return tx.AddEvent(ctx, ev(f)) })
}

// Narrow returns the scope that a refresh may get: the requested one if the family holds
// all of it, the family's if none is requested (RFC 6749, section 6).
func (f Family) Narrow(requested []string) ([]string, bool) {
	if len(requested) == 0 {
		return f.Scope, true
	}
	for _, s := range requested {
		if !slices.Contains(f.Scope, s) {
			return nil, false
		}
	}
	return requested, true
}

package account

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
)

// Current returns the live session with this hash and its user; ErrUnauthorized if there
// is none, it has expired, or its user is gone or banned; and if somebody else has opened
// it who may not any more. What is returned may be a copy.
func (s *Service) Current(ctx context.Context, hash session.Hash) (*SignedIn, error) {
	if copied, ok := s.Copies.find(hash, s.Now()); ok {
		return copied, nil
	}
	return s.LookUp(ctx, hash)
}

// LookUp is Current without copies. What it finds becomes one.
func (s *Service) LookUp(ctx context.Context, hash session.Hash) (*SignedIn, error) {
	known := s.Copies.Known() // before anything is read
	found, enrolled, err := s.Store.FindSession(ctx, hash)
	if err != nil {
		return nil, err
	}
	if !found.Live(s.Now()) {
		return nil, ErrUnauthorized
	}
	identity := s.Users.number()
	if err := s.mayImpersonate(ctx, found); err != nil {
		return nil, err
	}
	user, err := s.ActiveUser(ctx, found.UserID)
	if err != nil {
		return nil, err
	}
	user.TwoFactorEnabled = enrolled
	stamp := Stamp{known, user.Epoch}
	if found.Impersonated() {
		stamp.Identity = min(stamp.Identity, identity) // it rests on two answers
	}
	return s.Copies.keep(hash, SignedIn{Session: found, User: user, Stamp: stamp}), nil
}

// Known is the number of what is looked up from now on, for tokens.
func (s *Service) Known() int64 { return s.Copies.Known() }

// Renew extends the session if using it now does that, and reports whether it did.
// ErrUnauthorized if the session ended meanwhile.
func (s *Service) Renew(ctx context.Context, current session.Session) (session.Session, bool, error) {
	renewed, due := current.Renewed(s.Now())
	if !due {
		return current, false, nil
	}
	err := s.extend(ctx, renewed.ID, renewed.UpdatedAt, renewed.ExpiresAt)
	return renewed, err == nil, err
}

func (s *Service) extend(ctx context.Context, id string, updated, expires time.Time) error {
	return s.Store.InTx(ctx, func(tx Tx) error {
		extended, err := tx.ExtendSession(ctx, id, updated, expires)
		if err == nil && !extended {
			return ErrUnauthorized
		}
		return err
	})
}

// Sessions lists the user's live sessions, oldest first.
func (s *Service) Sessions(ctx context.Context, userID string) ([]session.Session, error) {
	return s.Store.ListSessions(ctx, userID, s.Now())
}

// RevokeSession ends one of the user's sessions, named by handle or by its token. Naming
// one that does not exist, or another user's, changes nothing and is no error.
func (s *Service) RevokeSession(ctx context.Context, userID string, named ...session.Hash) error {
	return s.end(ctx, session.Selection{UserID: userID, Hashes: named}, authapi.EventSessionRevoked, "revoked by the user")
}

// RevokeSessions ends all sessions of the user, except the one with the given id, if any.
func (s *Service) RevokeSessions(ctx context.Context, userID, except string) error {
	return s.end(ctx, session.Selection{UserID: userID, Except: except}, authapi.EventSessionRevoked, "revoked by the user")
}

// end deletes sessions and stores one event for each.
func (s *Service) end(ctx context.Context, which session.Selection, eventType, reason string) error {
	return s.Store.InTx(ctx, func(tx Tx) error { return endIn(ctx, tx, which, eventType, reason) })
}

func endIn(ctx context.Context, tx Tx, which session.Selection, eventType, reason string) error {
	ended, err := tx.DeleteSessions(ctx, which)
	if err != nil {
		return err
	}
	for _, gone := range ended {
		from := Origin{IP: gone.IP, UserAgent: gone.UserAgent}
		if err := tx.AddEvent(ctx, Event(eventType, userOf(gone.UserID), from, Details{SessionID: gone.ID, Reason: reason})); err != nil {
			return err
		}
	}
	return nil
}

// EndSession ends one of the user's sessions, named by id.
func (s *Service) EndSession(ctx context.Context, userID, sessionID string) error {
	return s.end(ctx, session.Selection{UserID: userID, ID: sessionID}, authapi.EventSessionRevoked, "token revoked")
}

package account

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
)

// Ending is the end of a user's sessions by somebody, as a rule somebody else.
type Ending struct {
	UserID string
	Except string // not the session with this id; empty: no exception
	Actor  string // who ends them
	Reason string // for the audit log
}

// EndSessions ends all sessions of a user in tx, and those that the user has opened as
// somebody else.
func (s *Service) EndSessions(ctx context.Context, tx Tx, e Ending) error {
	own, err := tx.DeleteSessions(ctx, session.Selection{UserID: e.UserID, Except: e.Except})
	if err != nil {
		return err
	}
	asOthers, err := tx.DeleteImpersonations(ctx, e.UserID)
	if err != nil {
		return err
	}
	return recordEnded(ctx, tx, append(own, asOthers...), e)
}

// EndOne ends one session of the user of e, named by its hash.
func (s *Service) EndOne(ctx context.Context, tx Tx, hash session.Hash, e Ending) error {
	ended, err := tx.DeleteSessions(ctx, session.Selection{UserID: e.UserID, Hashes: []session.Hash{hash}})
	if err != nil {
		return err
	}
	return recordEnded(ctx, tx, ended, e)
}

func recordEnded(ctx context.Context, tx Tx, ended []session.Session, e Ending) error {
	for _, gone := range ended {
		from := Origin{IP: gone.IP, UserAgent: gone.UserAgent}
		ev := Event(authapi.EventSessionRevoked, userOf(gone.UserID), from, Details{SessionID: gone.ID, Reason: e.Reason})
		ev.Actor = e.Actor
		if err := tx.AddEvent(ctx, ev); err != nil {
			return err
		}
	}
	return nil
}

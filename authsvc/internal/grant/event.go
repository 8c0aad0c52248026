package grant

import (
	"context"
	"encoding/json"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/refresh"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

// facts are what the events of tokens say; nothing in them is personal.
type facts struct {
	SessionID  string `json:"session_id"`
	ClientID   string `json:"client_id"`
	GrantType  string `json:"grant_type,omitempty"`
	FamilyID   string `json:"family_id,omitempty"`
	Generation int32  `json:"generation,omitempty"`
}

func tokenEvent(eventType, userID string, f facts) events.Event {
	body, _ := json.Marshal(f) // strings and a number: cannot fail
	return events.Event{Type: eventType, Key: userID, Actor: userID, Outcome: events.Success, Body: body}
}

func familyEvent(eventType string, f refresh.Family) events.Event {
	return tokenEvent(eventType, f.UserID, facts{
		SessionID: f.SessionID, ClientID: f.ClientID, FamilyID: f.ID.String(), Generation: f.Generation,
	})
}

func (s *Service) rotationEvents() refresh.Events {
	return refresh.Events{
		Rotated: func(f refresh.Family) events.Event { return familyEvent(authapi.EventTokenRefreshed, f) },
		Reused:  s.reused,
	}
}

// reused records that a token was used twice, and tells its owner by mail. Where identity
// cannot be asked who that is, the family ends all the same.
func (s *Service) reused(ctx context.Context, f refresh.Family) func(account.Tx) error {
	ev := familyEvent(authapi.EventTokenReused, f)
	ev.Outcome = events.Denied
	user, err := s.accounts.ActiveUser(ctx, f.UserID)
	known := err == nil
	return func(tx account.Tx) error {
		if err := tx.AddEvent(ctx, ev); err != nil || !known {
			return err
		}
		return s.accounts.Alert(ctx, tx, user, notice.TokenReused, account.Origin{})
	}
}

func revokedEvent(f refresh.Family) events.Event { return familyEvent(authapi.EventTokenRevoked, f) }

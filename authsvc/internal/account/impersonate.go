package account

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// PermissionImpersonate is what somebody must hold to act as another user, at each request.
const PermissionImpersonate = "users:impersonate"

// Faults of impersonation. The protocol has messages for them, and no codes.
var (
	ErrNotImpersonating = fault.New(fault.Invalid, "NOT_IMPERSONATING", "You are not impersonating anyone")
	ErrAdminSession     = fault.New(fault.Invalid, "ADMIN_SESSION_NOT_FOUND", "Failed to find admin session")
)

// Impersonate opens a session as another user, for an hour, and says in it who did and why.
// It asks for no proof of the user's, so whoever calls it has asked whether by may. A user
// who is banned cannot be impersonated: ErrBanned.
func (s *Service) Impersonate(ctx context.Context, by SignedIn, user User, reason string, from Origin) (SignedIn, error) {
	if user.Banned {
		return SignedIn{}, ErrBanned
	}
	secret, err := token.New()
	if err != nil {
		return SignedIn{}, err
	}
	why := session.Impersonation{By: by.User.ID, Reason: reason}
	opened := session.Impersonate(uuid.Must(uuid.NewV7()).String(), token.Hash(secret), user.ID, why, s.Now())
	opened.IP, opened.UserAgent, opened.AMR = from.IP, from.UserAgent, []string{} // the user has proved nothing
	err = s.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.CreateSession(ctx, opened); err != nil {
			return err
		}
		ev := Event(authapi.EventImpersonationStarted, user, from, Details{SessionID: opened.ID, Reason: reason})
		ev.Actor = by.User.ID
		return tx.AddEvent(ctx, ev)
	})
	return SignedIn{Session: opened, User: user, Token: secret}, err
}

// StopImpersonating ends the session that somebody has opened as another user, and returns
// their own, which has the hash. ErrNotImpersonating if current is nobody else's,
// ErrAdminSession if the other session is over or is not that of who opened current.
func (s *Service) StopImpersonating(ctx context.Context, current SignedIn, own session.Hash, from Origin) (SignedIn, error) {
	if !current.Session.Impersonated() {
		return SignedIn{}, ErrNotImpersonating
	}
	back, err := s.Current(ctx, own)
	if errors.Is(err, ErrUnauthorized) || (err == nil && back.User.ID != current.Session.Impersonation.By) {
		return SignedIn{}, ErrAdminSession
	}
	if err != nil {
		return SignedIn{}, err
	}
	err = s.Store.InTx(ctx, func(tx Tx) error {
		ended, err := tx.DeleteSessions(ctx, session.Selection{UserID: current.User.ID, ID: current.Session.ID})
		if err != nil || len(ended) == 0 {
			return err
		}
		ev := Event(authapi.EventImpersonationEnded, current.User, from, Details{SessionID: current.Session.ID})
		ev.Actor = back.User.ID
		return tx.AddEvent(ctx, ev)
	})
	return *back, err
}

// mayImpersonate returns ErrUnauthorized unless whoever has opened the session as somebody
// else may do so still: a ban, a demotion and the end of the account count at once.
func (s *Service) mayImpersonate(ctx context.Context, as session.Session) error {
	if !as.Impersonated() {
		return nil
	}
	out, err := identityapi.Authorize.Call(ctx, s.Call, identityapi.AuthorizeIn{
		UserID: as.Impersonation.By, Permission: PermissionImpersonate, Over: as.UserID,
	})
	if err == nil && !out.Allowed {
		return ErrUnauthorized
	}
	return err
}

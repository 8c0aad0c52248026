package admin

import (
	"context"
	"errors"
	"slices"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Sessions lists a user's live sessions, oldest first; none for a user who is not there.
func (s *Service) Sessions(ctx context.Context, by Caller, id string) ([]session.Session, error) {
	if err := s.use(ctx, by, toListSessions, ""); err != nil {
		return nil, err
	}
	if _, err := s.find(ctx, id); err != nil {
		if errors.Is(err, ErrUserUnknown) {
			return nil, nil
		}
		return nil, err
	}
	return s.accounts.Sessions(ctx, id)
}

// RevokeSession ends a session, named by any of the hashes. Naming one that does not exist
// changes nothing and is no error.
func (s *Service) RevokeSession(ctx context.Context, by Caller, named ...session.Hash) error {
	if err := s.use(ctx, by, toRevokeSessions, ""); err != nil {
		return err
	}
	for _, hash := range named {
		found, _, err := s.accounts.Store.FindSession(ctx, hash)
		if errors.Is(err, account.ErrUnauthorized) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.use(ctx, by, toRevokeSessions, found.UserID); err != nil {
			return err
		}
		e := account.Ending{UserID: found.UserID, Actor: by.User.ID, Reason: "revoked by an administrator"}
		err = s.accounts.Store.InTx(ctx, func(tx account.Tx) error { return s.accounts.EndOne(ctx, tx, hash, e) })
		if err != nil {
			return err
		}
	}
	return nil
}

// RevokeSessions ends all sessions of a user.
func (s *Service) RevokeSessions(ctx context.Context, by Caller, id string) error {
	if err := s.use(ctx, by, toRevokeSessions, id); err != nil {
		return err
	}
	if _, err := s.find(ctx, id); err != nil {
		if errors.Is(err, ErrUserUnknown) {
			return nil
		}
		return err
	}
	return s.end(ctx, account.Ending{UserID: id, Actor: by.User.ID, Reason: "revoked by an administrator"})
}

func (s *Service) end(ctx context.Context, e account.Ending) error {
	return s.accounts.Store.InTx(ctx, func(tx account.Tx) error { return s.accounts.EndSessions(ctx, tx, e) })
}

// SetPassword gives a user a new password, tells them by mail, and ends all sessions of
// theirs, except the one that does it, all their reset tokens, half sign-ins and trusted
// browsers: who had the old password is not let in by what came of it.
func (s *Service) SetPassword(ctx context.Context, by Caller, id, plain string) error {
	if err := s.use(ctx, by, toSetPassword, id); err != nil {
		return err
	}
	if err := s.accounts.Passwords.Check(ctx, plain); err != nil {
		return err
	}
	user, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	if err := s.accounts.Suits(user.User, plain); err != nil {
		return err
	}
	hash, err := s.accounts.Passwords.Hash(ctx, plain)
	if err != nil {
		return err
	}
	return s.accounts.Store.InTx(ctx, func(tx account.Tx) error {
		if err := tx.SetPassword(ctx, id, hash); err != nil {
			return err
		}
		if err := tx.DeleteResets(ctx, id); err != nil {
			return err
		}
		if err := tx.ForgetGuesses(ctx, s.accounts.PasswordGuess(user, account.Origin{})); err != nil {
			return err
		}
		deed := account.Origin{Actor: by.User.ID}
		if err := tx.AddEvent(ctx, account.Event(authapi.EventPasswordSet, user, deed, account.Details{})); err != nil {
			return err
		}
		if err := s.accounts.Alert(ctx, tx, user, notice.PasswordChanged, deed); err != nil {
			return err
		}
		return s.accounts.EndSessions(ctx, tx, account.Ending{
			UserID: id, Except: by.Session.ID, Actor: by.User.ID, Reason: "password set by an administrator",
		})
	})
}

// Impersonate opens a session as another user, which says why. ErrImpersonation for a user
// who administers, or who may do what the caller may not.
func (s *Service) Impersonate(ctx context.Context, by Caller, id, reason string) (account.SignedIn, error) {
	if err := s.use(ctx, by, toImpersonate, ""); err != nil {
		return account.SignedIn{}, err
	}
	user, err := s.find(ctx, id)
	if err != nil {
		return account.SignedIn{}, err
	}
	above := power{toImpersonate.permission, ErrImpersonation}
	if slices.Contains(user.Roles, identityapi.RoleAdmin) {
		return account.SignedIn{}, s.refuse(ctx, by, above, id)
	}
	if err := s.use(ctx, by, above, id); err != nil {
		return account.SignedIn{}, err
	}
	return s.accounts.Impersonate(ctx, by.SignedIn, user, reason, by.From)
}

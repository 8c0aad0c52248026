package account

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// ResetLife is how long a mailed reset link works.
const ResetLife = time.Hour

// RequestReset mails a link to choose a new password, if the address belongs to a user.
// For any other address nothing happens and nothing shows it.
func (s *Service) RequestReset(ctx context.Context, email, redirectTo string, from Origin) error {
	user, err := s.FindUser(ctx, identityapi.FindUserIn{Email: email})
	if errors.Is(err, ErrUserNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	secret, err := token.New()
	if err != nil {
		return err
	}
	message, err := s.Notices.Reset(user.User, secret, redirectTo)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.CreateReset(ctx, token.Hash(secret), user.ID, s.Now().Add(ResetLife)); err != nil {
			return err
		}
		if err := tx.AddMail(ctx, message); err != nil {
			return err
		}
		return tx.AddEvent(ctx, Event(authapi.EventPasswordResetRequested, user, from, Details{}))
	})
}

// ResetPending reports whether a mailed token could be used now, without using it.
func (s *Service) ResetPending(ctx context.Context, secret string) (bool, error) {
	return s.Store.ResetPending(ctx, token.Hash(secret), s.Now())
}

// ResetPassword uses a mailed token to set a new password. It ends all sessions of the
// user and all older reset tokens. ErrInvalidToken if the token cannot be used (any more).
func (s *Service) ResetPassword(ctx context.Context, secret, plain string, from Origin) error {
	if err := s.Passwords.Check(plain); err != nil {
		return err
	}
	pending, err := s.ResetPending(ctx, secret)
	if err != nil {
		return err
	}
	if !pending { // spares the hash; UseReset below is what decides
		return ErrInvalidToken
	}
	hash, err := s.Passwords.Hash(ctx, plain)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Tx) error {
		userID, err := tx.UseReset(ctx, token.Hash(secret), s.Now())
		if err != nil {
			return err
		}
		if err := tx.SetPassword(ctx, userID, hash); err != nil {
			return err
		}
		if err := tx.ForgetGuesses(ctx, s.PasswordGuess(userOf(userID), Origin{})); err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, Event(authapi.EventPasswordReset, userOf(userID), from, Details{Method: "mail"})); err != nil {
			return err
		}
		return endIn(ctx, tx, session.Selection{UserID: userID}, authapi.EventSessionRevoked, "password reset")
	})
}

package account

import (
	"context"
	"crypto/hmac"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// ResetLife is how long a mailed reset link works.
const ResetLife = time.Hour

// Reset is what a mailed reset token stands for.
type Reset struct {
	UserID  string
	Address []byte // hash of the address that it was mailed to; empty: not known
}

func resetOf(user User) Reset {
	address := token.Hash(user.Email)
	return Reset{user.ID, address[:]}
}

// mailedTo reports whether the token was mailed to the address that the user has now
// (Supabase Auth commit 35d38d9).
func (r Reset) mailedTo(user User) bool {
	return len(r.Address) == 0 || hmac.Equal(r.Address, resetOf(user).Address)
}

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
		if err := tx.CreateReset(ctx, token.Hash(secret), resetOf(user), s.Now().Add(ResetLife)); err != nil {
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
	_, err := s.pendingReset(ctx, secret)
	if errors.Is(err, ErrInvalidToken) {
		return false, nil
	}
	return err == nil, err
}

// pendingReset returns the user whom a mailed token could give a new password now, else
// ErrInvalidToken: the address that it was mailed to may be somebody else's by now.
func (s *Service) pendingReset(ctx context.Context, secret string) (User, error) {
	reset, err := s.Store.FindReset(ctx, token.Hash(secret), s.Now())
	if err != nil {
		return User{}, err
	}
	user, err := s.FindUser(ctx, identityapi.FindUserIn{ID: reset.UserID})
	if errors.Is(err, ErrUserNotFound) || (err == nil && !reset.mailedTo(user)) {
		return User{}, ErrInvalidToken
	}
	return user, err
}

// ResetPassword uses a mailed token to set a new password. It ends all sessions of the
// user and all older reset tokens, and unlinks what was linked before anybody had confirmed
// the address. ErrInvalidToken if the token cannot be used (any more).
func (s *Service) ResetPassword(ctx context.Context, secret, plain string, from Origin) error {
	if err := s.Passwords.Check(ctx, plain); err != nil {
		return err
	}
	user, err := s.pendingReset(ctx, secret) // spares the hash; UseReset below is what decides
	if err != nil {
		return err
	}
	if err := s.Suits(user.User, plain); err != nil {
		return err
	}
	hash, err := s.Passwords.Hash(ctx, plain)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Tx) error {
		if _, err := tx.UseReset(ctx, token.Hash(secret), s.Now()); err != nil {
			return err
		}
		return s.SetPassword(ctx, tx, Renewal{User: user, Hash: hash, Method: "mail", Origin: from})
	})
}

// Renewal is a new password for a user who has forgotten the old one.
type Renewal struct {
	User   User
	Hash   string
	Method string // how the user proved who they are, as events call it
	Origin Origin
}

// SetPassword stores a new password for a user who has forgotten the old one, which ends all
// sessions, all reset tokens and the pauses of wrong guesses. It belongs into the transaction
// that consumes the proof.
func (s *Service) SetPassword(ctx context.Context, tx Tx, r Renewal) error {
	if err := tx.SetPassword(ctx, r.User.ID, r.Hash); err != nil {
		return err
	}
	if err := tx.DeleteResets(ctx, r.User.ID); err != nil {
		return err
	}
	if err := tx.ForgetGuesses(ctx, s.PasswordGuess(r.User, Origin{})); err != nil {
		return err
	}
	if err := unlinkUnproven(ctx, tx, r.User, r.Origin); err != nil {
		return err
	}
	if err := tx.AddEvent(ctx, Event(authapi.EventPasswordReset, r.User, r.Origin, Details{Method: r.Method})); err != nil {
		return err
	}
	if err := s.Alert(ctx, tx, r.User, notice.PasswordChanged, r.Origin); err != nil {
		return err
	}
	return endIn(ctx, tx, session.Selection{UserID: r.User.ID}, authapi.EventSessionRevoked, "password reset")
}

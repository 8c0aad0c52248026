package account

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// SendVerification mails a link that confirms the address, if it belongs to a user who has
// not confirmed it yet. For any other address nothing happens and nothing shows it.
func (s *Service) SendVerification(ctx context.Context, email, callbackURL string) error {
	user, err := s.FindUser(ctx, identityapi.FindUserIn{Email: email})
	if errors.Is(err, ErrUserNotFound) || (err == nil && user.EmailVerified) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Tx) error { return s.MailVerification(ctx, tx, user, callbackURL) })
}

// ResendVerification does the same for a user who is signed in, and says what is wrong:
// ErrEmailMismatch, ErrAlreadyVerified.
func (s *Service) ResendVerification(ctx context.Context, user User, email, callbackURL string) error {
	if user.Email != email {
		return ErrEmailMismatch
	}
	if user.EmailVerified {
		return ErrAlreadyVerified
	}
	return s.Store.InTx(ctx, func(tx Tx) error { return s.MailVerification(ctx, tx, user, callbackURL) })
}

// MailVerification mails a link that confirms the user's address, in the transaction that
// makes it due.
func (s *Service) MailVerification(ctx context.Context, tx Tx, user User, callbackURL string) error {
	proof, err := s.Mint.Issue(token.MailClaims{Email: user.Email, UserID: user.ID})
	if err != nil {
		return err
	}
	message, err := s.Notices.Verification(user.User, proof, callbackURL)
	if err != nil {
		return err
	}
	if err := tx.AddMail(ctx, message); err != nil {
		return err
	}
	return tx.AddEvent(ctx, Event(authapi.EventVerificationMailSent, user, Origin{}, Details{}))
}

// VerifyEmail confirms the address that a mailed token names. The first time it returns a
// session to sign in with: current if that is already the user's, else a new one, of which
// a proof opens one however often it is used at once. When the address is confirmed
// already it changes nothing and returns the zero SignedIn.
func (s *Service) VerifyEmail(ctx context.Context, proof string, current SignedIn, from Origin) (SignedIn, error) {
	claims, err := s.Mint.Parse(proof)
	if err != nil {
		return SignedIn{}, err
	}
	user, err := s.FindUser(ctx, identityapi.FindUserIn{Email: claims.Email})
	if err != nil {
		return SignedIn{}, err
	}
	if claims.UserID != user.ID {
		return SignedIn{}, ErrInvalidToken
	}
	if user.EmailVerified {
		return SignedIn{}, nil
	}
	verified, err := identityapi.VerifyEmail.Call(ctx, s.Call, identityapi.VerifyEmailIn{ID: user.ID, Email: user.Email})
	if err != nil {
		return SignedIn{}, err
	}
	if verified.User.Banned {
		return SignedIn{}, nil
	}
	user.User = verified.User
	if current.User.ID == user.ID {
		current.User = user
		return current, nil
	}
	return s.enterByProof(ctx, proof, user, from)
}

// enterByProof opens a session for a user whose address was confirmed by the proof; none,
// if another use of the proof has opened one.
func (s *Service) enterByProof(ctx context.Context, proof string, user User, from Origin) (SignedIn, error) {
	var signed SignedIn
	err := s.Store.InTx(ctx, func(tx Tx) error {
		first, err := tx.UseProof(ctx, token.Hash(proof), s.Now().Add(token.MailLife))
		if err != nil || !first {
			return err
		}
		signed, err = s.Enter(ctx, tx, user, from, byVerification)
		return err
	})
	return signed, err
}

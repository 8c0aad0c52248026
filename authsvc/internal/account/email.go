package account

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Faults of a change of address. Codes and messages are the protocol's.
var (
	ErrSameEmail   = fault.New(fault.Invalid, "EMAIL_IS_THE_SAME", "Email is the same")
	ErrInvalidUser = fault.New(fault.Unauthenticated, "INVALID_USER", "Invalid user")
)

// changes is what changes of address write.
type changes interface {
	// CreateChange makes a mailed proof count, until then.
	CreateChange(ctx context.Context, hash [32]byte, userID string, expires time.Time) error
	// UseChange consumes a proof and reports whether it counted at now.
	UseChange(ctx context.Context, hash [32]byte, now time.Time) (bool, error)
}

// EmailChange is a user's wish for another address.
type EmailChange struct {
	To          string // normalised
	CallbackURL string // where the mailed links lead; may be empty
	Origin      Origin
}

// RequestEmailChange mails a link that gives the user another address: to that address, or
// first to the present one where a confirmed address has to approve. An address that
// somebody else has gets no mail, and nothing shows it. ErrSameEmail.
func (s *Service) RequestEmailChange(ctx context.Context, user User, in EmailChange) error {
	if in.To == user.Email {
		return ErrSameEmail
	}
	taken, err := s.found(ctx, identityapi.FindUserIn{Email: in.To})
	if err != nil {
		return err
	}
	step := token.ConfirmChange
	if s.ApproveChanges && user.EmailVerified {
		step, taken = token.ApproveChange, false // the answer to the approval would show it
	}
	return s.Store.InTx(ctx, func(tx Tx) error {
		if !taken {
			if err := s.mailChange(ctx, tx, user, step, in); err != nil {
				return err
			}
		}
		return tx.AddEvent(ctx, emailEvent(authapi.EventEmailChangeRequested, user, in.To, in.Origin))
	})
}

// mailChange mails the link of one step: to the address that has to say yes.
func (s *Service) mailChange(ctx context.Context, tx Tx, user User, step token.Purpose, in EmailChange) error {
	proof, err := s.Mint.Issue(token.MailClaims{Email: user.Email, UserID: user.ID, UpdateTo: in.To, RequestType: step})
	if err != nil {
		return err
	}
	write := func() (mail.Message, error) { return s.Notices.Change(user.User, in.To, proof, in.CallbackURL) }
	if step == token.ConfirmChange {
		reader := user.User
		reader.Email = in.To
		write = func() (mail.Message, error) { return s.Notices.Verification(reader, proof, in.CallbackURL) }
	}
	message, err := write()
	if err != nil {
		return err
	}
	if err := tx.CreateChange(ctx, token.Hash(proof), user.ID, s.Now().Add(token.MailLife)); err != nil {
		return err
	}
	return tx.AddMail(ctx, message)
}

// ReadProof returns what a mailed proof is good for.
func (s *Service) ReadProof(proof string) (token.MailClaims, error) {
	return s.Mint.Parse(proof, token.ConfirmAddress, token.ApproveChange, token.ConfirmChange)
}

// ApproveEmailChange takes the present address's yes and mails a link to the new one. A
// proof does so once; afterwards it changes nothing.
func (s *Service) ApproveEmailChange(ctx context.Context, proof string, current SignedIn, in EmailChange) error {
	claims, user, err := s.changing(ctx, proof, token.ApproveChange, current)
	if err != nil {
		return err
	}
	in.To = claims.UpdateTo
	taken, err := s.found(ctx, identityapi.FindUserIn{Email: in.To})
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Tx) error {
		first, err := tx.UseChange(ctx, token.Hash(proof), s.Now())
		if err != nil || !first {
			return err
		}
		if !taken {
			if err := s.mailChange(ctx, tx, user, token.ConfirmChange, in); err != nil {
				return err
			}
		}
		return tx.AddEvent(ctx, emailEvent(authapi.EventEmailChangeApproved, user, in.To, in.Origin))
	})
}

// ConfirmEmailChange takes the new address's yes and gives it to the user, whose reset
// tokens end: they went to the old one. A proof does so once, also after the way back, and
// not after a new password: whoever asked for the change may be who was shut out by it.
func (s *Service) ConfirmEmailChange(ctx context.Context, proof string, current SignedIn, from Origin) (User, error) {
	claims, user, err := s.changing(ctx, proof, token.ConfirmChange, current)
	if err != nil {
		return User{}, err
	}
	pending, err := s.Store.ChangePending(ctx, token.Hash(proof), s.Now())
	if err != nil {
		return User{}, err
	}
	if !pending {
		return User{}, ErrInvalidToken
	}
	changed, err := identityapi.ChangeEmail.Call(ctx, s.Call, identityapi.ChangeEmailIn{
		ID: user.ID, From: user.Email, To: claims.UpdateTo, Verified: user.EmailVerified, Actor: user.ID,
	})
	if errors.Is(err, identityapi.ErrUserUnknown) || errors.Is(err, identityapi.ErrEmailTaken) { // meanwhile
		return User{}, ErrInvalidToken.With(err)
	}
	if err != nil {
		return User{}, err
	}
	err = s.Store.InTx(ctx, func(tx Tx) error {
		first, err := tx.UseChange(ctx, token.Hash(proof), s.Now())
		if err != nil || !first {
			return err
		}
		if err := tx.DeleteResets(ctx, user.ID); err != nil {
			return err
		}
		if err := s.AlertMove(ctx, tx, user, claims.UpdateTo, from); err != nil {
			return err
		}
		return tx.AddEvent(ctx, emailEvent(authapi.EventEmailChanged, user, claims.UpdateTo, from))
	})
	user.User = changed.User
	return user, err
}

// changing returns what a proof for this step says and the user whose address is to change.
// The proof belongs to the address that the user has now, and to nobody else who is signed
// in: ErrUserNotFound, ErrInvalidToken, ErrInvalidUser.
func (s *Service) changing(ctx context.Context, proof string, step token.Purpose, current SignedIn) (token.MailClaims, User, error) {
	claims, err := s.Mint.Parse(proof, step)
	if err != nil {
		return token.MailClaims{}, User{}, err
	}
	user, err := s.FindUser(ctx, identityapi.FindUserIn{ID: claims.UserID})
	switch {
	case err != nil:
	case user.Email != claims.Email || user.Banned:
		err = ErrInvalidToken
	case current.User.ID != "" && current.User.ID != user.ID:
		err = ErrInvalidUser
	}
	return claims, user, err
}

package account

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/username"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// SignUp is a request for a new account.
type SignUp struct {
	Email       string // normalised
	Password    string
	Name        string
	Image       *string
	Username    *string // one that can be; nil: none
	DisplayName *string // of the username
	CallbackURL string  // where the verification link leads; may be empty
	Origin      Origin
}

// SignUp creates an account and, unless verification is required first, signs it in.
// ErrUserExists for a taken address, and throttle.ErrLimited to a caller who found too many
// of them; where verification is required the answer for a
// taken address looks like success instead, and takes as long.
func (s *Service) SignUp(ctx context.Context, in SignUp) (SignedIn, error) {
	if err := s.Passwords.Check(ctx, in.Password); err != nil {
		return SignedIn{}, err
	}
	who := identityapi.User{Email: in.Email, Name: in.Name, Username: in.Username, DisplayName: in.DisplayName}
	if err := s.Suits(who, in.Password); err != nil {
		return SignedIn{}, err
	}
	if err := s.openToMembers(ctx, in.Origin); err != nil {
		return SignedIn{}, err
	}
	id := uuid.Must(uuid.NewV7()).String()
	_, err := identityapi.ReserveUser.Call(ctx, s.Call, identityapi.ReserveUserIn{
		ID: id, Email: in.Email, Name: in.Name, Image: in.Image, Username: in.Username, DisplayName: in.DisplayName,
		Locale: in.Origin.Locale,
	})
	switch {
	case errors.Is(err, identityapi.ErrUsernameTaken):
		return SignedIn{}, ErrUsernameTaken.With(err)
	case errors.Is(err, identityapi.ErrEmailTaken) && s.RequireVerification:
		return s.pretend(ctx, id, in)
	case errors.Is(err, identityapi.ErrEmailTaken):
		return SignedIn{}, s.taken(ctx, in.Origin, err)
	case err != nil:
		return SignedIn{}, err
	}
	hash, err := s.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return SignedIn{}, err
	}
	if err := s.Store.InTx(ctx, func(tx Tx) error { return tx.SetPassword(ctx, id, hash) }); err != nil {
		return SignedIn{}, err
	}
	active, err := identityapi.ActivateUser.Call(ctx, s.Call, identityapi.ActivateUserIn{ID: id})
	if err != nil {
		return SignedIn{}, s.lost(ctx, id, in, err)
	}
	return s.welcome(ctx, User{User: active.User}, in)
}

// welcome stores the first session, the mail and the events of a new user.
func (s *Service) welcome(ctx context.Context, user User, in SignUp) (SignedIn, error) {
	signed := SignedIn{User: user}
	err := s.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.AddEvent(ctx, Event(authapi.EventSignedUp, user, in.Origin, Details{Method: byPassword.Name})); err != nil {
			return err
		}
		if err := s.MailVerification(ctx, tx, user, in.CallbackURL); err != nil {
			return err
		}
		if s.RequireVerification {
			return nil
		}
		var err error
		if signed.Session, signed.Token, err = s.openSession(ctx, tx, user.ID, in.Origin, byPassword); err != nil {
			return err
		}
		_, err = s.meet(ctx, tx, user.ID, in.Origin)
		return err
	})
	return signed, err
}

// lost explains why a user did not come to exist. If another sign-up took the address or
// the username meanwhile, nobody will ever have this id, and its password goes.
func (s *Service) lost(ctx context.Context, id string, in SignUp, cause error) error {
	address, username := errors.Is(cause, identityapi.ErrUserUnknown), errors.Is(cause, identityapi.ErrUsernameTaken)
	if !address && !username {
		return cause
	}
	if err := s.Store.InTx(ctx, func(tx Tx) error { return tx.DeletePassword(ctx, id) }); err != nil {
		return err
	}
	if username {
		return ErrUsernameTaken.With(cause)
	}
	return s.taken(ctx, in.Origin, cause)
}

// pretend answers a sign-up for a taken address as if it had worked, at the same cost.
func (s *Service) pretend(ctx context.Context, id string, in SignUp) (SignedIn, error) {
	if _, err := s.Passwords.Hash(ctx, in.Password); err != nil {
		return SignedIn{}, err
	}
	now := s.Now()
	return SignedIn{User: User{User: identityapi.User{
		ID: id, Email: in.Email, Name: in.Name, Image: in.Image, Username: normalUsername(in.Username), DisplayName: in.DisplayName,
		Roles: []string{identityapi.RoleUser}, CreatedAt: now, UpdatedAt: now,
	}}}, nil
}

func normalUsername(name *string) *string {
	if name == nil {
		return nil
	}
	return new(username.Normal(*name))
}

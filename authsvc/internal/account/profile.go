package account

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// ErrUsernameTaken means that somebody else has the username. Code and message are the
// protocol's.
var ErrUsernameTaken = fault.New(fault.Invalid, "USERNAME_IS_ALREADY_TAKEN", "Username is already taken. Please try another.")

// Profile is what users say about themselves. What is nil stays as it is; the empty text
// takes a username, display name or phone number away.
type Profile struct {
	Name        *string
	Image       *string
	ClearImage  bool // counts more than Image
	Username    *string
	DisplayName *string
	PhoneNumber *string
	Locale      *string // of mails (BCP 47); the empty text: English
}

// UpdateProfile changes what users say about themselves, and nothing else about them.
// ErrUsernameTaken, ErrUnauthorized if the user is gone.
func (s *Service) UpdateProfile(ctx context.Context, user User, p Profile) (User, error) {
	out, err := identityapi.UpdateUser.Call(ctx, s.Call, identityapi.UpdateUserIn{
		ID: user.ID, Actor: user.ID,
		Name: p.Name, Image: p.Image, ClearImage: p.ClearImage, Username: p.Username, DisplayName: p.DisplayName,
		PhoneNumber: p.PhoneNumber, Locale: p.Locale,
	})
	switch {
	case errors.Is(err, identityapi.ErrUsernameTaken):
		return User{}, ErrUsernameTaken.With(err)
	case errors.Is(err, identityapi.ErrUserUnknown):
		return User{}, ErrUnauthorized.With(err)
	case err != nil:
		return User{}, err
	}
	user.User = out.User
	return user, nil
}

// UsernameTaken reports whether somebody has the username, in any case.
func (s *Service) UsernameTaken(ctx context.Context, username string) (bool, error) {
	return s.found(ctx, identityapi.FindUserIn{Username: username})
}

// found reports whether there is such a user.
func (s *Service) found(ctx context.Context, in identityapi.FindUserIn) (bool, error) {
	_, err := s.FindUser(ctx, in)
	if errors.Is(err, ErrUserNotFound) {
		return false, nil
	}
	return err == nil, err
}

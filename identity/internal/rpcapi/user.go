package rpcapi

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

func (s *Server) reserveUser(ctx context.Context, in identityapi.ReserveUserIn) (identityapi.UserOut, error) {
	id, err := user.ParseID(in.ID)
	if err != nil {
		return identityapi.UserOut{}, identityapi.ErrUserIDInvalid
	}
	return answer(s.users.Reserve(ctx, user.Reservation{ID: id, Email: in.Email, Profile: user.Profile{
		Name: in.Name, Image: in.Image, Username: in.Username, DisplayUsername: in.DisplayName,
		PhoneNumber: in.PhoneNumber, Anonymous: in.Anonymous, Locale: in.Locale,
	}}))
}

func (s *Server) activateUser(ctx context.Context, in identityapi.ActivateUserIn) (identityapi.UserOut, error) {
	id, err := user.ParseID(in.ID)
	if err != nil {
		return identityapi.UserOut{}, identityapi.ErrUserUnknown
	}
	return answer(s.users.Activate(ctx, user.Activation{ID: id, EmailVerified: in.EmailVerified, PhoneVerified: in.PhoneNumberVerified, Actor: in.Actor}))
}

// findUser stamps its answer with a number from before the look-up: who keeps it can tell
// when it is out of date.
func (s *Server) findUser(ctx context.Context, in identityapi.FindUserIn) (identityapi.UserOut, error) {
	known := s.epochs.Known()
	out, err := s.lookUp(ctx, in)
	out.Epoch = known
	return out, err
}

func (s *Server) lookUp(ctx context.Context, in identityapi.FindUserIn) (identityapi.UserOut, error) {
	switch {
	case in.ID != "":
	case in.Email == "" && in.Username != "":
		return answer(s.users.FindByUsername(ctx, in.Username))
	case in.Email == "" && in.PhoneNumber != "":
		return answer(s.users.FindByPhone(ctx, in.PhoneNumber))
	default:
		return answer(s.users.FindByEmail(ctx, in.Email))
	}
	id, err := user.ParseID(in.ID)
	if err != nil {
		return identityapi.UserOut{}, identityapi.ErrUserUnknown
	}
	return answer(s.users.Find(ctx, id))
}

func (s *Server) verifyEmail(ctx context.Context, in identityapi.VerifyEmailIn) (identityapi.UserOut, error) {
	id, err := user.ParseID(in.ID)
	if err != nil {
		return identityapi.UserOut{}, identityapi.ErrUserUnknown
	}
	return answer(s.users.VerifyEmail(ctx, id, in.Email))
}

// answer puts what a service returned into the contract's types.
func answer(u user.User, err error) (identityapi.UserOut, error) {
	if err != nil {
		return identityapi.UserOut{}, err
	}
	return identityapi.UserOut{User: outward(u)}, nil
}

func outward(u user.User) identityapi.User {
	return identityapi.User{
		ID: string(u.ID), Email: u.Email, EmailVerified: u.EmailVerified, Name: u.Name, Image: u.Image,
		Username: u.Username, DisplayName: u.DisplayUsername, Roles: u.Roles,
		Banned: u.Banned, BanReason: u.BanReason, BanExpires: u.BanExpires,
		CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(),
		PhoneNumber: u.PhoneNumber, PhoneNumberVerified: u.PhoneNumberVerified, Anonymous: u.Anonymous, Locale: u.Locale,
	}
}

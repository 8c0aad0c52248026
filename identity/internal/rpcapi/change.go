package rpcapi

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

func (s *Server) updateUser(ctx context.Context, in identityapi.UpdateUserIn) (identityapi.UserOut, error) {
	return onUser(in.ID, func(id user.ID) (user.User, error) {
		return s.users.Update(ctx, id, user.Patch{
			Name: in.Name, Image: in.Image, ClearImage: in.ClearImage, Username: in.Username, DisplayUsername: in.DisplayName,
			PhoneNumber: in.PhoneNumber, PhoneNumberVerified: in.PhoneNumberVerified, Locale: in.Locale,
			Anonymous: in.Anonymous, EmailVerified: in.EmailVerified,
		}, in.Actor)
	})
}

func (s *Server) changeEmail(ctx context.Context, in identityapi.ChangeEmailIn) (identityapi.UserOut, error) {
	return onUser(in.ID, func(id user.ID) (user.User, error) {
		return s.users.ChangeEmail(ctx, id, user.EmailChange{From: in.From, To: in.To, Verified: in.Verified}, in.Actor)
	})
}

func (s *Server) deleteUser(ctx context.Context, in identityapi.DeleteUserIn) (identityapi.DeleteUserOut, error) {
	id, err := user.ParseID(in.ID)
	if err != nil {
		return identityapi.DeleteUserOut{}, nil //nolint:nilerr // who cannot exist is gone
	}
	return identityapi.DeleteUserOut{}, s.users.Delete(ctx, id, in.Actor)
}

func (s *Server) banUser(ctx context.Context, in identityapi.BanUserIn) (identityapi.UserOut, error) {
	return onUser(in.ID, func(id user.ID) (user.User, error) {
		return s.users.Ban(ctx, id, in.Reason, in.Expires, in.Actor)
	})
}

func (s *Server) unbanUser(ctx context.Context, in identityapi.UnbanUserIn) (identityapi.UserOut, error) {
	return onUser(in.ID, func(id user.ID) (user.User, error) { return s.users.Unban(ctx, id, in.Actor) })
}

// onUser does something with the user of an id that came from outside.
func onUser(text string, do func(user.ID) (user.User, error)) (identityapi.UserOut, error) {
	id, err := user.ParseID(text)
	if err != nil {
		return identityapi.UserOut{}, identityapi.ErrUserUnknown
	}
	return answer(do(id))
}

package rpcapi

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

func (s *Server) authorize(ctx context.Context, in identityapi.AuthorizeIn) (identityapi.AuthorizeOut, error) {
	id, err := user.ParseID(in.UserID)
	if err != nil {
		return identityapi.AuthorizeOut{Allowed: false}, nil //nolint:nilerr // who does not exist may do nothing
	}
	allowed, err := s.guard.Allows(ctx, id, in.Permission)
	return identityapi.AuthorizeOut{Allowed: allowed}, err
}

func (s *Server) grantRole(ctx context.Context, in identityapi.GrantRoleIn) (identityapi.UserOut, error) {
	return answer(s.roles.GrantByEmail(ctx, in.Email, in.Role, in.Actor))
}

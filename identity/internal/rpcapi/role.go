package rpcapi

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

func (s *Server) authorize(ctx context.Context, in identityapi.AuthorizeIn) (identityapi.AuthorizeOut, error) {
	id, err := user.ParseID(in.UserID)
	if err != nil {
		return identityapi.AuthorizeOut{Allowed: false}, nil //nolint:nilerr // who does not exist may do nothing
	}
	q := role.Question{Permissions: in.Permissions, Roles: in.Roles}
	if in.Permission != "" {
		q.Permissions = append([]string{in.Permission}, in.Permissions...)
	}
	if over, err := user.ParseID(in.Over); err == nil {
		q.Over = &over
	}
	known := s.epochs.Known() // before the look-up: the answer's stamp
	allowed, err := s.guard.Answers(ctx, id, q)
	return identityapi.AuthorizeOut{Allowed: allowed, Epoch: known}, err
}

func (s *Server) setRoles(ctx context.Context, in identityapi.SetRolesIn) (identityapi.UserOut, error) {
	id, err := user.ParseID(in.ID)
	if err != nil {
		return identityapi.UserOut{}, identityapi.ErrUserUnknown
	}
	replacement := role.Replacement{Roles: in.Roles, Actor: in.Actor}
	if in.Subject != "" {
		if replacement.Subject, err = user.ParseID(in.Subject); err != nil {
			return identityapi.UserOut{}, identityapi.ErrExceedsOwn
		}
	}
	return answer(s.roles.Replace(ctx, id, replacement))
}

func (s *Server) grantRole(ctx context.Context, in identityapi.GrantRoleIn) (identityapi.UserOut, error) {
	return answer(s.roles.GrantByEmail(ctx, in.Email, in.Role, in.Actor))
}

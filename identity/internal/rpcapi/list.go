package rpcapi

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
)

func (s *Server) listUsers(ctx context.Context, in identityapi.ListUsersIn) (identityapi.ListUsersOut, error) {
	found, total, err := s.users.Search(ctx, in)
	return identityapi.ListUsersOut{Users: outwardAll(found), Total: total}, err
}

func (s *Server) findUsers(ctx context.Context, in identityapi.FindUsersIn) (identityapi.FindUsersOut, error) {
	ids := make([]user.ID, 0, len(in.IDs))
	for _, text := range in.IDs {
		if id, err := user.ParseID(text); err == nil {
			ids = append(ids, id)
		}
	}
	found, err := s.users.FindAll(ctx, ids)
	return identityapi.FindUsersOut{Users: outwardAll(found)}, err
}

func outwardAll(found []user.User) []identityapi.User {
	all := make([]identityapi.User, 0, len(found))
	for _, u := range found {
		all = append(all, outward(u))
	}
	return all
}

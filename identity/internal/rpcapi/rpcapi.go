package rpcapi

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Feed reads the module's events.
type Feed interface {
	Read(ctx context.Context, in events.FeedIn) (events.FeedOut, error)
}

// Epochs tells what changed in the module.
type Epochs interface {
	// Known is a number that the module has reached.
	Known() int64
	Serve(ctx context.Context, in epoch.In) (epoch.Out, error)
}

// Server serves the contract.
type Server struct {
	users *user.Service
	roles *role.Service
	guard *role.Guard
	feed  Feed

	epochs Epochs
}

// New returns the Server.
func New(users *user.Service, roles *role.Service, guard *role.Guard, feed Feed, epochs Epochs) *Server {
	return &Server{users, roles, guard, feed, epochs}
}

// Handlers binds every method of the contract.
func (s *Server) Handlers() []rpc.Handler {
	return []rpc.Handler{
		identityapi.ReserveUser.Handle(s.reserveUser),
		identityapi.ActivateUser.Handle(s.activateUser),
		identityapi.FindUser.Handle(s.findUser),
		identityapi.VerifyEmail.Handle(s.verifyEmail),
		identityapi.UpdateUser.Handle(s.updateUser),
		identityapi.ChangeEmail.Handle(s.changeEmail),
		identityapi.DeleteUser.Handle(s.deleteUser),
		identityapi.BanUser.Handle(s.banUser),
		identityapi.UnbanUser.Handle(s.unbanUser),
		identityapi.ListUsers.Handle(s.listUsers),
		identityapi.FindUsers.Handle(s.findUsers),
		identityapi.SetRoles.Handle(s.setRoles),
		identityapi.Authorize.Handle(s.authorize),
		identityapi.GrantRole.Handle(s.grantRole),
		identityapi.Epochs.Handle(s.epochs.Serve),
		identityapi.Events.Handle(s.feed.Read),
	}
}

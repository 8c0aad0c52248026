// Package rpcapi serves authsvc's contract to the other modules.
package rpcapi

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/grant"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// API serves the contract.
type API struct {
	accounts *account.Service
	grants   *grant.Service
	cookies  *cookie.Jar
}

// New returns the API.
func New(accounts *account.Service, grants *grant.Service, cookies *cookie.Jar) *API {
	return &API{accounts, grants, cookies}
}

// Handlers binds the methods of the contract, but for the event feed.
func (a *API) Handlers() []rpc.Handler {
	return []rpc.Handler{
		authapi.Authenticate.Handle(a.authenticate),
		authapi.SigningKeys.Handle(a.signingKeys),
	}
}

func (a *API) authenticate(ctx context.Context, in authapi.AuthenticateIn) (authapi.AuthenticateOut, error) {
	presented, _, ok := a.cookies.Presented(in.Authorization, in.Cookie)
	if !ok {
		return authapi.AuthenticateOut{}, authapi.ErrUnauthenticated
	}
	find := a.accounts.Current
	if in.Anew {
		find = a.accounts.LookUp
	}
	current, err := find(ctx, session.Hash(token.Hash(presented)))
	if errors.Is(err, account.ErrUnauthorized) {
		return authapi.AuthenticateOut{}, authapi.ErrUnauthenticated
	}
	if err != nil {
		return authapi.AuthenticateOut{}, err
	}
	return authapi.AuthenticateOut{
		UserID: current.User.ID, SessionID: current.Session.ID, Roles: current.User.Roles, AMR: current.Session.AMR,
		AuthTime: current.Session.CreatedAt, ExpiresAt: current.Session.ExpiresAt,
		Actor: current.Session.Impersonation.By, Epoch: current.Stamp.Own, IdentityEpoch: current.Stamp.Identity,
	}, nil
}

func (a *API) signingKeys(ctx context.Context, _ authapi.SigningKeysIn) (authapi.SigningKeysOut, error) {
	keys, err := a.grants.Keys(ctx)
	return authapi.SigningKeysOut{JWKS: keys}, err
}

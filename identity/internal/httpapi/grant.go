package httpapi

import (
	"context"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// userRoles is the answer to a change of grants: what the user has now.
type userRoles struct {
	ID    string   `json:"id"`
	Roles []string `json:"roles"`
}

func (a *API) grantRole(w http.ResponseWriter, r *http.Request) error {
	return changeGrant(w, r, a.roles.Grant)
}

func (a *API) revokeRole(w http.ResponseWriter, r *http.Request) error {
	return changeGrant(w, r, a.roles.Revoke)
}

func changeGrant(w http.ResponseWriter, r *http.Request,
	change func(ctx context.Context, subject, id user.ID, name string) (user.User, error),
) error {
	subject, err := caller(r)
	if err != nil {
		return err
	}
	id, err := pathUser(r)
	if err != nil {
		return err
	}
	holder, err := change(r.Context(), subject, id, r.PathValue("role"))
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, userRoles{string(holder.ID), holder.Roles})
}

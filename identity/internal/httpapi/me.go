package httpapi

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// profile is a user as they see themselves.
type profile struct {
	userDetail
	Permissions []string `json:"permissions"`
}

func (a *API) me(w http.ResponseWriter, r *http.Request) error {
	id, err := caller(r)
	if err != nil {
		return err
	}
	self, err := a.users.Find(r.Context(), id)
	if errors.Is(err, identityapi.ErrUserUnknown) {
		return errAnonymous // the credentials have outlived their user
	}
	if err != nil {
		return err
	}
	held, err := a.roles.PermissionsOf(r.Context(), id)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, profile{detail(self), held})
}

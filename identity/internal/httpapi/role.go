package httpapi

import (
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

type roleDetail struct {
	Name        string    `json:"name"`
	Permissions []string  `json:"permissions"`
	BuiltIn     bool      `json:"built_in"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

type rolePage struct {
	Roles []roleDetail `json:"roles"`
	Next  string       `json:"next,omitempty"` // cursor; absent on the last page
}

type newRole struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
}

type rolePermissions struct {
	Permissions []string `json:"permissions"`
}

// errNoPermissions keeps a forgotten member from emptying a role.
var errNoPermissions = httpx.ErrBody.WithMessage("Give permissions, a list; [] for none.")

func (a *API) listRoles(w http.ResponseWriter, r *http.Request) error {
	subject, err := caller(r)
	if err != nil {
		return err
	}
	values, err := query(r, "limit", "cursor")
	if err != nil {
		return err
	}
	size, err := limit(values)
	if err != nil {
		return err
	}
	const list = "roles"
	after, err := a.cursors.Open(list, values.Get("cursor"))
	if err != nil {
		return err
	}
	found, err := a.roles.List(r.Context(), subject, role.Query{After: after, Max: size + 1})
	if err != nil {
		return err
	}
	answer := rolePage{Roles: []roleDetail{}}
	if len(found) > size {
		found = found[:size]
		answer.Next = a.cursors.Seal(list, found[size-1].Name)
	}
	for _, each := range found {
		answer.Roles = append(answer.Roles, shownRole(each))
	}
	return httpx.WriteJSON(w, answer)
}

func (a *API) findRole(w http.ResponseWriter, r *http.Request) error {
	subject, err := caller(r)
	if err != nil {
		return err
	}
	found, err := a.roles.Find(r.Context(), subject, r.PathValue("role"))
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, shownRole(found))
}

func (a *API) createRole(w http.ResponseWriter, r *http.Request) error {
	subject, err := caller(r)
	if err != nil {
		return err
	}
	in, err := httpx.Decode[newRole](r)
	if err != nil {
		return err
	}
	if in.Permissions == nil {
		return errNoPermissions
	}
	made, err := a.roles.Create(r.Context(), subject, in.Name, in.Permissions)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/roles/"+made.Name)
	return httpx.WriteStatus(w, http.StatusCreated, shownRole(made))
}

func (a *API) updateRole(w http.ResponseWriter, r *http.Request) error {
	subject, err := caller(r)
	if err != nil {
		return err
	}
	in, err := httpx.Decode[rolePermissions](r)
	if err != nil {
		return err
	}
	if in.Permissions == nil {
		return errNoPermissions
	}
	changed, err := a.roles.Update(r.Context(), subject, r.PathValue("role"), in.Permissions)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, shownRole(changed))
}

func (a *API) deleteRole(w http.ResponseWriter, r *http.Request) error {
	subject, err := caller(r)
	if err != nil {
		return err
	}
	if err := a.roles.Delete(r.Context(), subject, r.PathValue("role")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func shownRole(r role.Role) roleDetail {
	return roleDetail{
		Name: r.Name, Permissions: r.Permissions, BuiltIn: r.BuiltIn,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
}

package httpapi

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/page"
	"github.com/gatehouse-auth/gatehouse/identity/internal/role"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// API is the module's HTTP interface.
type API struct {
	users   *user.Service
	roles   *role.Service
	cursors *page.Cursors
}

// New returns the API.
func New(users *user.Service, roles *role.Service, cursors *page.Cursors) *API {
	return &API{users, roles, cursors}
}

// Routes is the route table.
func (a *API) Routes() []httpx.Route {
	return append(append(a.userRoutes(), a.roleRoutes()...), a.grantRoutes()...)
}

func (a *API) userRoutes() []httpx.Route {
	return []httpx.Route{
		{
			ID: "me", Method: http.MethodGet, Path: "/api/v1/me", Guard: httpx.Authenticated(), Handle: a.me,
			Doc: httpx.Doc{
				Tag: "profile", Summary: "Your own profile, roles and permissions",
				Response: httpx.SchemaOf[profile](),
			},
		},
		{
			ID: "users-list", Method: http.MethodGet, Path: "/api/v1/users", Handle: a.listUsers,
			Guard: httpx.Permission(identityapi.PermissionUsersRead),
			Doc: httpx.Doc{
				Tag: "users", Summary: "Users in the order of their e-mail addresses",
				Query:    map[string]string{"email": "what the address starts with", "limit": limitMeaning, "cursor": cursorMeaning},
				Response: httpx.SchemaOf[userPage](),
			},
		},
		{
			ID: "users-find", Method: http.MethodGet, Path: "/api/v1/users/{id}", Handle: a.findUser,
			Guard: httpx.Permission(identityapi.PermissionUsersRead),
			Doc:   httpx.Doc{Tag: "users", Summary: "One user", Response: httpx.SchemaOf[userDetail]()},
		},
	}
}

func (a *API) roleRoutes() []httpx.Route {
	read, write := httpx.Permission(identityapi.PermissionRolesRead), httpx.Permission(identityapi.PermissionRolesWrite)
	return []httpx.Route{
		{
			ID: "roles-list", Method: http.MethodGet, Path: "/api/v1/roles", Guard: read, Handle: a.listRoles,
			Doc: httpx.Doc{
				Tag: "roles", Summary: "Roles in the order of their names",
				Query:    map[string]string{"limit": limitMeaning, "cursor": cursorMeaning},
				Response: httpx.SchemaOf[rolePage](),
			},
		},
		{
			ID: "roles-create", Method: http.MethodPost, Path: "/api/v1/roles", Guard: write, Handle: a.createRole,
			Doc: httpx.Doc{
				Tag: "roles", Summary: "Create a role with permissions that you hold yourself (201)",
				Request: httpx.SchemaOf[newRole](), Response: httpx.SchemaOf[roleDetail](),
			},
		},
		{
			ID: "roles-find", Method: http.MethodGet, Path: "/api/v1/roles/{role}", Guard: read, Handle: a.findRole,
			Doc: httpx.Doc{Tag: "roles", Summary: "One role", Response: httpx.SchemaOf[roleDetail]()},
		},
		{
			ID: "roles-update", Method: http.MethodPut, Path: "/api/v1/roles/{role}", Guard: write, Handle: a.updateRole,
			Doc: httpx.Doc{
				Tag: "roles", Summary: "Replace the permissions of a role that is not built in",
				Request: httpx.SchemaOf[rolePermissions](), Response: httpx.SchemaOf[roleDetail](),
			},
		},
		{
			ID: "roles-delete", Method: http.MethodDelete, Path: "/api/v1/roles/{role}", Guard: write, Handle: a.deleteRole,
			Doc: httpx.Doc{Tag: "roles", Summary: "Delete a role that nobody has (204)"},
		},
	}
}

func (a *API) grantRoutes() []httpx.Route {
	grant := httpx.Permission(identityapi.PermissionRolesGrant)
	return []httpx.Route{
		{
			ID: "grants-create", Method: http.MethodPut, Path: "/api/v1/users/{id}/roles/{role}", Guard: grant, Handle: a.grantRole,
			Doc: httpx.Doc{
				Tag: "roles", Summary: "Give a user a role that holds nothing you do not hold",
				Response: httpx.SchemaOf[userRoles](),
			},
		},
		{
			ID: "grants-delete", Method: http.MethodDelete, Path: "/api/v1/users/{id}/roles/{role}", Guard: grant, Handle: a.revokeRole,
			Doc: httpx.Doc{
				Tag: "roles", Summary: "Take a role from a user",
				Response: httpx.SchemaOf[userRoles](),
			},
		},
	}
}

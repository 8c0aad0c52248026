package admin

import (
	"context"
	"slices"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Statement is what the protocol asks about: actions on resources, all of them.
type Statement map[string][]string

// actions are what the protocol knows of its two own resources. Impersonating
// administrators is not among them: nobody may.
var actions = map[string][]string{
	"user": {
		"create", "list", "set-role", "ban", "impersonate", "delete", "set-password", "set-email", "set-phone", "get", "update",
		"set-two-factor", // ours: removing one
	},
	"session": {"list", "revoke", "delete"},
}

// permissions returns the permissions of identity that the statement names; false if it
// names none, or something that nobody may.
func (s Statement) permissions() ([]string, bool) {
	var all []string
	for resource, wanted := range s {
		own, known := actions[resource]
		if len(wanted) == 0 {
			return nil, false
		}
		for _, action := range wanted {
			if known && !slices.Contains(own, action) {
				return nil, false
			}
			if known {
				all = append(all, resource+"s:"+action)
			} else {
				all = append(all, resource+":"+action)
			}
		}
	}
	return all, len(all) > 0
}

// maxStatement bounds how many permissions a statement may name.
const maxStatement = 200

// Holds reports whether the user may do all that the statement names. Resources beside the
// protocol's own are those of roles made at /api/v1/roles.
func (s *Service) Holds(ctx context.Context, user account.User, statement Statement) (bool, error) {
	wanted, ok := statement.permissions()
	if !ok || len(wanted) > maxStatement {
		return false, nil
	}
	out, err := identityapi.Authorize.Call(ctx, s.accounts.Call, identityapi.AuthorizeIn{UserID: user.ID, Permissions: wanted})
	return out.Allowed, err
}

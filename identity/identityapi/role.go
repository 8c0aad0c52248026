package identityapi

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// The roles that always exist.
const (
	RoleUser  = "user"  // what everybody has
	RoleAdmin = "admin" // holds every permission
)

// Permissions that the module asks for, and those that others ask it about.
const (
	PermissionUsersRead  = "users:read"  // list and inspect users
	PermissionRolesRead  = "roles:read"  // list and inspect roles
	PermissionRolesWrite = "roles:write" // create, change and delete roles
	PermissionRolesGrant = "roles:grant" // give roles to users and take them
)

// Authorize answers whether a user holds all the named permissions now, through any of
// their roles; naming none is naming one that nobody holds. An unknown, banned or reserved
// user holds none: the answer is Allowed false, not an error.
var Authorize = rpc.Method[AuthorizeIn, AuthorizeOut]{
	Service: Service, Name: "authorize", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// AuthorizeIn is the input of Authorize.
type AuthorizeIn struct {
	UserID     string `json:"user_id"`
	Permission string `json:"permission"` // "audit:read"

	Permissions []string `json:"permissions"` // more of them
	// Over is another user, on whom the permission is to be used: who may do something that
	// UserID may not cannot be acted on. Empty: nobody. Who does not exist may do nothing.
	Over string `json:"over"`
	// Roles are to be given to somebody: UserID must hold all that they hold. A role that
	// there is not: ErrRoleUnknown.
	Roles []string `json:"roles"`
}

// AuthorizeOut is the output of Authorize.
type AuthorizeOut struct {
	Allowed bool `json:"allowed"`

	Epoch int64 `json:"epoch"` // the module's number, from before it looked
}

// GrantRole gives an active user, named by address, a role. Granting twice changes nothing.
var GrantRole = rpc.Method[GrantRoleIn, UserOut]{
	Service: Service, Name: "grant_role", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// GrantRoleIn is the input of GrantRole.
type GrantRoleIn struct {
	Email string `json:"email"`
	Role  string `json:"role"`
	Actor string `json:"actor"` // who grants it, for the audit log: 1 to 200 printable ASCII characters
}

// SetRoles makes the user's roles exactly these, all at once; everybody keeps the role user.
// ErrRoleUnknown if there is none of such a name, ErrLastAdministrator if nobody would be
// administrator any more, ErrExceedsOwn as In.Subject says.
var SetRoles = rpc.Method[SetRolesIn, UserOut]{
	Service: Service, Name: "set_roles", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// SetRolesIn is the input of SetRoles.
type SetRolesIn struct {
	ID    string   `json:"id"`
	Roles []string `json:"roles"`
	Actor string   `json:"actor"` // as in GrantRoleIn
	// Subject is the user who must hold whatever the roles that are given or taken hold,
	// else ErrExceedsOwn. Empty: nobody; the caller is trusted.
	Subject string `json:"subject"`
}

// Faults of roles and permissions, stable across versions.
var (
	ErrRoleUnknown       = fault.New(fault.NotFound, "identity.role_unknown", "There is no such role.")
	ErrRoleTaken         = fault.New(fault.Conflict, "identity.role_taken", "There is a role of this name already.")
	ErrRoleInUse         = fault.New(fault.Conflict, "identity.role_in_use", "Users hold this role. Take it from them first.")
	ErrRoleBuiltIn       = fault.New(fault.Conflict, "identity.role_built_in", "The built-in roles cannot be changed, deleted or, for user, taken away.")
	ErrRoleInvalid       = fault.New(fault.Invalid, "identity.role_invalid", "A role's name is 1 to 63 lower-case letters, digits, '-' and '_', and starts with a letter.")
	ErrPermissionInvalid = fault.New(fault.Invalid, "identity.permission_invalid", "A role holds at most 100 permissions of the form thing:verb, in lower case.")
	ErrActorInvalid      = fault.New(fault.Invalid, "identity.actor_invalid", "Say who does this, in 1 to 200 printable ASCII characters.")
	ErrDenied            = fault.New(fault.Denied, "identity.denied", "You may not do this.")
	ErrExceedsOwn        = fault.New(fault.Denied, "identity.exceeds_own", "This role holds permissions that you do not hold yourself.")
	ErrLastAdministrator = fault.New(fault.Conflict, "identity.last_administrator", "This is the last administrator. Make somebody else one first.")
)

// Epochs tells what changed, to who keeps copies of users or of what they may do.
var Epochs = epoch.Method(Service)

// Scopes of what changed, beside epoch.ScopeAll.
const (
	ScopeUser        = "user"        // what a user may do: roles, bans, the end
	ScopeView        = "view"        // what is shown of a user, whose id is the key
	ScopePermissions = "permissions" // what roles hold; no key
)

// Events is the feed of everything that happens in the module.
var Events = events.FeedMethod(Service)

// Types of the module's events.
const (
	EventUserCreated   = "identity.user_created.v1"
	EventEmailVerified = "identity.email_verified.v1"
	EventUserUpdated   = "identity.user_updated.v1"  // Body: the names of what changed
	EventEmailChanged  = "identity.email_changed.v1" // Personal: old and new
	EventUserDeleted   = "identity.user_deleted.v1"
	EventUserBanned    = "identity.user_banned.v1"
	EventUserUnbanned  = "identity.user_unbanned.v1"
	EventRoleGranted   = "identity.role_granted.v1"
	EventRoleRevoked   = "identity.role_revoked.v1"
	EventRoleCreated   = "identity.role_created.v1"
	EventRoleUpdated   = "identity.role_updated.v1"
	EventRoleDeleted   = "identity.role_deleted.v1"
)

// Methods lists what the module must serve; a missing handler stops the start.
func Methods() []rpc.Desc {
	return []rpc.Desc{
		ReserveUser.Desc(), ActivateUser.Desc(), FindUser.Desc(), VerifyEmail.Desc(),
		UpdateUser.Desc(), ChangeEmail.Desc(), DeleteUser.Desc(), BanUser.Desc(), UnbanUser.Desc(),
		ListUsers.Desc(), FindUsers.Desc(), Authorize.Desc(), GrantRole.Desc(), SetRoles.Desc(), Epochs.Desc(), Events.Desc(),
	}
}

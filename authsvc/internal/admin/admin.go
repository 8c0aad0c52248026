package admin

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Faults of administration, with the protocol's codes.
var (
	ErrUserUnknown   = fault.New(fault.NotFound, "USER_NOT_FOUND", "User not found")
	ErrEmailTaken    = fault.New(fault.Invalid, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.")
	ErrPhoneTaken    = fault.New(fault.Invalid, "PHONE_NUMBER_EXIST", "Phone number already exists")
	ErrEmail         = fault.New(fault.Invalid, "INVALID_EMAIL", "Invalid email")
	ErrRoleUnknown   = fault.New(fault.Invalid, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE", "You are not allowed to set a non-existent role value")
	ErrRoleType      = fault.New(fault.Invalid, "INVALID_ROLE_TYPE", "Invalid role type")
	ErrSelfBan       = fault.New(fault.Invalid, "YOU_CANNOT_BAN_YOURSELF", "You cannot ban yourself")
	ErrSelfRemoval   = fault.New(fault.Invalid, "YOU_CANNOT_REMOVE_YOURSELF", "You cannot remove yourself")
	ErrImpersonation = fault.New(fault.Denied, "YOU_CANNOT_IMPERSONATE_ADMINS", "You cannot impersonate admins")
	ErrNoData        = fault.New(fault.Invalid, "NO_DATA_TO_UPDATE", "No data to update")
	ErrPasswordField = fault.New(fault.Invalid, "PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER",
		"Password cannot be updated through update-user. Use the set-user-password endpoint instead")
	ErrIDField = fault.New(fault.Invalid, "USER_ID_CANNOT_BE_UPDATED", "User id cannot be updated")
)

// power is something that takes a permission of identity, with what the protocol says to
// who lacks it.
type power struct {
	permission string
	refusal    *fault.Error
}

func powerTo(permission, code, refusal string) power {
	return power{permission, fault.New(fault.Denied, "YOU_ARE_NOT_ALLOWED_TO_"+code, "You are not allowed to "+refusal)}
}

// The powers, by the protocol's statement: user becomes users, session becomes sessions.
var (
	toCreate         = powerTo("users:create", "CREATE_USERS", "create users")
	toList           = powerTo("users:list", "LIST_USERS", "list users")
	toGet            = powerTo("users:get", "GET_USER", "get user")
	toUpdate         = powerTo("users:update", "UPDATE_USERS", "update users")
	toSetRole        = powerTo("users:set-role", "CHANGE_USERS_ROLE", "change users role")
	toSetEmail       = powerTo("users:set-email", "SET_USERS_EMAIL", "update users email")
	toSetPhone       = powerTo("users:set-phone", "SET_USERS_PHONE_NUMBER", "update users phone number")
	toSetFactor      = powerTo("users:set-two-factor", "SET_USERS_TWO_FACTOR", "remove users second factor")
	toSetPassword    = powerTo("users:set-password", "SET_USERS_PASSWORD", "set users password")
	toBan            = powerTo("users:ban", "BAN_USERS", "ban users")
	toDelete         = powerTo("users:delete", "DELETE_USERS", "delete users")
	toImpersonate    = powerTo(account.PermissionImpersonate, "IMPERSONATE_USERS", "impersonate users")
	toListSessions   = powerTo("sessions:list", "LIST_USERS_SESSIONS", "list users sessions")
	toRevokeSessions = powerTo("sessions:revoke", "REVOKE_USERS_SESSIONS", "revoke users sessions")
)

// Service runs the use cases. It is safe for concurrent use.
type Service struct {
	accounts *account.Service
	factors  Factors
}

// Factors are the second factors of users.
type Factors interface {
	// Remove gives those of a user up and ends the user's sessions.
	Remove(ctx context.Context, user account.User, by account.Origin) error
}

// New returns a Service.
func New(accounts *account.Service, factors Factors) *Service { return &Service{accounts, factors} }

// Caller is who asks for something, signed in, and from where.
type Caller struct {
	account.SignedIn
	From account.Origin
}

// use refuses a caller who lacks the power, over the user if over is not empty, or who may
// not give the roles. ErrRoleUnknown for a role that there is not.
func (s *Service) use(ctx context.Context, by Caller, p power, over string, roles ...string) error {
	if by.Session.Impersonated() {
		return s.refuse(ctx, by, p, over)
	}
	out, err := identityapi.Authorize.Call(ctx, s.accounts.Call, identityapi.AuthorizeIn{
		UserID: by.User.ID, Permission: p.permission, Over: over, Roles: roles,
	})
	switch {
	case errors.Is(err, identityapi.ErrRoleUnknown):
		return ErrRoleUnknown.With(err)
	case err != nil:
		return err
	case !out.Allowed:
		return s.refuse(ctx, by, p, over)
	}
	return nil
}

// refuse records that somebody tried what they may not, and says so (ASVS V16.3.2).
func (s *Service) refuse(ctx context.Context, by Caller, p power, over string) error {
	facts := map[string]string{"permission": p.permission, "session_id": by.Session.ID}
	if _, err := uuid.Parse(over); err == nil { // the log keeps nothing that a caller made up
		facts["over"] = over
	}
	body, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	ev := account.Event(authapi.EventAdminDenied, by.User, by.From, account.Details{})
	ev.Outcome, ev.Body = events.Denied, body
	if err := s.accounts.Store.InTx(ctx, func(tx account.Tx) error { return tx.AddEvent(ctx, ev) }); err != nil {
		return err
	}
	return p.refusal
}

// find returns a user; ErrUserUnknown if there is none.
func (s *Service) find(ctx context.Context, id string) (account.User, error) {
	if id == "" { // an empty id would ask for another field
		return account.User{}, ErrUserUnknown
	}
	user, err := s.accounts.FindUser(ctx, identityapi.FindUserIn{ID: id})
	if errors.Is(err, account.ErrUserNotFound) {
		return account.User{}, ErrUserUnknown.With(err)
	}
	return user, err
}

// seen returns a user of identity as this module sees it.
func (s *Service) seen(ctx context.Context, out identityapi.UserOut, err error) (account.User, error) {
	if err != nil {
		return account.User{}, translated(err)
	}
	users, err := s.accounts.WithFactors(ctx, out.User)
	if err != nil {
		return account.User{}, err
	}
	return users[0], nil
}

// translated turns identity's refusals into the protocol's.
func translated(err error) error {
	for _, t := range []struct{ theirs, ours *fault.Error }{
		{identityapi.ErrUserUnknown, ErrUserUnknown},
		{identityapi.ErrEmailTaken, ErrEmailTaken},
		{identityapi.ErrEmailInvalid, ErrEmail},
		{identityapi.ErrUsernameTaken, account.ErrUsernameTaken},
		{identityapi.ErrPhoneTaken, ErrPhoneTaken},
		{identityapi.ErrRoleUnknown, ErrRoleUnknown},
		{identityapi.ErrExceedsOwn, toSetRole.refusal},
		{identityapi.ErrPromised, toSetEmail.refusal},
	} {
		if errors.Is(err, t.theirs) {
			return t.ours.With(err)
		}
	}
	return err
}

package identityapi

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Who calls the methods of this file is trusted and has asked whether the actor may do it.
// Actor is who does it, for the audit log: 1 to 200 printable ASCII characters, as a rule
// the id of a user. What would change nothing changes nothing and records nothing.

// UpdateUser changes what is not nil and answers with the user as it is then. Faults:
// ErrUserUnknown, ErrUsernameTaken, ErrPhoneTaken, ErrProfileInvalid, ErrActorInvalid.
// ErrPromised if somebody else than the user says that an address is verified which the
// settings promise administration: who may edit users must not become administrator by it.
var UpdateUser = rpc.Method[UpdateUserIn, UserOut]{
	Service: Service, Name: "update_user", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// UpdateUserIn is the input of UpdateUser. The empty text takes a username, display
// username, phone number or locale away.
type UpdateUserIn struct {
	ID                  string  `json:"id"`
	Name                *string `json:"name"`
	Image               *string `json:"image"`
	ClearImage          bool    `json:"clear_image"` // counts more than Image
	Username            *string `json:"username"`    // kept in lower case
	DisplayName         *string `json:"display_username"`
	PhoneNumber         *string `json:"phone_number"`          // a new one is not verified,
	PhoneNumberVerified *bool   `json:"phone_number_verified"` // unless this says so
	Locale              *string `json:"locale"`
	Anonymous           *bool   `json:"anonymous"`
	EmailVerified       *bool   `json:"email_verified"`
	Actor               string  `json:"actor"`
}

// ChangeEmail gives the user another address in place of From. ErrEmailTaken if it belongs
// to another user, ErrUserUnknown if the user's address is not From any more; if it is To
// already, nothing changes. ErrPromised as UpdateUser.
var ChangeEmail = rpc.Method[ChangeEmailIn, UserOut]{
	Service: Service, Name: "change_email", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// ChangeEmailIn is the input of ChangeEmail.
type ChangeEmailIn struct {
	ID       string `json:"id"`
	From     string `json:"from"`
	To       string `json:"to"`
	Verified bool   `json:"verified"` // somebody has proved to own To
	Actor    string `json:"actor"`
}

// DeleteUser removes the user and what it holds; the address, username and phone number
// are free at once, the id never again. Deleting nobody changes nothing.
// ErrLastAdministrator if nobody would be administrator any more, whoever asks.
var DeleteUser = rpc.Method[DeleteUserIn, DeleteUserOut]{
	Service: Service, Name: "delete_user", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// DeleteUserIn is the input of DeleteUser.
type DeleteUserIn struct {
	ID    string `json:"id"`
	Actor string `json:"actor"`
}

// DeleteUserOut is the output of DeleteUser.
type DeleteUserOut struct{}

// BanUser bans the user until Expires, or for ever, in place of an earlier ban.
// ErrLastAdministrator if nobody who is not banned would be administrator.
var BanUser = rpc.Method[BanUserIn, UserOut]{
	Service: Service, Name: "ban_user", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// BanUserIn is the input of BanUser.
type BanUserIn struct {
	ID      string     `json:"id"`
	Reason  string     `json:"reason"`  // at most 1000 characters; empty: none is kept
	Expires *time.Time `json:"expires"` // when the ban ends by itself; nil: never
	Actor   string     `json:"actor"`
}

// UnbanUser ends a ban.
var UnbanUser = rpc.Method[UnbanUserIn, UserOut]{
	Service: Service, Name: "unban_user", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// UnbanUserIn is the input of UnbanUser.
type UnbanUserIn struct {
	ID    string `json:"id"`
	Actor string `json:"actor"`
}

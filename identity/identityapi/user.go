package identityapi

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Service is the name of the module on the bus and in the graph.
const Service = "identity"

// User is a person as other modules see them. Email is normalised: lower case, NFC.
type User struct {
	ID            string     `json:"id"` // UUIDv7, never reused
	Email         string     `json:"email"`
	EmailVerified bool       `json:"email_verified"`
	Name          string     `json:"name"`
	Image         *string    `json:"image"`
	Username      *string    `json:"username"`         // lower case
	DisplayName   *string    `json:"display_username"` // as its owner spells it
	Roles         []string   `json:"roles"`
	Banned        bool       `json:"banned"` // already false when the ban has ended
	BanReason     *string    `json:"ban_reason"`
	BanExpires    *time.Time `json:"ban_expires"`
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`

	PhoneNumber         *string `json:"phone_number"` // as given
	PhoneNumberVerified bool    `json:"phone_number_verified"`
	Anonymous           bool    `json:"anonymous"`
	Locale              string  `json:"locale"` // BCP 47; empty: unset
}

// Faults of users, stable across versions.
var (
	ErrUserUnknown    = fault.New(fault.NotFound, "identity.user_unknown", "There is no such user.")
	ErrUserIDTaken    = fault.New(fault.Conflict, "identity.user_id_taken", "This id has been used. Choose a new UUIDv7.")
	ErrUserIDInvalid  = fault.New(fault.Invalid, "identity.user_id_invalid", "This is not a user id: ids are UUIDv7 in lower case.")
	ErrEmailTaken     = fault.New(fault.Conflict, "identity.email_taken", "Another user has this address.")
	ErrEmailInvalid   = fault.New(fault.Invalid, "identity.email_invalid", "This is not an e-mail address.")
	ErrUsernameTaken  = fault.New(fault.Conflict, "identity.username_taken", "Another user has this username.")
	ErrPhoneTaken     = fault.New(fault.Conflict, "identity.phone_taken", "Another user has this phone number.")
	ErrPromised       = fault.New(fault.Denied, "identity.email_promised", "This address makes its owner an administrator: only the owner can confirm it.")
	ErrPrefixInvalid  = fault.New(fault.Invalid, "identity.prefix_invalid", "This is not the beginning of an e-mail address.")
	ErrProfileInvalid = fault.New(fault.Invalid, "identity.profile_invalid",
		"A name has at most 256 characters, an image at most 64 KiB, a phone number at most 64 characters and a ban's reason at most 1000, "+
			"all without NUL characters; a locale is a language tag.")
)

// ReserveUser takes an address for a sign-up that is under way. The user does not exist
// for anybody until ActivateUser: an abandoned reservation never blocks the address,
// because the next ReserveUser for it replaces it, under a new id. ErrEmailTaken if an
// active user has the address; likewise ErrUsernameTaken and ErrPhoneTaken, except that
// a username or phone number is not held: ActivateUser can still report them.
var ReserveUser = rpc.Method[ReserveUserIn, UserOut]{
	Service: Service, Name: "reserve_user", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// ReserveUserIn is the input of ReserveUser. Idempotent: the same ID reserves once.
type ReserveUserIn struct {
	ID    string  `json:"id"` // UUIDv7 chosen by the caller
	Email string  `json:"email"`
	Name  string  `json:"name"`
	Image *string `json:"image"`

	Username    *string `json:"username"` // kept in lower case
	DisplayName *string `json:"display_username"`
	PhoneNumber *string `json:"phone_number"`
	Anonymous   bool    `json:"anonymous"`
	Locale      string  `json:"locale"`
}

// UserOut is the output of the methods that answer with one user.
type UserOut struct {
	User User `json:"user"`

	Epoch int64 `json:"epoch"` // of FindUser: the module's number, from before it looked
}

// ActivateUser makes a reserved user exist. Activating an active user changes nothing.
// ErrUserUnknown if the reservation has been replaced or is more than an hour old;
// ErrUsernameTaken and ErrPhoneTaken if another user has taken them meanwhile;
// ErrPromised as UpdateUser.
var ActivateUser = rpc.Method[ActivateUserIn, UserOut]{
	Service: Service, Name: "activate_user", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// ActivateUserIn is the input of ActivateUser.
type ActivateUserIn struct {
	ID            string `json:"id"`
	EmailVerified bool   `json:"email_verified"`

	PhoneNumberVerified bool `json:"phone_number_verified"`
	// Actor is who makes the user exist, if it is not the user: an administrator.
	Actor string `json:"actor"`
}

// FindUser returns an active user by the first field that is set.
var FindUser = rpc.Method[FindUserIn, UserOut]{
	Service: Service, Name: "find_user", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// FindUserIn is the input of FindUser.
type FindUserIn struct {
	ID    string `json:"id"`
	Email string `json:"email"`

	Username    string `json:"username"`     // in any case
	PhoneNumber string `json:"phone_number"` // as given when it was stored
}

// VerifyEmail records that the user has proved to own Email. ErrUserUnknown if the user's
// address is another one by now.
var VerifyEmail = rpc.Method[VerifyEmailIn, UserOut]{
	Service: Service, Name: "verify_email", Major: 1, Timeout: 3 * time.Second, Idempotent: true,
}

// VerifyEmailIn is the input of VerifyEmail.
type VerifyEmailIn struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

package user

import (
	"errors"
	"regexp"
	"strings"
	"time"
)

// What the store reports; the service translates them for callers.
var (
	ErrUnknown    = errors.New("no such user")
	ErrEmailTaken = errors.New("address belongs to another user")
	ErrIDTaken    = errors.New("id belongs to another user")
	ErrID         = errors.New("not a UUIDv7")
	ErrUsername   = errors.New("username belongs to another user")
	ErrPhone      = errors.New("phone number belongs to another user")
	ErrPrefix     = errors.New("not the beginning of an address")
	ErrList       = errors.New("not a list that can be made")
	ErrActor      = errors.New("not a name that the log can keep")
	ErrProfile    = errors.New("profile is too long or holds characters that cannot be stored")
)

// ID names a user: a UUIDv7 in its canonical lower-case form.
type ID string

var idPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// ParseID returns the id that text is, or ErrID.
func ParseID(text string) (ID, error) {
	if !idPattern.MatchString(text) {
		return "", ErrID
	}
	return ID(text), nil
}

// maxActor and actorPattern are what the log can keep as somebody's name.
const maxActor = 200 // bytes

var actorPattern = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?$`)

// ParseActor returns the name of who does something, for the log, or ErrActor.
func ParseActor(name string) (string, error) {
	if len(name) > maxActor || !actorPattern.MatchString(name) {
		return "", ErrActor
	}
	return name, nil
}

// everybody is the role that each user has.
const everybody = "user"

// administrator is the role that somebody must always have.
const administrator = "admin"

// User is a person who has signed up.
type User struct {
	ID            ID
	Email         string // normalised
	EmailVerified bool
	Profile
	PhoneNumberVerified bool
	Roles               []string // ordered
	Ban
	CreatedAt time.Time
	UpdatedAt time.Time
}

// At returns the user as seen at the given time: a ban that has ended is gone.
func (u User) At(now time.Time) User {
	if u.Banned && (u.BanExpires == nil || now.Before(*u.BanExpires)) {
		return u
	}
	u.Ban = Ban{}
	return u
}

// Reservation holds an address for a sign-up that is under way.
type Reservation struct {
	ID    ID
	Email string // normalised
	Profile
	CreatedAt time.Time
}

// ReservedFor is how long a reservation can be activated. It bounds what abandoned
// sign-ups leave behind; it does not bound how soon the address is free, which is at once.
const ReservedFor = time.Hour

// user returns the user that the reservation will become.
func (r Reservation) user() User {
	return User{
		ID: r.ID, Email: r.Email, Profile: r.Profile, Roles: []string{everybody},
		CreatedAt: r.CreatedAt, UpdatedAt: r.CreatedAt,
	}
}

// maxPrefix is the length of the longest address in bytes (RFC 5321, section 4.5.3.1.3).
const maxPrefix = 254

// normalised returns the query as the store compares it, or ErrPrefix.
func (q Query) normalised() (Query, error) {
	if !storable(q.Prefix) || len(q.Prefix) > maxPrefix {
		return Query{}, ErrPrefix
	}
	q.Prefix = strings.ToLower(q.Prefix)
	return q, nil
}

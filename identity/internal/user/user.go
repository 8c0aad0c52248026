package user

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// What the store reports; the service translates them for callers.
var (
	ErrUnknown    = errors.New("no such user")
	ErrEmailTaken = errors.New("address belongs to another user")
	ErrIDTaken    = errors.New("id belongs to another user")
	ErrID         = errors.New("not a UUIDv7")
	ErrPrefix     = errors.New("not the beginning of an address")
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

// everybody is the role that each user has.
const everybody = "user"

// User is a person who has signed up.
type User struct {
	ID              ID
	Email           string // normalised
	EmailVerified   bool
	Name            string
	Image           *string  // a URL or a data URL
	Username        *string  // lower case
	DisplayUsername *string  // as its owner spells it
	Roles           []string // ordered
	Banned          bool
	BanReason       *string
	BanExpires      *time.Time // nil: the ban has no end
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// At returns the user as seen at the given time: a ban that has ended is gone.
func (u User) At(now time.Time) User {
	if u.Banned && (u.BanExpires == nil || now.Before(*u.BanExpires)) {
		return u
	}
	u.Banned, u.BanReason, u.BanExpires = false, nil, nil
	return u
}

// Reservation holds an address for a sign-up that is under way.
type Reservation struct {
	ID        ID
	Email     string // normalised
	Name      string
	Image     *string
	CreatedAt time.Time
}

// ReservedFor is how long a reservation can be activated. It bounds what abandoned
// sign-ups leave behind; it does not bound how soon the address is free, which is at once.
const ReservedFor = time.Hour

// Limits of a profile. An image may be a data URL, hence its size.
const (
	maxName  = 256      // characters
	maxImage = 64 << 10 // bytes
)

// check returns ErrProfile if the reservation could not be stored as it is.
func (r Reservation) check() error {
	if !storable(r.Name) || utf8.RuneCountInString(r.Name) > maxName {
		return ErrProfile
	}
	if r.Image != nil && (!storable(*r.Image) || len(*r.Image) > maxImage) {
		return ErrProfile
	}
	return nil
}

// user returns the user that the reservation will become.
func (r Reservation) user() User {
	return User{
		ID: r.ID, Email: r.Email, Name: r.Name, Image: r.Image, Roles: []string{everybody},
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

// storable reports whether PostgreSQL can keep text: UTF-8 without NUL.
func storable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

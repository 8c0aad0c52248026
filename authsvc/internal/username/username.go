package username

import (
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Bounds on the length of a username, in UTF-16 code units as the protocol counts.
const (
	MinLength = 3
	MaxLength = 30
)

// Faults of usernames, with the protocol's codes.
var (
	ErrTooShort = fault.New(fault.Invalid, "USERNAME_TOO_SHORT", "Username is too short")
	ErrTooLong  = fault.New(fault.Invalid, "USERNAME_TOO_LONG", "Username is too long")
	ErrInvalid  = fault.New(fault.Invalid, "INVALID_USERNAME", "Username is invalid")
)

// form is ASCII, which refuses look-alikes of letters.
var form = regexp.MustCompile(`\A[a-zA-Z0-9_.]+\z`)

// Check refuses what cannot be a username, before its case is folded: ErrTooShort,
// ErrTooLong, ErrInvalid, in this order.
func Check(name string) error {
	switch length := codeUnits(name); {
	case length < MinLength:
		return ErrTooShort
	case length > MaxLength:
		return ErrTooLong
	case !form.MatchString(name):
		return ErrInvalid
	}
	return nil
}

// Normal returns the form in which usernames are compared.
func Normal(name string) string { return strings.ToLower(name) }

// codeUnits returns the length of a text as JavaScript counts it.
func codeUnits(text string) int {
	units := 0
	for _, c := range text {
		units += utf16.RuneLen(c)
	}
	return units
}

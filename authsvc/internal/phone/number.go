package phone

import (
	"regexp"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// ErrNumber means that a text is no phone number.
var ErrNumber = fault.New(fault.Invalid, "INVALID_PHONE_NUMBER", "Invalid phone number")

// international is the form of E.164: a country code and up to fifteen digits in all.
var international = regexp.MustCompile(`\A\+[1-9][0-9]+\z`)

const (
	leastNumber = len("+1234567")
	mostNumber  = len("+123456789012345")
)

// spelling is what people write between the digits of a number.
var spelling = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "")

const maxSpelled = 32 // bytes

// Parse returns the number in its one form; ErrNumber if it is none, or lacks the country.
func Parse(spelled string) (string, error) {
	if len(spelled) > maxSpelled {
		return "", ErrNumber
	}
	number := spelling.Replace(spelled)
	if len(number) < leastNumber || len(number) > mostNumber || !international.MatchString(number) {
		return "", ErrNumber
	}
	return number, nil
}

// madeUp is the domain of addresses that stand for phone numbers. It never exists (RFC 2606).
const madeUp = "@phone.gatehouse.invalid"

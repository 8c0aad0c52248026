package mail

import (
	"regexp"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Address is one e-mail address, ASCII and in lower case. Two addresses are the same
// if they are equal. Being ASCII, an Address is its own NFC and NFKC form.
type Address string

// String returns the address.
func (a Address) String() string { return string(a) }

// maxAddress is the longest address that SMTP carries, in bytes (RFC 5321, section
// 4.5.3.1.3: a path of 256 with its angle brackets).
const maxAddress = 254

// ErrAddress is returned for text that is not one e-mail address.
var ErrAddress = fault.New(fault.Invalid, "mail.address", "That is not an e-mail address. Give one such as name@example.com.")

// addressForm is the default e-mail check of zod 4, which clients use too:
// no quotes, no dot at an end of the local part and none next to another, and a domain
// whose last label is of letters. It knows ASCII only, which refuses look-alikes of
// letters and of the at sign.
var addressForm = regexp.MustCompile(`\A(?:[A-Za-z0-9_'+\-]+\.)*[A-Za-z0-9_'+\-]*[A-Za-z0-9_+\-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}\z`)

// ParseAddress reads exactly one address, without a name beside it and without
// surrounding space. Its only error is ErrAddress.
func ParseAddress(s string) (Address, error) {
	if len(s) > maxAddress || !addressForm.MatchString(s) {
		return "", ErrAddress
	}
	return Address(strings.ToLower(s)), nil
}

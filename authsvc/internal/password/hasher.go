package password

import (
	"context"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Bounds on the length of a password, in UTF-16 code units as the protocol counts.
const (
	MinLength = 8
	MaxLength = 128
)

// Faults of passwords, with the protocol's codes.
var (
	ErrTooShort = fault.New(fault.Invalid, "PASSWORD_TOO_SHORT", "Password too short")
	ErrTooLong  = fault.New(fault.Invalid, "PASSWORD_TOO_LONG", "Password too long")
	ErrObvious  = fault.New(fault.Invalid, "PASSWORD_COMPROMISED", "This password is easy to guess for who knows you or this site. Please choose another.")
	ErrCommon   = fault.New(fault.Invalid, "PASSWORD_COMPROMISED", "This password is one of the most common ones. Please choose another.")
	ErrBreached = fault.New(fault.Invalid, "PASSWORD_COMPROMISED",
		"The password you entered has been compromised. Please choose a different password.")
)

// Breaches knows passwords that were found in breaches.
type Breaches interface {
	// Breached reports whether a password is known. An error is no verdict.
	Breached(ctx context.Context, plain string) (bool, error)
}

// Hasher hashes and checks passwords. It is safe for concurrent use.
type Hasher struct {
	permits  *permits
	dummy    string
	breaches Breaches // nil: nobody is asked
}

// dummy is the hash of a password that nobody has, at the cost of every other. To make it at
// the start would cost 25 ms and 19 MiB.
const dummy = "$argon2id$v=19$m=19456,t=2,p=1$Y0czZ0VUvLa/Jc54Pl1dPA$RqFRgJRMAQ8XB8qFP23jACQWAqly0gRaQ1Yh+gBJ0MQ"

// NewHasher returns a Hasher with a permit for each processor but one, and at least one.
func NewHasher() *Hasher { return newHasher(defaultLimits()) }

func newHasher(l limits) *Hasher {
	return &Hasher{permits: newPermits(l), dummy: dummy}
}

// WithBreaches returns a Hasher of the same permits whose Check asks b, unless that is nil.
func (h *Hasher) WithBreaches(b Breaches) *Hasher {
	asking := *h
	asking.breaches = b
	return &asking
}

// Check refuses a new password: ErrTooShort, ErrTooLong, ErrCommon, ErrBreached. Where it
// cannot be found out whether the password is known from a breach, that is the error.
func (h *Hasher) Check(ctx context.Context, plain string) error {
	switch length := codeUnits(plain); {
	case length < MinLength:
		return ErrTooShort
	case length > MaxLength:
		return ErrTooLong
	case Common(plain):
		return ErrCommon
	case h.breaches == nil:
		return nil
	}
	breached, err := h.breaches.Breached(ctx, plain)
	if err == nil && breached {
		return ErrBreached
	}
	return err
}

// Hash returns the hash of a password to store. ErrTooLong for what cannot be a password,
// ErrBusy beyond the queue, the context's error if it ends first.
func (h *Hasher) Hash(ctx context.Context, plain string) (string, error) {
	if codeUnits(plain) > MaxLength {
		return "", ErrTooLong
	}
	if err := h.permits.acquire(ctx); err != nil {
		return "", err
	}
	defer h.permits.release()
	return hash(norm.NFKC.String(plain)), nil
}

// Verify reports whether plain is the password that was hashed and, if it is, whether the
// hash should be replaced by a new one. Errors are those of Hash; an encoded hash of
// unknown format or absurd costs is a plain error.
func (h *Hasher) Verify(ctx context.Context, encoded, plain string) (ok, rehash bool, err error) {
	if codeUnits(plain) > MaxLength {
		return false, false, ErrTooLong
	}
	if err := h.permits.acquire(ctx); err != nil {
		return false, false, err
	}
	defer h.permits.release()
	ok, rehash, err = verify(encoded, norm.NFKC.String(plain))
	return ok, ok && rehash, err
}

// Dummy takes as long as a Verify that fails, for users who do not exist.
func (h *Hasher) Dummy(ctx context.Context, plain string) error {
	_, _, err := h.Verify(ctx, h.dummy, plain)
	return err
}

// codeUnits returns the length of a text as JavaScript counts it.
func codeUnits(text string) int {
	units := 0
	for _, c := range text {
		units += utf16.RuneLen(c)
	}
	return units
}

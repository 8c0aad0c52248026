package twofactor

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Faults of the use cases. Codes and messages are the protocol's.
var (
	ErrOTPUnavailable  = fault.New(fault.Invalid, "OTP_NOT_CONFIGURED", "OTP is not available")
	ErrOTPExpired      = fault.New(fault.Invalid, "OTP_HAS_EXPIRED", "OTP has expired")
	ErrTOTPNotEnabled  = fault.New(fault.Invalid, "TOTP_NOT_ENABLED", "TOTP not enabled")
	ErrTOTPEnabled     = fault.New(fault.Invalid, "TOTP_ALREADY_ENABLED", "TOTP is already enabled")
	ErrNotEnabled      = fault.New(fault.Invalid, "TWO_FACTOR_NOT_ENABLED", "Two factor isn't enabled")
	ErrNoBackupCodes   = fault.New(fault.Invalid, "BACKUP_CODES_NOT_ENABLED", "Backup codes aren't enabled")
	ErrBackupCode      = fault.New(fault.Unauthenticated, "INVALID_BACKUP_CODE", "Invalid backup code")
	ErrCode            = fault.New(fault.Unauthenticated, "INVALID_CODE", "Invalid code")
	ErrTooManyAttempts = fault.New(fault.Invalid, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", "Too many attempts. Please request a new code.")
	ErrImpersonated    = fault.New(fault.Denied, "NOT_WHILE_IMPERSONATING", "Second factors are their user's own affair")
	ErrLocked          = fault.New(fault.Unauthenticated, "ACCOUNT_TEMPORARILY_LOCKED",
		"Too many failed verification attempts. Your account is temporarily locked. Please try again later.")
)

// How often somebody may be wrong: with one challenge or one mailed code, and in a row
// before the account is locked for LockFor.
const (
	maxAttempts = 5
	maxFailures = 10
	LockFor     = 15 * time.Minute
)

// Factor is what a user has enrolled, and how the last attempts went. The zero value is
// that of a user who never did.
type Factor struct {
	UserID      string
	Enabled     bool   // every sign-in asks for a second factor
	Secret      []byte // of the authenticator, sealed; nil: mailed codes only
	Verified    bool   // a code of the authenticator was seen
	LastStep    int64  // time step of its last accepted code
	Failures    int    // wrong codes in a row
	LockedUntil *time.Time
}

// enrolled is what the door has to know of it.
func (f Factor) enrolled() account.Enrolled {
	return account.Enrolled{Enabled: f.Enabled, TOTP: f.Verified}
}

// locked reports whether no code counts at the given time. A lock that has passed is
// forgotten, with what led to it.
func (f *Factor) locked(now time.Time) bool {
	if f.LockedUntil == nil {
		return false
	}
	if now.Before(*f.LockedUntil) {
		return true
	}
	f.pass()
	return false
}

// fail counts a wrong code. Codes of an authenticator that is being enrolled guard nothing.
func (f *Factor) fail(now time.Time) {
	if !f.Enabled {
		return
	}
	if f.Failures++; f.Failures >= maxFailures {
		until := now.Add(LockFor)
		f.LockedUntil = &until
	}
}

// pass forgets wrong codes after a right one.
func (f *Factor) pass() { f.Failures, f.LockedUntil = 0, nil }

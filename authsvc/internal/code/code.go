package code

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Purpose is what a code is good for. A code of one purpose is worth nothing for another.
type Purpose string

// The purposes, as the protocol calls those of mailed codes.
const (
	SignIn       Purpose = "sign-in"
	Verification Purpose = "email-verification"
	Reset        Purpose = "forget-password"
	EmailChange  Purpose = "change-email"
	Phone        Purpose = "phone-number"
	PhoneReset   Purpose = "phone-number-reset"
)

// What a code is, and how long and for how many wrong tries it is good.
const (
	Length   = 6
	Life     = 5 * time.Minute
	Attempts = 3
)

// Why a code is refused. Codes and messages are the protocol's.
var (
	ErrUnknown = fault.New(fault.Invalid, "OTP_NOT_FOUND", "OTP not found")
	ErrInvalid = fault.New(fault.Invalid, "INVALID_OTP", "Invalid OTP")
	ErrExpired = fault.New(fault.Invalid, "OTP_EXPIRED", "OTP expired")
	ErrSpent   = fault.New(fault.Denied, "TOO_MANY_ATTEMPTS", "Too many attempts")
)

// Verdict is what a try was.
type Verdict int

// The verdicts. After Expired and Spent the code is gone.
const (
	Right   Verdict = iota
	Wrong           // counted
	Unknown         // there is no code
	Expired
	Spent // it had all its wrong tries, whatever this one is
)

// refusal returns the fault of a verdict, nil for a right code.
func (v Verdict) refusal() error {
	switch v {
	case Right:
		return nil
	case Unknown:
		return ErrUnknown
	case Expired:
		return ErrExpired
	case Spent:
		return ErrSpent
	case Wrong:
	}
	return ErrInvalid
}

// Stored is a code as its store keeps it.
type Stored struct {
	Key       [32]byte // of purpose and subject
	Hash      [32]byte // of these and the code
	ExpiresAt time.Time
}

// Guess is a try at a code.
type Guess struct {
	Key, Hash [32]byte
	At        time.Time
}

// Tx is what one transaction can write beside what accounts do.
type Tx interface {
	account.Tx
	// PutCode stores a code in place of an earlier one with its key.
	PutCode(ctx context.Context, c Stored) error
	// TryCode judges a try and counts a wrong one. One statement decides, so that of
	// parallel tries no more than Attempts learn something; others wait until the
	// transaction ends.
	TryCode(ctx context.Context, g Guess) (Verdict, error)
	// UseCode consumes the code and reports whether the guess is right.
	UseCode(ctx context.Context, g Guess) (bool, error)
}

// Store keeps codes.
type Store interface {
	// InTx runs write in one transaction: all of it is stored, or nothing.
	InTx(ctx context.Context, write func(Tx) error) error
}

// draw returns a fresh code and what is stored of it.
func (s *Service) draw(p Purpose, subject string) (string, Stored, error) {
	plain, err := token.Draw(Length, token.Digits)
	if err != nil {
		return "", Stored{}, err
	}
	return plain, Stored{s.mac(p, subject), s.mac(p, subject, plain), s.accounts.Now().Add(Life)}, nil
}

func (s *Service) guess(p Purpose, subject, plain string) Guess {
	return Guess{s.mac(p, subject), s.mac(p, subject, plain), s.accounts.Now()}
}

// mac is a keyed hash: six digits have no hiding place in a plain one.
func (s *Service) mac(p Purpose, parts ...string) [32]byte {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte(p))
	for _, part := range parts {
		inner := sha256.Sum256([]byte(part)) // of one length, so that parts cannot run into each other
		mac.Write(inner[:])
	}
	return [32]byte(mac.Sum(nil))
}

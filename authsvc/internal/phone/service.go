package phone

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Faults of phone numbers. Codes and messages are the protocol's.
var (
	ErrNoSender   = fault.New(fault.Unimplemented, "SEND_OTP_NOT_IMPLEMENTED", "sendOTP not implemented")
	ErrTaken      = fault.New(fault.Invalid, "PHONE_NUMBER_EXIST", "Phone number already exists")
	ErrUnexpected = fault.New(fault.Invalid, "UNEXPECTED_ERROR", "Unexpected error")
)

// byText is how the audit log and tokens call a sign-in by a code that came as a text
// message (RFC 8176).
var byText = account.Method{Name: "phone-number", AMR: []string{"sms"}}

// Service runs the use cases. It is safe for concurrent use.
type Service struct {
	codes    *code.Service
	accounts *account.Service
	sends    bool
}

// New returns a Service. sends says whether text messages can be sent at all.
func New(codes *code.Service, accounts *account.Service, sends bool) *Service {
	return &Service{codes, accounts, sends}
}

// userOf returns the user with the number; one without an id if there is none.
func (s *Service) userOf(ctx context.Context, number string) (account.User, error) {
	user, err := s.accounts.FindUser(ctx, identityapi.FindUserIn{PhoneNumber: number})
	if errors.Is(err, account.ErrUserNotFound) {
		return account.User{}, nil
	}
	return user, err
}

// Send sends a code to the number, whether somebody has it or not: it may sign up.
// ErrNoSender where no text messages are sent.
func (s *Service) Send(ctx context.Context, number string, from account.Origin) error {
	if !s.sends {
		return ErrNoSender
	}
	return s.send(ctx, code.Phone, number, true, from)
}

// RequestReset sends a code to choose a new password with, if a user has the number.
// Otherwise nothing is sent and nothing shows that.
func (s *Service) RequestReset(ctx context.Context, number string, from account.Origin) error {
	return s.send(ctx, code.PhoneReset, number, false, from)
}

func (s *Service) send(ctx context.Context, p code.Purpose, number string, anybody bool, from account.Origin) error {
	user, err := s.userOf(ctx, number)
	if err != nil {
		return err
	}
	r := code.Request{Purpose: p, To: number, User: user, From: from}
	if !s.sends || user.ID == "" && !anybody {
		return s.codes.Send(ctx, r, nil)
	}
	return s.codes.Send(ctx, r, func(tx code.Tx, plain string) error {
		message, err := s.accounts.Notices.Text(user.User, number, plain)
		if err != nil {
			return err
		}
		return tx.AddMail(ctx, message)
	})
}

// try judges a code and returns the attempt, which says whose it is.
func (s *Service) try(ctx context.Context, p code.Purpose, number, plain string, from account.Origin) (code.Try, error) {
	user, err := s.userOf(ctx, number)
	if err != nil {
		return code.Try{}, err
	}
	t := code.Try{Request: code.Request{Purpose: p, To: number, User: user, From: from}, Plain: plain}
	return t, s.codes.Check(ctx, t)
}

// Proof is a code that came back from a number.
type Proof struct {
	Number string
	Code   string
	From   account.Origin
}

// Verify uses a code to sign in the user with the number, or to make one. allowed is asked
// before that. Without session it only records that the number is the user's.
func (s *Service) Verify(ctx context.Context, in Proof, session bool, allowed func() error) (account.SignedIn, error) {
	t, err := s.try(ctx, code.Phone, in.Number, in.Code, in.From)
	if err != nil {
		return account.SignedIn{}, err
	}
	user, created, err := s.admit(ctx, t.User, in.Number, allowed)
	if err != nil {
		return account.SignedIn{}, err
	}
	signed := account.SignedIn{User: user}
	err = s.codes.Redeem(ctx, t, func(tx code.Tx) error {
		if created {
			if err := tx.AddEvent(ctx, account.Event(authapi.EventSignedUp, user, t.From, account.Details{Method: byText.Name})); err != nil {
				return err
			}
		}
		if !session {
			return used(ctx, tx, t, user)
		}
		signed, err = s.accounts.Enter(ctx, tx, user, t.From, byText)
		return err
	})
	return signed, err
}

func used(ctx context.Context, tx code.Tx, t code.Try, user account.User) error {
	return tx.AddEvent(ctx, account.Event(authapi.EventCodeUsed, user, t.From, account.Details{Method: string(t.Purpose)}))
}

// admit returns the user with a number that has been proved, and makes one if there is none.
func (s *Service) admit(ctx context.Context, user account.User, number string, allowed func() error) (account.User, bool, error) {
	if user.ID == "" {
		if err := allowed(); err != nil {
			return account.User{}, false, err
		}
		made, err := s.create(ctx, number)
		if !errors.Is(err, account.ErrUserExists) {
			return made, err == nil, err
		}
		if user, err = s.userOf(ctx, number); err != nil || user.ID == "" { // another use of the code is at it
			return account.User{}, false, cmp.Or(err, error(code.ErrInvalid))
		}
	}
	if user.PhoneNumberVerified {
		return user, false, nil
	}
	out, err := identityapi.UpdateUser.Call(ctx, s.accounts.Call, identityapi.UpdateUserIn{ID: user.ID, PhoneNumberVerified: new(true), Actor: user.ID})
	user.User = out.User
	return user, false, err
}

// create makes a user. The address that is made of the number may be somebody's who had the
// number before; then another is made up, and theirs is left alone.
func (s *Service) create(ctx context.Context, number string) (account.User, error) {
	n := account.Newcomer{Email: strings.TrimPrefix(number, "+") + madeUp, Name: number, PhoneNumber: &number}
	owner, err := s.accounts.FindUser(ctx, identityapi.FindUserIn{Email: n.Email})
	if err == nil && (owner.PhoneNumber == nil || *owner.PhoneNumber != number) {
		mark, err := token.Draw(8, token.Digits)
		if err != nil {
			return account.User{}, err
		}
		n.Email = strings.TrimPrefix(number, "+") + "-" + mark + madeUp
	} else if err != nil && !errors.Is(err, account.ErrUserNotFound) {
		return account.User{}, err
	}
	return s.accounts.Create(ctx, n)
}

// Add uses a code to give the number to a user who is signed in.
func (s *Service) Add(ctx context.Context, user account.User, in Proof) (account.User, error) {
	t, err := s.try(ctx, code.Phone, in.Number, in.Code, in.From)
	if err != nil {
		return account.User{}, err
	}
	if user.ID == "" {
		return account.User{}, account.ErrUserNotFound
	}
	if t.User.ID != "" {
		return account.User{}, ErrTaken
	}
	out, err := identityapi.UpdateUser.Call(ctx, s.accounts.Call, identityapi.UpdateUserIn{
		ID: user.ID, PhoneNumber: &in.Number, PhoneNumberVerified: new(true), Actor: user.ID,
	})
	if errors.Is(err, identityapi.ErrPhoneTaken) {
		return account.User{}, ErrTaken.With(err)
	}
	if err != nil {
		return account.User{}, err
	}
	user.User = out.User
	return user, s.codes.Redeem(ctx, t, func(tx code.Tx) error { return used(ctx, tx, t, user) })
}

// Reset uses a code to set a new password, which ends all sessions.
func (s *Service) Reset(ctx context.Context, in Proof, password string) error {
	if err := s.accounts.Passwords.Check(ctx, password); err != nil {
		return err
	}
	t, err := s.try(ctx, code.PhoneReset, in.Number, in.Code, in.From)
	if err != nil {
		return err
	}
	if t.User.ID == "" {
		return ErrUnexpected
	}
	if err := s.accounts.Suits(t.User.User, password); err != nil {
		return err
	}
	hash, err := s.accounts.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	renewal := account.Renewal{User: t.User, Hash: hash, Method: byText.Name, Origin: in.From}
	return s.codes.Redeem(ctx, t, func(tx code.Tx) error { return s.accounts.SetPassword(ctx, tx, renewal) })
}

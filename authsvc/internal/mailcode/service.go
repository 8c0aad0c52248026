package mailcode

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Faults of changing an address. The protocol gives them no codes of their own.
var (
	ErrEmailInUse   = fault.New(fault.Invalid, "EMAIL_ALREADY_IN_USE", "Email already in use")
	ErrCodeRequired = fault.New(fault.Invalid, "OTP_REQUIRED", "OTP is required to verify current email")
)

// byCode is how the audit log and tokens call a sign-in by mailed code.
var byCode = account.Method{Name: "email-otp", AMR: []string{account.AMRMail}}

// Config is what the Service stands on. All fields but ConfirmChange are required.
type Config struct {
	Codes    *code.Service
	Accounts *account.Service
	Notices  *notice.Writer
	// ConfirmChange asks who changes a confirmed address for a code that was mailed to it.
	ConfirmChange bool
}

// Service runs the use cases. It is safe for concurrent use.
type Service struct{ Config }

// New returns a Service.
func New(c Config) *Service { return &Service{c} }

// userAt returns the user with the address; if there is none, one without an id, with the
// language of whoever gave it.
func (s *Service) userAt(ctx context.Context, email string, from account.Origin) (account.User, error) {
	user, err := s.Accounts.FindUser(ctx, identityapi.FindUserIn{Email: email})
	if errors.Is(err, account.ErrUserNotFound) {
		return account.User{User: identityapi.User{Email: email, Locale: from.Locale}}, nil
	}
	return user, err
}

// Send mails a code to the address. An address that nobody has gets one to sign in, which
// is to sign up, and nothing else; that does not show.
func (s *Service) Send(ctx context.Context, p code.Purpose, email string, from account.Origin) error {
	user, err := s.userAt(ctx, email, from)
	if err != nil {
		return err
	}
	r := code.Request{Purpose: p, To: email, User: user, From: from}
	if user.ID == "" && p != code.SignIn {
		return s.Codes.Send(ctx, r, nil)
	}
	return s.Codes.Send(ctx, r, s.deliver(ctx, user.User))
}

// deliver writes the mail with a code.
func (s *Service) deliver(ctx context.Context, to identityapi.User) func(code.Tx, string) error {
	return func(tx code.Tx, plain string) error {
		message, err := s.Notices.Code(to, plain)
		if err != nil {
			return err
		}
		return tx.AddMail(ctx, message)
	}
}

// try returns an attempt at the code of an address, and whose it is.
func (s *Service) try(ctx context.Context, p code.Purpose, email, plain string, from account.Origin) (code.Try, error) {
	user, err := s.userAt(ctx, email, from)
	return code.Try{Request: code.Request{Purpose: p, To: email, User: user, From: from}, Plain: plain}, err
}

// check judges an attempt. That there is no code is no other answer than that it is wrong.
func (s *Service) check(ctx context.Context, t code.Try) error {
	err := s.Codes.Check(ctx, t)
	if errors.Is(err, code.ErrUnknown) {
		return code.ErrInvalid
	}
	return err
}

// Check says whether a code is right, without using it up. account.ErrUserNotFound if it is
// and nobody has the address.
func (s *Service) Check(ctx context.Context, p code.Purpose, email, plain string, from account.Origin) error {
	t, err := s.try(ctx, p, email, plain, from)
	if err != nil {
		return err
	}
	if err := s.check(ctx, t); err != nil {
		return err
	}
	if t.User.ID == "" {
		return account.ErrUserNotFound
	}
	return nil
}

// VerifyEmail uses a code to confirm the address, and signs in.
func (s *Service) VerifyEmail(ctx context.Context, email, plain string, from account.Origin) (account.SignedIn, error) {
	t, err := s.try(ctx, code.Verification, email, plain, from)
	if err != nil {
		return account.SignedIn{}, err
	}
	if err := s.check(ctx, t); err != nil {
		return account.SignedIn{}, err
	}
	if t.User.ID == "" {
		return account.SignedIn{}, account.ErrUserNotFound
	}
	verified, err := identityapi.VerifyEmail.Call(ctx, s.Accounts.Call, identityapi.VerifyEmailIn{ID: t.User.ID, Email: email})
	if err != nil {
		return account.SignedIn{}, err
	}
	user := t.User
	user.User = verified.User
	return s.enter(ctx, t, user, false)
}

// enter consumes the code and opens a session.
func (s *Service) enter(ctx context.Context, t code.Try, user account.User, created bool) (account.SignedIn, error) {
	var signed account.SignedIn
	err := s.Codes.Redeem(ctx, t, func(tx code.Tx) error {
		if created {
			if err := tx.AddEvent(ctx, account.Event(authapi.EventSignedUp, user, t.From, account.Details{Method: byCode.Name})); err != nil {
				return err
			}
		}
		var err error
		signed, err = s.Accounts.Enter(ctx, tx, user, t.From, byCode)
		return err
	})
	return signed, err
}

// SignIn is an attempt to sign in, or up, with a code. Name and Image are for a new account.
type SignIn struct {
	Email string // normalised
	Code  string
	Name  string
	Image *string
	From  account.Origin
}

// SignIn uses a code to sign in. Who has no account gets one; allowed is asked before.
func (s *Service) SignIn(ctx context.Context, in SignIn, allowed func() error) (account.SignedIn, error) {
	t, err := s.try(ctx, code.SignIn, in.Email, in.Code, in.From)
	if err != nil {
		return account.SignedIn{}, err
	}
	if err := s.check(ctx, t); err != nil {
		return account.SignedIn{}, err
	}
	if t.User.ID == "" {
		if err := allowed(); err != nil {
			return account.SignedIn{}, err
		}
	}
	user, created, err := s.Accounts.Admit(ctx, account.Newcomer{
		Email: in.Email, Name: in.Name, Image: in.Image, EmailVerified: true, Origin: in.From,
	}, s.Codes.Proof(ctx, t))
	if err != nil {
		return account.SignedIn{}, err
	}
	return s.enter(ctx, t, user, created)
}

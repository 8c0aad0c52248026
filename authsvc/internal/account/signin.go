package account

import (
	"cmp"
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/username"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

// SignIn is an attempt to sign in with a password.
type SignIn struct {
	Email       string // normalised
	Username    string // instead of an address; in any case
	PhoneNumber string // instead of both
	Password    string
	CallbackURL string // for the verification mail, where one is due
	Origin      Origin
}

// SignIn checks the password and opens a session. ErrCredentials for an unknown address, an
// account without a password and a wrong password alike, at the same cost; only who knows
// the password learns of ErrBanned and ErrEmailNotVerified. throttle.ErrLimited after too
// many wrong passwords, whatever this one is.
func (s *Service) SignIn(ctx context.Context, in SignIn) (SignedIn, error) {
	user, stored, err := s.passwordOf(ctx, in)
	if err != nil {
		return SignedIn{}, err
	}
	guess, err := s.GuessPassword(ctx, user, in.Origin)
	if err != nil {
		return SignedIn{}, err
	}
	if err := s.Open(ctx, guess); err != nil {
		return SignedIn{}, err
	}
	try := attempt{in, user, guess}
	if stored == "" {
		if err := s.Passwords.Dummy(ctx, in.Password); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, s.refuse(ctx, try, ErrCredentials)
	}
	ok, rehash, err := s.Passwords.Verify(ctx, stored, in.Password)
	switch {
	case err != nil:
		return SignedIn{}, err
	case !ok:
		return SignedIn{}, s.refuse(ctx, try, ErrCredentials)
	case user.Banned:
		return SignedIn{}, s.refuse(ctx, try, ErrBanned)
	case s.RequireVerification && !user.EmailVerified && in.PhoneNumber == "":
		return SignedIn{}, s.refuse(ctx, try, ErrEmailNotVerified)
	}
	renewed := ""
	if rehash {
		if renewed, err = s.Passwords.Hash(ctx, in.Password); err != nil {
			return SignedIn{}, err
		}
	}
	signed, err := s.enter(ctx, proven{user, stored, renewed, guess}, in.Origin)
	if errors.Is(err, errPasswordChanged) { // since it was read: look again
		return s.SignIn(ctx, in)
	}
	return signed, err
}

// errPasswordChanged means that the stored hash is no longer the one that was verified.
var errPasswordChanged = errors.New("password changed during the sign-in")

// proven is a user whose password was verified against the stored hash.
type proven struct {
	user    User
	stored  string
	renewed string // replaces the stored hash, if it is not empty
	guess   throttle.Guess
}

// enter opens a session for a user whose password was verified. A reset that commits first
// takes the verified password's worth away; one that commits later finds the session and
// ends it.
func (s *Service) enter(ctx context.Context, p proven, from Origin) (SignedIn, error) {
	var signed SignedIn
	err := s.Store.InTx(ctx, func(tx Tx) error {
		if err := refused(tx.PassGuess(ctx, p.guess)); err != nil {
			return err
		}
		current, err := stillStored(ctx, tx, p)
		if err != nil {
			return err
		}
		if !current {
			return errPasswordChanged
		}
		signed, err = s.Enter(ctx, tx, p.user, from, byPassword)
		return err
	})
	return signed, err
}

// stillStored reports whether the verified hash is the user's until tx ends, or was until
// now where tx puts another in its place.
func stillStored(ctx context.Context, tx Tx, p proven) (bool, error) {
	if p.renewed != "" {
		return tx.ReplacePassword(ctx, p.user.ID, p.stored, p.renewed)
	}
	return tx.KeepPassword(ctx, p.user.ID, p.stored)
}

// nobody is an id that no user has.
const nobody = "00000000-0000-0000-0000-000000000000"

// passwordOf returns the user with the address, username or phone number and the stored hash; the zero user for an
// unknown address, "" for an account without a password. It asks the same of the storage
// for all of them.
func (s *Service) passwordOf(ctx context.Context, in SignIn) (User, string, error) {
	user, err := s.FindUser(ctx, identityapi.FindUserIn{Email: in.Email, Username: in.Username, PhoneNumber: in.PhoneNumber})
	if errors.Is(err, ErrUserNotFound) { // guesses at a name that nobody has count by the name
		user, err = User{User: identityapi.User{Email: cmp.Or(in.Email, in.PhoneNumber, username.Normal(in.Username))}}, nil
	}
	if err != nil {
		return User{}, "", err
	}
	stored, err := s.Store.FindPassword(ctx, cmp.Or(user.ID, nobody))
	return user, stored, err
}

// attempt is a sign-in whose user has been looked for.
type attempt struct {
	SignIn
	user  User
	guess throttle.Guess
}

// refuse stores that a sign-in was refused, mails a new verification link where that was
// the reason, and returns the reason; throttle.ErrLimited instead of any reason if the
// guess came too soon.
func (s *Service) refuse(ctx context.Context, try attempt, reason error) error {
	err := s.Store.InTx(ctx, func(tx Tx) error {
		judge := tx.PassGuess
		if errors.Is(reason, ErrCredentials) {
			judge = tx.CountGuess
		}
		if err := refused(judge(ctx, try.guess)); err != nil {
			return err
		}
		if errors.Is(reason, ErrEmailNotVerified) {
			if err := s.MailVerification(ctx, tx, try.user, try.CallbackURL); err != nil {
				return err
			}
		}
		ev := Event(authapi.EventSignInFailed, try.user, try.Origin, Details{Method: byPassword.Name, Reason: reasonCode(reason)})
		ev.Outcome = events.Failure
		return tx.AddEvent(ctx, ev)
	})
	if err != nil {
		return err
	}
	return reason
}

// SignOut ends the session, if there is one with this hash.
func (s *Service) SignOut(ctx context.Context, hash session.Hash) error {
	current, _, err := s.Store.FindSession(ctx, hash)
	if errors.Is(err, ErrUnauthorized) {
		return nil
	}
	if err != nil {
		return err
	}
	which := session.Selection{UserID: current.UserID, Hashes: []session.Hash{hash}}
	return s.end(ctx, which, authapi.EventSignedOut, "signed out")
}

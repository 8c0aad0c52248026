package account

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/device"
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
	try, stored, err := s.attempt(ctx, in)
	if err != nil {
		return SignedIn{}, err
	}
	if stored == "" {
		if err := s.Passwords.Dummy(ctx, in.Password); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, s.refuse(ctx, try, ErrCredentials)
	}
	user := try.user
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
	signed, err := s.enter(ctx, proven{user, stored, renewed, try.guess}, in.Origin)
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
		held, err := hold(ctx, tx, p)
		if err := refused(held.Pause, err); err != nil {
			return err
		}
		if !held.Kept {
			return errPasswordChanged
		}
		signed, err = s.enterEnrolled(ctx, tx, p.user, from, byPassword, held.Enrolled)
		return err
	})
	return signed, err
}

// Held is what was found of a verified password: how long no guess counts; whether the stored
// hash still is the one that was verified, and stays so until the transaction ends; and what
// the user has enrolled.
type Held struct {
	Pause    time.Duration
	Kept     bool
	Enrolled Enrolled
}

// hold passes the guess and keeps the verified hash, or puts another in its place. A hash
// that is to be replaced is not locked before: two who held it would wait for each other.
func hold(ctx context.Context, tx Tx, p proven) (held Held, err error) {
	if p.renewed == "" {
		return tx.HoldProof(ctx, p.user.ID, p.stored, p.guess)
	}
	if held.Pause, err = tx.PassGuess(ctx, p.guess); err != nil || held.Pause > 0 {
		return held, err
	}
	if held.Kept, err = tx.ReplacePassword(ctx, p.user.ID, p.stored, p.renewed); err != nil {
		return held, err
	}
	held.Enrolled, err = tx.FindEnrolled(ctx, p.user.ID)
	return held, err
}

// nobody is an id that no user has.
const nobody = "00000000-0000-0000-0000-000000000000"

// attempt is a sign-in whose user has been looked for; the user has no id if there is none.
type attempt struct {
	SignIn
	user  User
	guess throttle.Guess
}

// StoredQuery asks for what is Stored.
type StoredQuery struct {
	UserID    string
	Browser   device.Mark    // of the browser's id; the zero value if it has none
	FromThere throttle.Guess // a guess now, from the browser
	FromAny   throttle.Guess // and from one that the user does not know
}

// Stored is what the store knows before a password is checked.
type Stored struct {
	Hash  string
	Known bool
	Pause time.Duration
}

// attempt looks for the user with the address, username or phone number and for the stored
// hash, "" for an unknown address and an account without a password. It asks the same of the
// storage for all of them. throttle.ErrLimited while guesses do not count, which spares a hash.
func (s *Service) attempt(ctx context.Context, in SignIn) (attempt, string, error) {
	user, err := s.ask(ctx, identityapi.FindUserIn{Email: in.Email, Username: in.Username, PhoneNumber: in.PhoneNumber})
	if errors.Is(err, ErrUserNotFound) { // guesses at a name that nobody has count by the name
		user, err = User{User: identityapi.User{Email: cmp.Or(in.Email, in.PhoneNumber, username.Normal(in.Username))}}, nil
	}
	if err != nil {
		return attempt{}, "", err
	}
	q := StoredQuery{UserID: cmp.Or(user.ID, nobody), FromAny: s.PasswordGuess(user, in.Origin)}
	q.FromThere = q.FromAny
	if in.Origin.Browser != "" {
		q.Browser, q.FromThere = device.ByID(in.Origin.Browser), s.knownGuess(user, in.Origin)
	}
	found, err := s.Store.FindStored(ctx, q)
	if err := refused(found.Pause, err); err != nil {
		return attempt{}, "", err
	}
	if found.Known {
		return attempt{in, user, q.FromThere}, found.Hash, nil
	}
	return attempt{in, user, q.FromAny}, found.Hash, nil
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

package account

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Faults of the password of a user who is signed in. Codes and messages are the protocol's.
var (
	ErrNoPassword = fault.New(fault.Invalid, "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found")
	ErrPassword   = fault.New(fault.Invalid, "INVALID_PASSWORD", "Invalid password")
)

// Suits returns password.ErrObvious if a new password says nothing but what others know of
// its user, or of this site.
func (s *Service) Suits(user identityapi.User, plain string) error {
	known := []string{user.Email, user.Name}
	for _, name := range []*string{user.Username, user.DisplayName} {
		if name != nil {
			known = append(known, *name)
		}
	}
	if password.Obvious(plain, append(known, s.Site...)...) {
		return password.ErrObvious
	}
	return nil
}

// PasswordChange replaces the password of a user who is signed in.
type PasswordChange struct {
	Current      string
	New          string
	RevokeOthers bool // ends all sessions and opens one in place of the current one
	Origin       Origin
}

// ChangePassword replaces the password of the user behind current and ends all reset
// tokens. With RevokeOthers it returns the session that takes the place of all others, else
// the zero SignedIn. ErrNoPassword, ErrPassword, and the faults of a new password.
func (s *Service) ChangePassword(ctx context.Context, current SignedIn, in PasswordChange) (SignedIn, error) {
	if err := s.Passwords.Check(ctx, in.New); err != nil {
		return SignedIn{}, err
	}
	if err := s.Suits(current.User.User, in.New); err != nil {
		return SignedIn{}, err
	}
	stored, err := s.checkPassword(ctx, current.User, in.Current, in.Origin, "change password")
	if err != nil {
		return SignedIn{}, err
	}
	hash, err := s.Passwords.Hash(ctx, in.New)
	if err != nil {
		return SignedIn{}, err
	}
	var opened SignedIn
	err = s.Store.InTx(ctx, func(tx Tx) error {
		replaced, err := tx.ReplacePassword(ctx, current.User.ID, stored, hash)
		if err != nil {
			return err
		}
		if !replaced { // somebody else changed it first: it is not the current one any more
			return ErrPassword
		}
		if err := tx.DeleteResets(ctx, current.User.ID); err != nil {
			return err
		}
		if err := tx.EndTrust(ctx, current.User.ID); err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, Event(authapi.EventPasswordChanged, current.User, in.Origin, Details{SessionID: current.Session.ID})); err != nil {
			return err
		}
		if err := s.Alert(ctx, tx, current.User, notice.PasswordChanged, in.Origin); err != nil {
			return err
		}
		if in.RevokeOthers {
			opened, err = s.replaceSessions(ctx, tx, current, in.Origin)
		}
		return err
	})
	return opened, err
}

// replaceSessions ends all sessions of the user and opens one in place of current, which
// was proved by what proved current and by the password.
func (s *Service) replaceSessions(ctx context.Context, tx Tx, current SignedIn, from Origin) (SignedIn, error) {
	amr := Joined(current.Session.AMR, byPassword.AMR)
	signed, err := s.Replace(ctx, tx, current, Replacement{amr, "password changed", from})
	if err != nil {
		return SignedIn{}, err
	}
	d := Details{Method: "password change", SessionID: signed.Session.ID}
	return signed, tx.AddEvent(ctx, Event(authapi.EventSignedIn, current.User, from, d))
}

// VerifyPassword reports whether plain is the password of a user who is signed in: nil or
// ErrPassword, also for a user without one.
func (s *Service) VerifyPassword(ctx context.Context, user User, plain string, from Origin) error {
	_, err := s.checkPassword(ctx, user, plain, from, "verify password")
	if errors.Is(err, ErrNoPassword) {
		return ErrPassword.With(err)
	}
	return err
}

// checkPassword returns the stored hash if plain is the user's password. A wrong one is
// recorded, with what it was to be good for: ErrPassword. throttle.ErrLimited after too many
// wrong ones, at sign-ins too, whatever this one is.
func (s *Service) checkPassword(ctx context.Context, user User, plain string, from Origin, purpose string) (string, error) {
	guess, err := s.GuessPassword(ctx, user, from)
	if err != nil {
		return "", err
	}
	if err := s.Open(ctx, guess); err != nil {
		return "", err
	}
	stored, err := s.Store.FindPassword(ctx, user.ID)
	if err != nil {
		return "", err
	}
	if stored == "" {
		return "", ErrNoPassword
	}
	ok, _, err := s.Passwords.Verify(ctx, stored, plain)
	if err != nil {
		return "", err
	}
	err = s.Store.InTx(ctx, func(tx Tx) error {
		if ok {
			return refused(tx.PassGuess(ctx, guess))
		}
		if err := refused(tx.CountGuess(ctx, guess)); err != nil {
			return err
		}
		ev := Event(authapi.EventPasswordRefused, user, from, Details{Method: byPassword.Name, Reason: purpose})
		ev.Outcome = events.Failure
		return tx.AddEvent(ctx, ev)
	})
	if err == nil && !ok {
		err = ErrPassword
	}
	return stored, err
}

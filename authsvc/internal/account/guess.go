package account

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
)

// GuessPassword is a guess at the user's password now. Whatever names the account (an
// address, a username, a session that asks for the password again), its guesses count
// together. Of a name that nobody has they count alike, by the name, so that the answer
// tells nothing. A browser that the user knows has a count of its own, so that nobody
// else's guesses can lock the owner out.
func (s *Service) GuessPassword(ctx context.Context, user User, from Origin) (throttle.Guess, error) {
	known, err := s.KnownDevice(ctx, cmp.Or(user.ID, nobody), from)
	if err != nil {
		return throttle.Guess{}, err
	}
	if known {
		return s.knownGuess(user, from), nil
	}
	return s.PasswordGuess(user, from), nil
}

// knownGuess is a guess from a browser that the user knows.
func (s *Service) knownGuess(user User, from Origin) throttle.Guess {
	return s.Guesses.Of(throttle.Password, user.ID, from.Browser)
}

// PasswordGuess is a guess from a browser that the user does not know; all of those count
// together. It is what a new password forgets.
func (s *Service) PasswordGuess(user User, _ Origin) throttle.Guess {
	return s.Guesses.Of(throttle.Password, cmp.Or(user.ID, user.Email))
}

// CodeGuess is what mailing the user a code counts as, from a browser that the user does not
// know. A browser that the user knows has a count of its own.
func (s *Service) CodeGuess(ctx context.Context, user User, from Origin) (throttle.Guess, error) {
	known, err := s.KnownDevice(ctx, user.ID, from)
	if err == nil && known {
		return s.Guesses.Of(throttle.SecondFactor, user.ID, from.Browser), nil
	}
	return s.Guesses.Of(throttle.SecondFactor, user.ID), err
}

// Open returns throttle.ErrLimited while guesses of this kind do not count, which spares a
// hash. What decides is CountGuess or PassGuess.
func (s *Service) Open(ctx context.Context, g throttle.Guess) error {
	return refused(s.Store.GuessPause(ctx, g))
}

// openToMembers refuses a caller who has found too many taken addresses at sign-up.
func (s *Service) openToMembers(ctx context.Context, from Origin) error {
	if !s.LimitMembers {
		return nil
	}
	return s.Open(ctx, s.memberGuess(from))
}

// taken counts that a caller found a taken address, and says that it is.
func (s *Service) taken(ctx context.Context, from Origin, cause error) error {
	if s.LimitMembers {
		err := s.Store.InTx(ctx, func(tx Tx) error { return refused(tx.CountGuess(ctx, s.memberGuess(from))) })
		if err != nil {
			return err
		}
	}
	return ErrUserExists.With(cause)
}

func (s *Service) memberGuess(from Origin) throttle.Guess {
	address, _ := netip.ParseAddr(from.IP) // none is one caller too
	return s.Guesses.Of(throttle.Member, throttle.Bucket(address))
}

// refused turns the pause that a store returns into throttle.ErrLimited.
func refused(pause time.Duration, err error) error {
	if err != nil {
		return err
	}
	return throttle.Refuse(pause)
}

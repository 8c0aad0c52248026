package code

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Service sends and redeems codes. It is safe for concurrent use.
type Service struct {
	store    Store
	accounts *account.Service
	key      [32]byte
}

// New returns a Service on the accounts' clock, with a key from the root secret.
func New(store Store, accounts *account.Service, root secret.Root) *Service {
	return &Service{store, accounts, root.Key("one-time code")}
}

// Request is a request for a code.
type Request struct {
	Purpose Purpose
	To      string // the normalised address or number, whose codes are counted together
	Subject string // what a try has to name; empty: To
	User    account.User
	From    account.Origin
}

func (r Request) subject() string {
	if r.Subject == "" {
		return r.To
	}
	return r.Subject
}

// Send makes a code and stores it together with what deliver writes: the mail or the text
// that carries it. Without deliver nobody is sent anything, and tries are answered as if
// somebody had been. throttle.ErrLimited if the recipient has been sent too many of late.
func (s *Service) Send(ctx context.Context, r Request, deliver func(tx Tx, plain string) error) error {
	plain, stored, err := s.draw(r.Purpose, r.subject())
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		pause, err := tx.CountGuess(ctx, s.bound(r.To))
		if err == nil {
			err = throttle.Refuse(pause)
		}
		if err != nil {
			return err
		}
		if err := tx.PutCode(ctx, stored); err != nil {
			return err
		}
		if deliver != nil {
			if err := deliver(tx, plain); err != nil {
				return err
			}
		}
		return tx.AddEvent(ctx, account.Event(authapi.EventCodeRequested, r.User, r.From, account.Details{Method: string(r.Purpose)}))
	})
}

// bound counts what a recipient is sent.
func (s *Service) bound(to string) throttle.Guess {
	return s.accounts.Guesses.Of(throttle.Message, to)
}

// Try is an attempt to redeem a code. User is whose account it is aimed at, zero for none.
type Try struct {
	Request
	Plain string
}

func (s *Service) guessOf(t Try) Guess { return s.guess(t.Purpose, t.subject(), t.Plain) }

// Check judges a try without consuming the code. A wrong one is counted and recorded:
// ErrInvalid, ErrUnknown, ErrExpired, ErrSpent.
func (s *Service) Check(ctx context.Context, t Try) error {
	var refusal error
	err := s.store.InTx(ctx, func(tx Tx) error {
		verdict, err := tx.TryCode(ctx, s.guessOf(t))
		if err != nil {
			return err
		}
		if refusal = verdict.refusal(); refusal == nil {
			return nil
		}
		ev := account.Event(refusedEvent(t.Purpose), t.User, t.From, account.Details{Method: string(t.Purpose), Reason: fault.From(refusal).Code})
		ev.Outcome = events.Failure
		return tx.AddEvent(ctx, ev)
	})
	if err != nil {
		return err
	}
	return refusal
}

func refusedEvent(p Purpose) string {
	if p == SignIn || p == Phone {
		return authapi.EventSignInFailed
	}
	return authapi.EventCodeRefused
}

// Proof keeps a code that Check found right from being used up, while what it proves is
// prepared; ErrInvalid if it is not right any more.
func (s *Service) Proof(ctx context.Context, t Try) account.Proof {
	return func(write func(account.Tx) error) error {
		return s.store.InTx(ctx, func(tx Tx) error {
			verdict, err := tx.TryCode(ctx, s.guessOf(t))
			if err != nil {
				return err
			}
			if verdict != Right {
				return ErrInvalid
			}
			return write(tx)
		})
	}
}

// Redeem consumes a code that Check found right, in one transaction with the effect that it
// is good for. ErrInvalid, and no effect, if another attempt was first.
func (s *Service) Redeem(ctx context.Context, t Try, effect func(Tx) error) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		used, err := tx.UseCode(ctx, s.guessOf(t))
		if err != nil {
			return err
		}
		if !used {
			return ErrInvalid
		}
		if err := tx.ForgetGuesses(ctx, s.bound(t.To)); err != nil {
			return err
		}
		return effect(tx)
	})
}

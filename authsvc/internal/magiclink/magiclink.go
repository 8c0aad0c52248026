package magiclink

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Life is how long a link is good.
const Life = 5 * time.Minute

// tokenLength is of 52 letters: 182 bits.
const (
	tokenLength = 32
	letters     = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// Link is what a token stands for.
type Link struct {
	Email string
	Name  string // for an account that is made by it
}

// Store keeps links. Reads see the last commit.
type Store interface {
	// InTx runs write in one transaction: all of it is stored, or nothing.
	InTx(ctx context.Context, write func(Tx) error) error
	// Find returns what a token that is good at now stands for; account.ErrInvalidToken if
	// it is not.
	Find(ctx context.Context, hash [32]byte, now time.Time) (Link, error)
}

// Tx is what one transaction can write.
type Tx interface {
	account.Tx
	CreateLink(ctx context.Context, hash [32]byte, l Link, expires time.Time) error
	// HoldLink reports whether a token is good at now, and keeps it so until the transaction ends.
	HoldLink(ctx context.Context, hash [32]byte, now time.Time) (bool, error)
	// UseLink consumes a token and reports whether it was good at now.
	UseLink(ctx context.Context, hash [32]byte, now time.Time) (bool, error)
}

// Service sends links and signs in by them. It is safe for concurrent use.
type Service struct {
	store    Store
	accounts *account.Service
	notices  *notice.Writer
}

// New returns a Service on the accounts' clock.
func New(store Store, accounts *account.Service, notices *notice.Writer) *Service {
	return &Service{store, accounts, notices}
}

// bySignInLink is how the audit log and tokens call a sign-in by link.
var bySignInLink = account.Method{Name: "magic-link", AMR: []string{account.AMRMail}}

// Request is a request for a link.
type Request struct {
	Link
	Places notice.Places // where it leads
	From   account.Origin
}

// Send mails a link to the address, whether somebody has it or not. throttle.ErrLimited if
// it has been sent too many of late.
func (s *Service) Send(ctx context.Context, r Request) error {
	user, err := s.userAt(ctx, r.Email, r.From)
	if err != nil {
		return err
	}
	secret, err := token.Draw(tokenLength, letters)
	if err != nil {
		return err
	}
	message, err := s.notices.MagicLink(user.User, secret, r.Places)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		pause, err := tx.CountGuess(ctx, s.bound(r.Email))
		if err == nil {
			err = throttle.Refuse(pause)
		}
		if err != nil {
			return err
		}
		if err := tx.CreateLink(ctx, token.Hash(secret), r.Link, s.accounts.Now().Add(Life)); err != nil {
			return err
		}
		if err := tx.AddMail(ctx, message); err != nil {
			return err
		}
		return tx.AddEvent(ctx, account.Event(authapi.EventMagicLinkRequested, user, r.From, account.Details{}))
	})
}

// userAt returns the user with the address, or no more than the address and the language of
// whoever gave it.
func (s *Service) userAt(ctx context.Context, email string, from account.Origin) (account.User, error) {
	user, err := s.accounts.FindUser(ctx, identityapi.FindUserIn{Email: email})
	if errors.Is(err, account.ErrUserNotFound) {
		return account.User{User: identityapi.User{Email: email, Locale: from.Locale}}, nil
	}
	return user, err
}

func (s *Service) bound(email string) throttle.Guess {
	return s.accounts.Guesses.Of(throttle.Message, email)
}

// proof keeps a link from being used up while what it proves is prepared.
func (s *Service) proof(ctx context.Context, hash [32]byte) account.Proof {
	return func(write func(account.Tx) error) error {
		return s.store.InTx(ctx, func(tx Tx) error {
			good, err := tx.HoldLink(ctx, hash, s.accounts.Now())
			if err != nil {
				return err
			}
			if !good {
				return account.ErrInvalidToken
			}
			return write(tx)
		})
	}
}

// SignIn consumes a link and signs in whom it was mailed to; created says that the account
// is new. account.ErrInvalidToken if the link is not good (any more).
func (s *Service) SignIn(ctx context.Context, secret string, from account.Origin) (signed account.SignedIn, created bool, err error) {
	hash := token.Hash(secret)
	link, err := s.store.Find(ctx, hash, s.accounts.Now())
	if err != nil {
		return account.SignedIn{}, false, err
	}
	user, created, err := s.accounts.Admit(ctx, account.Newcomer{
		Email: link.Email, Name: link.Name, EmailVerified: true, Origin: from,
	}, s.proof(ctx, hash))
	if err != nil {
		return account.SignedIn{}, false, err
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		used, err := tx.UseLink(ctx, hash, s.accounts.Now())
		if err != nil {
			return err
		}
		if !used {
			return account.ErrInvalidToken
		}
		if err := tx.ForgetGuesses(ctx, s.bound(link.Email)); err != nil {
			return err
		}
		if created {
			if err := tx.AddEvent(ctx, account.Event(authapi.EventSignedUp, user, from, account.Details{Method: bySignInLink.Name})); err != nil {
				return err
			}
		}
		signed, err = s.accounts.Enter(ctx, tx, user, from, bySignInLink)
		return err
	})
	return signed, created, err
}

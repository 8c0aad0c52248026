package onetime

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Life is how long a token works.
const Life = 3 * time.Minute

const length = 32 // of 64 characters: 192 bits

// Faults of tokens. The protocol gives them messages and no codes.
var (
	ErrInvalid   = fault.New(fault.Invalid, "ONE_TIME_TOKEN_INVALID", "Invalid token")
	ErrNoSession = fault.New(fault.Invalid, "ONE_TIME_TOKEN_WITHOUT_SESSION", "Session not found")
)

// Token is a one-time token as it is kept.
type Token struct {
	UserID    string
	SessionID string
	Sealed    []byte // the session's token
}

// Tx is what one transaction can write.
type Tx interface {
	account.Tx
	CreateOneTime(ctx context.Context, hash [32]byte, t Token, expires time.Time) error
	// UseOneTime consumes a token; ErrInvalid if it cannot be used at now.
	UseOneTime(ctx context.Context, hash [32]byte, now time.Time) (Token, error)
}

// Store keeps tokens.
type Store interface {
	// InTx runs write in one transaction: all of it is stored, or nothing.
	InTx(ctx context.Context, write func(Tx) error) error
}

// Service hands sessions over. It is safe for concurrent use.
type Service struct {
	store    Store
	accounts *account.Service
	box      *secret.Box
}

// New returns a Service.
func New(store Store, accounts *account.Service, root secret.Root) (*Service, error) {
	box, err := root.Box("one-time token")
	return &Service{store, accounts, box}, err
}

// Issue returns a token that hands over the session, which presented is the token of.
func (s *Service) Issue(ctx context.Context, current account.SignedIn, presented string, from account.Origin) (string, error) {
	plain, err := token.Text(length)
	if err != nil {
		return "", err
	}
	kept := Token{current.User.ID, current.Session.ID, s.box.Seal([]byte(presented), plain)}
	return plain, s.store.InTx(ctx, func(tx Tx) error {
		if err := tx.CreateOneTime(ctx, token.Hash(plain), kept, s.accounts.Now().Add(Life)); err != nil {
			return err
		}
		details := account.Details{SessionID: current.Session.ID}
		return tx.AddEvent(ctx, account.Event(authapi.EventOneTimeTokenIssued, current.User, from, details))
	})
}

// Use consumes a token and returns the session that it hands over, with its token. ErrInvalid
// if it was used or is too old, ErrNoSession if the session is over or its user may not
// be signed in; the token is gone then too.
func (s *Service) Use(ctx context.Context, plain string, from account.Origin) (account.SignedIn, error) {
	var kept Token
	err := s.store.InTx(ctx, func(tx Tx) error {
		var err error
		if kept, err = tx.UseOneTime(ctx, token.Hash(plain), s.accounts.Now()); err != nil {
			return err
		}
		user := account.User{}
		user.ID = kept.UserID
		return tx.AddEvent(ctx, account.Event(authapi.EventOneTimeTokenUsed, user, from, account.Details{SessionID: kept.SessionID}))
	})
	if err != nil {
		return account.SignedIn{}, err
	}
	presented, err := s.box.Open(kept.Sealed, plain)
	if err != nil { // of another root secret
		return account.SignedIn{}, ErrInvalid.With(err)
	}
	found, err := s.accounts.Current(ctx, session.Hash(token.Hash(string(presented))))
	if errors.Is(err, account.ErrUnauthorized) {
		return account.SignedIn{}, ErrNoSession
	}
	if err != nil {
		return account.SignedIn{}, err
	}
	signed := *found
	signed.Token = string(presented)
	return signed, nil
}

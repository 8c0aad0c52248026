package account

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// DeletionLife is how long a mailed link deletes its reader.
const DeletionLife = 24 * time.Hour

// ErrNotFresh means that the sign-in is too old for what is asked, and that nothing else
// proves who is there.
var ErrNotFresh = fault.New(fault.Invalid, "SESSION_EXPIRED", "Session expired. Re-authenticate to perform this action.")

// deletions is what users write who delete themselves.
type deletions interface {
	CreateDeletion(ctx context.Context, hash [32]byte, userID string, expires time.Time) error
	// UseDeletion consumes a deletion token and returns whose it was; ErrInvalidToken if it
	// cannot be used at now.
	UseDeletion(ctx context.Context, hash [32]byte, now time.Time) (userID string, err error)
}

// Deletion is a user's wish to be deleted, and what proves it.
type Deletion struct {
	Password    string // empty: none was given
	Token       string // mailed; empty: none was given
	CallbackURL string // where a mailed link leads; may be empty
	Origin      Origin
}

// DeleteMyself deletes the user behind current, or mails a link that does, and reports
// which. A password must be right if it is given (ErrNoPassword, ErrPassword), and so must a
// mailed token (ErrInvalidToken), which is enough. Where links are required, one is mailed
// then; else it takes the password or a recent sign-in (ErrNotFresh).
func (s *Service) DeleteMyself(ctx context.Context, current SignedIn, in Deletion) (deleted bool, err error) {
	if in.Password != "" {
		if _, err := s.checkPassword(ctx, current.User, in.Password, in.Origin, "delete user"); err != nil {
			return false, err
		}
	}
	switch {
	case in.Token != "":
		err := s.DeleteByToken(ctx, current.User, in.Token, in.Origin)
		return err == nil, err
	case s.ConfirmDeletions:
		return false, s.mailDeletion(ctx, current.User, in)
	case in.Password == "" && !current.Session.Fresh(s.Now()):
		return false, ErrNotFresh
	}
	err = s.DeleteUser(ctx, current.User, current.User.ID, in.Origin)
	return err == nil, err
}

func (s *Service) mailDeletion(ctx context.Context, user User, in Deletion) error {
	secret, err := token.New()
	if err != nil {
		return err
	}
	message, err := s.Notices.Deletion(user.User, secret, in.CallbackURL)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.CreateDeletion(ctx, token.Hash(secret), user.ID, s.Now().Add(DeletionLife)); err != nil {
			return err
		}
		if err := tx.AddMail(ctx, message); err != nil {
			return err
		}
		return tx.AddEvent(ctx, Event(authapi.EventDeletionRequested, user, in.Origin, Details{}))
	})
}

// DeleteByToken deletes a user who is signed in and has a mailed token. ErrInvalidToken if
// it cannot be used, or not by this user: then it is worth nothing to its owner either.
func (s *Service) DeleteByToken(ctx context.Context, user User, secret string, from Origin) error {
	removal := Removal{UserID: user.ID, Actor: user.ID}
	owned := false
	err := s.Store.InTx(ctx, func(tx Tx) error {
		owner, err := tx.UseDeletion(ctx, token.Hash(secret), s.Now())
		if owned = err == nil && owner == user.ID; !owned {
			return err
		}
		return tx.BeginRemoval(ctx, removal, s.Now())
	})
	if err != nil {
		return err
	}
	if !owned {
		return ErrInvalidToken
	}
	return s.finishRemoval(ctx, removal, user, from)
}

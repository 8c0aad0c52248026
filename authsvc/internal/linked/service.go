package linked

import (
	"context"
	"slices"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
)

// Service lists and unlinks. It is safe for concurrent use.
type Service struct{ store Store }

// New returns a Service.
func New(store Store) *Service { return &Service{store} }

// List returns the user's ways in, oldest first, without tokens.
func (s *Service) List(ctx context.Context, userID string) ([]Account, error) {
	return s.store.List(ctx, userID)
}

// Unlink takes away one of the user's ways in, named by its id. ErrLast if it would be the
// last one, ErrUnknown if the user has none with this id.
func (s *Service) Unlink(ctx context.Context, user account.User, id string, from account.Origin) error {
	return s.store.InTx(ctx, func(tx Tx) error {
		held, err := tx.Hold(ctx, user.ID)
		if err != nil {
			return err
		}
		if len(held) == 1 { // the protocol asks this first
			return ErrLast
		}
		i := slices.IndexFunc(held, func(a Account) bool { return a.ID == id })
		if i < 0 {
			return ErrUnknown
		}
		if err := tx.Unlink(ctx, user.ID, id); err != nil {
			return err
		}
		return tx.AddEvent(ctx, account.Event(authapi.EventAccountUnlinked, user, from, account.Details{Method: held[i].Provider}))
	})
}

package account

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
)

// links are the accounts at providers, as far as passwords have to do with them.
type links interface {
	// UnlinkAll takes away all accounts at providers that the user has linked, and returns
	// the providers.
	UnlinkAll(ctx context.Context, userID string) ([]string, error)
}

// unlinkUnproven takes away the accounts at providers of a user whose address nobody had
// confirmed, when somebody proves to own it: whoever signed up with it through a provider
// that vouches for nothing may be somebody else, who waits for its owner to move in.
func unlinkUnproven(ctx context.Context, tx Tx, user User, from Origin) error {
	if user.EmailVerified {
		return nil
	}
	providers, err := tx.UnlinkAll(ctx, user.ID)
	if err != nil {
		return err
	}
	for _, provider := range providers {
		details := Details{Method: provider, Reason: "address confirmed by another way"}
		if err := tx.AddEvent(ctx, Event(authapi.EventAccountUnlinked, user, from, details)); err != nil {
			return err
		}
	}
	return nil
}

package user

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Delete removes a user. Removing nobody changes nothing.
func (s *Service) Delete(ctx context.Context, id ID, actor string) error {
	if _, err := ParseActor(actor); err != nil {
		return crossing(err)
	}
	err := s.store.Change(ctx, func(tx Tx) error {
		gone, err := tx.Lock(ctx, id)
		if err != nil {
			return err
		}
		err = s.stayAdministered(ctx, tx, gone, func() error { return tx.DeleteUser(ctx, id, s.clock()) })
		if err != nil {
			return err
		}
		personal := map[string]any{"email": gone.Email, "name": gone.Name}
		return deed{identityapi.EventUserDeleted, id, actor}.record(ctx, tx, map[string]any{}, personal)
	})
	if err = crossing(err); errors.Is(err, identityapi.ErrUserUnknown) {
		return nil
	}
	return err
}

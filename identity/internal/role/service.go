package role

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Service is the use cases of roles. The subject is always the caller, whose own
// permissions bound what happens. Its errors are faults, or plain errors for bugs and
// outages. It is safe for concurrent use.
type Service struct {
	store Store
	guard *Guard
	now   func() time.Time
}

// New returns the service.
func New(store Store, guard *Guard, now func() time.Time) *Service {
	return &Service{store, guard, now}
}

// PermissionsOf returns what the user may do now.
func (s *Service) PermissionsOf(ctx context.Context, id user.ID) (Permissions, error) {
	return s.store.PermissionsOf(ctx, id, s.now())
}

// Find returns a role to a subject who may read roles.
func (s *Service) Find(ctx context.Context, subject user.ID, name string) (Role, error) {
	if err := s.guard.Require(ctx, subject, identityapi.PermissionRolesRead); err != nil {
		return Role{}, err
	}
	if _, err := ParseName(name); err != nil {
		return Role{}, identityapi.ErrRoleUnknown
	}
	found, err := s.store.Find(ctx, name)
	return found, crossing(err)
}

// List returns roles to a subject who may read roles.
func (s *Service) List(ctx context.Context, subject user.ID, q Query) ([]Role, error) {
	if err := s.guard.Require(ctx, subject, identityapi.PermissionRolesRead); err != nil {
		return nil, err
	}
	found, err := s.store.List(ctx, q)
	return found, crossing(err)
}

// Create makes a role with permissions that the subject holds.
func (s *Service) Create(ctx context.Context, subject user.ID, name string, permissions []string) (Role, error) {
	made := Role{CreatedAt: s.clock(), UpdatedAt: s.clock()}
	err := s.write(ctx, subject, func(tx Tx) error {
		var err error
		if made.Name, err = ParseName(name); err != nil {
			return err
		}
		if made.Permissions, err = ParsePermissions(permissions); err != nil {
			return err
		}
		if err := s.covers(ctx, tx, subject, made.Permissions); err != nil {
			return err
		}
		if err := tx.Create(ctx, made); err != nil {
			return err
		}
		return record(ctx, tx, identityapi.EventRoleCreated, made)
	})
	return made, err
}

// Update replaces the permissions of a role. The subject must hold both the old ones
// and the new ones.
func (s *Service) Update(ctx context.Context, subject user.ID, name string, permissions []string) (Role, error) {
	var changed Role
	err := s.write(ctx, subject, func(tx Tx) error {
		wanted, err := ParsePermissions(permissions)
		if err != nil {
			return err
		}
		if changed, err = s.lockCustom(ctx, tx, subject, name); err != nil {
			return err
		}
		if err := s.covers(ctx, tx, subject, wanted); err != nil {
			return err
		}
		changed.Permissions, changed.UpdatedAt = wanted, s.clock()
		if err := tx.Update(ctx, changed); err != nil {
			return err
		}
		return record(ctx, tx, identityapi.EventRoleUpdated, changed)
	})
	return changed, err
}

// Delete removes a role that nobody has and whose permissions the subject holds.
func (s *Service) Delete(ctx context.Context, subject user.ID, name string) error {
	return s.write(ctx, subject, func(tx Tx) error {
		gone, err := s.lockCustom(ctx, tx, subject, name)
		if err != nil {
			return err
		}
		if err := tx.Delete(ctx, name); err != nil {
			return err
		}
		return record(ctx, tx, identityapi.EventRoleDeleted, gone)
	})
}

// write runs a change of roles for a subject who may make one.
func (s *Service) write(ctx context.Context, subject user.ID, do func(Tx) error) error {
	if err := s.guard.Require(ctx, subject, identityapi.PermissionRolesWrite); err != nil {
		return err
	}
	return crossing(s.store.Change(ctx, do))
}

// lockCustom returns a role that is not built in and that the subject may change.
func (s *Service) lockCustom(ctx context.Context, tx Tx, subject user.ID, name string) (Role, error) {
	found, err := lock(ctx, tx, name)
	if err != nil {
		return Role{}, err
	}
	if found.BuiltIn {
		return Role{}, ErrBuiltIn
	}
	return found, s.covers(ctx, tx, subject, found.Permissions)
}

// lock returns the role. What cannot be the name of one is the name of none.
func lock(ctx context.Context, tx Tx, name string) (Role, error) {
	if _, err := ParseName(name); err != nil {
		return Role{}, ErrUnknown
	}
	return tx.LockRole(ctx, name)
}

// covers returns ErrExceedsOwn unless the subject holds all the permissions. It reads
// inside the transaction that depends on the answer.
func (s *Service) covers(ctx context.Context, tx Tx, subject user.ID, wanted Permissions) error {
	own, err := tx.PermissionsOf(ctx, subject, s.now())
	if err != nil {
		return err
	}
	if !own.Cover(wanted) {
		return identityapi.ErrExceedsOwn
	}
	return nil
}

// clock returns the time in the precision in which it is stored and shown.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

func record(ctx context.Context, journal user.Journal, happened string, r Role) error {
	body, err := json.Marshal(map[string]any{"role": r.Name, "permissions": r.Permissions})
	if err != nil {
		return err
	}
	err = journal.Record(ctx, events.Event{Type: happened, Key: r.Name, Outcome: events.Success, Body: body})
	if err != nil {
		return fmt.Errorf("record %s: %w", happened, err)
	}
	return nil
}

// crossing turns what rules and store report into the faults of the contract.
func crossing(err error) error {
	for _, c := range []struct {
		reported error
		fault    *fault.Error
	}{
		{ErrUnknown, identityapi.ErrRoleUnknown},
		{ErrTaken, identityapi.ErrRoleTaken},
		{ErrInUse, identityapi.ErrRoleInUse},
		{ErrBuiltIn, identityapi.ErrRoleBuiltIn},
		{ErrName, identityapi.ErrRoleInvalid},
		{ErrPermission, identityapi.ErrPermissionInvalid},
		{user.ErrUnknown, identityapi.ErrUserUnknown},
		{user.ErrActor, identityapi.ErrActorInvalid},
	} {
		if errors.Is(err, c.reported) {
			return c.fault
		}
	}
	return err
}

package role

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/identity/internal/user"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Grant gives a user a role whose permissions the subject holds, and returns the user
// as they are then. Granting twice changes nothing.
func (s *Service) Grant(ctx context.Context, subject, id user.ID, name string) (user.User, error) {
	return s.changeGrants(ctx, subject, id, func(tx Tx) error {
		given, err := lock(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := s.covers(ctx, tx, subject, given.Permissions); err != nil {
			return err
		}
		return give(ctx, tx, grant{id, name, string(subject), s.clock()})
	})
}

// Revoke takes a role whose permissions the subject holds from a user, and returns the
// user as they are then. ErrLastAdministrator if nobody else would be one.
func (s *Service) Revoke(ctx context.Context, subject, id user.ID, name string) (user.User, error) {
	return s.changeGrants(ctx, subject, id, func(tx Tx) error {
		if name == User {
			return ErrBuiltIn
		}
		taken, err := lock(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := s.covers(ctx, tx, subject, taken.Permissions); err != nil {
			return err
		}
		return s.take(ctx, tx, grant{id, name, string(subject), s.clock()})
	})
}

// GrantByEmail gives the user who has the address a role. The caller is trusted: it is
// another module or the operator, not a user. The actor is who asked for it, for the log.
func (s *Service) GrantByEmail(ctx context.Context, email, name, actor string) (user.User, error) {
	address, err := mail.ParseAddress(email)
	if err != nil {
		return user.User{}, identityapi.ErrEmailInvalid
	}
	if _, err := user.ParseActor(actor); err != nil {
		return user.User{}, crossing(err)
	}
	var holder user.User
	err = s.store.Change(ctx, func(tx Tx) error {
		found, err := tx.LockByEmail(ctx, address.String())
		if err != nil {
			return err
		}
		if _, err := lock(ctx, tx, name); err != nil {
			return err
		}
		if err := give(ctx, tx, grant{found.ID, name, actor, s.clock()}); err != nil {
			return err
		}
		holder, err = tx.Lock(ctx, found.ID)
		return err
	})
	return holder.At(s.now()), crossing(err)
}

// Replacement makes the roles of a user exactly these, beside the one that everybody has.
type Replacement struct {
	Roles []string
	Actor string // who asked for it, for the log
	// Subject must hold whatever the roles that are given or taken hold. Empty: the caller
	// is trusted: it is another module.
	Subject user.ID
}

// Replace replaces the roles of a user. ErrLastAdministrator if nobody would be one.
func (s *Service) Replace(ctx context.Context, id user.ID, r Replacement) (user.User, error) {
	if _, err := user.ParseActor(r.Actor); err != nil {
		return user.User{}, crossing(err)
	}
	var holder user.User
	err := s.store.Change(ctx, func(tx Tx) error {
		before, err := tx.Lock(ctx, id)
		if err != nil {
			return err
		}
		// In the order of their names: two replacements at once cannot wait for each other.
		names := slices.Sorted(slices.Values(append(slices.Clone(before.Roles), r.Roles...)))
		for _, name := range slices.Compact(names) {
			has, wanted := slices.Contains(before.Roles, name), slices.Contains(r.Roles, name)
			if name == User || has == wanted {
				continue
			}
			if err := s.exchange(ctx, tx, r.Subject, grant{id, name, r.Actor, s.clock()}, wanted); err != nil {
				return err
			}
		}
		holder, err = tx.Lock(ctx, id)
		return err
	})
	return holder.At(s.now()), crossing(err)
}

// exchange gives or takes one role that the subject, if there is one, covers.
func (s *Service) exchange(ctx context.Context, tx Tx, subject user.ID, g grant, wanted bool) error {
	found, err := lock(ctx, tx, g.role)
	if err != nil {
		return err
	}
	if subject != "" {
		if err := s.covers(ctx, tx, subject, found.Permissions); err != nil {
			return err
		}
	}
	if wanted {
		return give(ctx, tx, g)
	}
	return s.take(ctx, tx, g)
}

// changeGrants runs a change of one user's roles for a subject who may make it.
func (s *Service) changeGrants(ctx context.Context, subject, id user.ID, do func(Tx) error) (user.User, error) {
	if err := s.guard.Require(ctx, subject, identityapi.PermissionRolesGrant); err != nil {
		return user.User{}, err
	}
	var holder user.User
	err := s.store.Change(ctx, func(tx Tx) error {
		if _, err := tx.Lock(ctx, id); err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		var err error
		holder, err = tx.Lock(ctx, id)
		return err
	})
	return holder.At(s.now()), crossing(err)
}

// take revokes a role whose row is locked, so that two administrators who remove each
// other at the same time are judged one after the other.
func (s *Service) take(ctx context.Context, tx Tx, g grant) error {
	changed, err := tx.Revoke(ctx, g.holder, g.role)
	if err != nil || !changed {
		return err
	}
	if g.role == Admin {
		left, err := tx.Administered(ctx, g.at)
		if err != nil {
			return err
		}
		if !left {
			return identityapi.ErrLastAdministrator
		}
	}
	return recordGrant(ctx, tx, identityapi.EventRoleRevoked, g)
}

// grant is one role of one user.
type grant struct {
	holder user.ID
	role   string
	actor  string
	at     time.Time
}

type giver interface {
	user.Grants
	user.Journal
}

// give grants and records it, or does neither if the user has the role already.
func give(ctx context.Context, tx giver, g grant) error {
	if g.role == User {
		return nil // everybody has it
	}
	changed, err := tx.Grant(ctx, g.holder, g.role, g.at)
	if err != nil || !changed {
		return err
	}
	return recordGrant(ctx, tx, identityapi.EventRoleGranted, g)
}

func recordGrant(ctx context.Context, journal user.Journal, happened string, g grant) error {
	body, err := json.Marshal(map[string]any{"role": g.role})
	if err != nil {
		return err
	}
	err = journal.Record(ctx, events.Event{
		Type: happened, Key: string(g.holder), Actor: g.actor, Outcome: events.Success, Body: body,
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", happened, err)
	}
	return nil
}

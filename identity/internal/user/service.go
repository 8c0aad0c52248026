package user

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Service is the use cases of users. Its errors are faults, or plain errors for bugs
// and outages. It is safe for concurrent use.
type Service struct {
	store     Store
	guard     Guard
	appointer Appointer
	now       func() time.Time
}

// New returns the service.
func New(store Store, guard Guard, appointer Appointer, now func() time.Time) *Service {
	return &Service{store, guard, appointer, now}
}

// Reserve takes an address for a sign-up. The reservation's CreatedAt is ignored.
func (s *Service) Reserve(ctx context.Context, r Reservation) (User, error) {
	address, err := mail.ParseAddress(r.Email)
	if err != nil {
		return User{}, identityapi.ErrEmailInvalid
	}
	r.Email, r.CreatedAt = address.String(), s.clock()
	if r.Profile, err = r.normalised(); err != nil {
		return User{}, crossing(err)
	}
	err = s.store.Change(ctx, func(tx Tx) error { return tx.Reserve(ctx, r) })
	return r.user(), crossing(err)
}

// Activate makes a reserved user exist. For a user who exists already it changes nothing.
// The activation's At is ignored.
func (s *Service) Activate(ctx context.Context, a Activation) (User, error) {
	var active User
	a.At = s.clock()
	if a.Actor == "" {
		a.Actor = string(a.ID)
	}
	if _, err := ParseActor(a.Actor); err != nil {
		return User{}, crossing(err)
	}
	err := s.store.Change(ctx, func(tx Tx) error {
		var err error
		active, err = tx.Activate(ctx, a)
		if errors.Is(err, ErrUnknown) {
			active, err = tx.Lock(ctx, a.ID)
			return err
		}
		if err != nil {
			return err
		}
		return s.announce(ctx, tx, &active, identityapi.EventUserCreated, a.Actor)
	})
	return active.At(s.now()), crossing(err)
}

// VerifyEmail records that the user has proved to own the address.
func (s *Service) VerifyEmail(ctx context.Context, id ID, email string) (User, error) {
	address, err := mail.ParseAddress(email)
	if err != nil {
		return User{}, identityapi.ErrEmailInvalid
	}
	var verified User
	err = s.store.Change(ctx, func(tx Tx) error {
		var err error
		verified, err = tx.Lock(ctx, id)
		if err != nil {
			return err
		}
		if verified.Email != address.String() {
			return ErrUnknown
		}
		if verified.EmailVerified {
			return nil
		}
		if verified, err = tx.Verify(ctx, id, s.clock()); err != nil {
			return err
		}
		return s.announce(ctx, tx, &verified, identityapi.EventEmailVerified, string(id))
	})
	return verified.At(s.now()), crossing(err)
}

// Find returns a user.
func (s *Service) Find(ctx context.Context, id ID) (User, error) {
	found, err := s.store.Find(ctx, id)
	return found.At(s.now()), crossing(err)
}

// FindByEmail returns the user who has the address.
func (s *Service) FindByEmail(ctx context.Context, email string) (User, error) {
	address, err := mail.ParseAddress(email)
	if err != nil {
		return User{}, identityapi.ErrEmailInvalid
	}
	found, err := s.store.FindByEmail(ctx, address.String())
	return found.At(s.now()), crossing(err)
}

// FindByUsername returns the user who has the username, in any case.
func (s *Service) FindByUsername(ctx context.Context, username string) (User, error) {
	if !storable(username) {
		return User{}, identityapi.ErrUserUnknown
	}
	found, err := s.store.FindByUsername(ctx, strings.ToLower(username))
	return found.At(s.now()), crossing(err)
}

// FindByPhone returns the user who has the phone number.
func (s *Service) FindByPhone(ctx context.Context, number string) (User, error) {
	if !storable(number) {
		return User{}, identityapi.ErrUserUnknown
	}
	found, err := s.store.FindByPhone(ctx, number)
	return found.At(s.now()), crossing(err)
}

// Inspect returns a user to a subject who may read users.
func (s *Service) Inspect(ctx context.Context, subject, id ID) (User, error) {
	if err := s.guard.Require(ctx, subject, identityapi.PermissionUsersRead); err != nil {
		return User{}, err
	}
	return s.Find(ctx, id)
}

// List returns users to a subject who may read users.
func (s *Service) List(ctx context.Context, subject ID, q Query) ([]User, error) {
	if err := s.guard.Require(ctx, subject, identityapi.PermissionUsersRead); err != nil {
		return nil, err
	}
	q, err := q.normalised()
	if err != nil {
		return nil, crossing(err)
	}
	found, err := s.store.List(ctx, q)
	return s.seenNow(found), crossing(err)
}

// announce records what happened to u and, if u did it, gives the roles promised to the
// address.
func (s *Service) announce(ctx context.Context, tx Tx, u *User, happened, actor string) error {
	body, err := json.Marshal(map[string]any{"email_verified": u.EmailVerified})
	if err != nil {
		return err
	}
	personal, err := json.Marshal(map[string]any{"email": u.Email, "name": u.Name})
	if err != nil {
		return err
	}
	err = record(ctx, tx, events.Event{Type: happened, Key: string(u.ID), Actor: actor, Body: body, Personal: personal})
	if err != nil {
		return err
	}
	return s.appoint(ctx, tx, u, actor)
}

// appoint gives u what was promised to the address, if it is u who did what happened.
// ErrPromised if somebody else says that such an address is verified.
func (s *Service) appoint(ctx context.Context, tx Tx, u *User, actor string) error {
	var err error
	switch {
	case actor == string(u.ID):
		*u, err = s.appointer.Appoint(ctx, tx, *u)
	case u.EmailVerified && s.appointer.Promises(u.Email) && !slices.Contains(u.Roles, administrator):
		err = identityapi.ErrPromised
	}
	return err
}

// record writes down something that succeeded.
func record(ctx context.Context, journal Journal, e events.Event) error {
	e.Outcome = events.Success
	if err := journal.Record(ctx, e); err != nil {
		return fmt.Errorf("record %s: %w", e.Type, err)
	}
	return nil
}

// clock returns the time in the precision in which it is stored and shown.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// crossing turns what a store reports into the faults of the contract.
func crossing(err error) error {
	for _, c := range []struct {
		reported error
		fault    *fault.Error
	}{
		{ErrUnknown, identityapi.ErrUserUnknown},
		{ErrEmailTaken, identityapi.ErrEmailTaken},
		{ErrUsername, identityapi.ErrUsernameTaken},
		{ErrPhone, identityapi.ErrPhoneTaken},
		{ErrList, identityapi.ErrListInvalid},
		{ErrActor, identityapi.ErrActorInvalid},
		{ErrIDTaken, identityapi.ErrUserIDTaken},
		{ErrID, identityapi.ErrUserIDInvalid},
		{ErrPrefix, identityapi.ErrPrefixInvalid},
		{ErrProfile, identityapi.ErrProfileInvalid},
	} {
		if errors.Is(err, c.reported) {
			return c.fault
		}
	}
	return err
}

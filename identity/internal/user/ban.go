package user

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

// Ban shuts a user out.
type Ban struct {
	Banned     bool
	BanReason  *string
	BanExpires *time.Time // nil: the ban has no end
}

// equal reports whether the bans are the same.
func (b Ban) equal(other Ban) bool {
	return b.Banned == other.Banned && same(b.BanReason, other.BanReason) &&
		(b.BanExpires == nil) == (other.BanExpires == nil) &&
		(b.BanExpires == nil || b.BanExpires.Equal(*other.BanExpires))
}

// Ban bans a user until the given time, or for ever.
func (s *Service) Ban(ctx context.Context, id ID, reason string, until *time.Time, actor string) (User, error) {
	if !fits(reason, maxReason) {
		return User{}, identityapi.ErrProfileInvalid
	}
	ban := Ban{Banned: true}
	if reason != "" {
		ban.BanReason = &reason
	}
	if until != nil {
		ban.BanExpires = new(until.UTC().Truncate(time.Millisecond))
	}
	return s.setBan(ctx, id, ban, actor)
}

// Unban ends a ban.
func (s *Service) Unban(ctx context.Context, id ID, actor string) (User, error) {
	return s.setBan(ctx, id, Ban{}, actor)
}

func (s *Service) setBan(ctx context.Context, id ID, ban Ban, actor string) (User, error) {
	return s.change(ctx, id, actor, func(tx Tx, u *User) error {
		if u.equal(ban) {
			return nil
		}
		happened, personal := identityapi.EventUserUnbanned, map[string]any{}
		if ban.Banned {
			happened, personal = identityapi.EventUserBanned, map[string]any{"reason": ban.BanReason}
		}
		u.Ban, u.UpdatedAt = ban, s.clock()
		if err := s.stayAdministered(ctx, tx, *u, func() error { return tx.Save(ctx, *u) }); err != nil {
			return err
		}
		return deed{happened, u.ID, actor}.record(ctx, tx, map[string]any{"expires": ban.BanExpires}, personal)
	})
}

// stayAdministered runs what takes a user out of service. ErrLastAdministrator if nobody
// who is not banned is administrator after it.
func (s *Service) stayAdministered(ctx context.Context, tx Tx, u User, do func() error) error {
	if !slices.Contains(u.Roles, administrator) {
		return do()
	}
	if err := tx.LockAdministrators(ctx); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	left, err := tx.Administered(ctx, s.now())
	if err == nil && !left {
		return identityapi.ErrLastAdministrator
	}
	return err
}

// change runs do with a user whom nobody else changes meanwhile, and returns what the user
// has become.
func (s *Service) change(ctx context.Context, id ID, actor string, do func(tx Tx, u *User) error) (User, error) {
	if _, err := ParseActor(actor); err != nil {
		return User{}, crossing(err)
	}
	var changed User
	err := s.store.Change(ctx, func(tx Tx) error {
		var err error
		if changed, err = tx.Lock(ctx, id); err != nil {
			return err
		}
		return do(tx, &changed)
	})
	return changed.At(s.now()), crossing(err)
}

// deed is something that somebody did to a user.
type deed struct {
	happened string
	to       ID
	actor    string
}

// record records the deed, and keeps what is personal apart.
func (d deed) record(ctx context.Context, journal Journal, body, personal map[string]any) error {
	e := events.Event{Type: d.happened, Key: string(d.to), Actor: d.actor}
	var err error
	if e.Body, err = json.Marshal(body); err != nil {
		return err
	}
	if e.Personal, err = json.Marshal(personal); err != nil {
		return err
	}
	return record(ctx, journal, e)
}

// same reports whether both are absent, or both are there and equal.
func same[T comparable](a, b *T) bool { return a == b || (a != nil && b != nil && *a == *b) }

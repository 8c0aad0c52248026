package admin

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Find returns a user.
func (s *Service) Find(ctx context.Context, by Caller, id string) (account.User, error) {
	if err := s.use(ctx, by, toGet, ""); err != nil {
		return account.User{}, err
	}
	return s.find(ctx, id)
}

// MaxList is how many users one List returns at most.
const MaxList = 500

// List returns a part of the users that match, up to MaxList, and how many match in all. A
// search that identity cannot make matches nobody.
func (s *Service) List(ctx context.Context, by Caller, q identityapi.ListUsersIn) ([]account.User, int, error) {
	if err := s.use(ctx, by, toList, ""); err != nil {
		return nil, 0, err
	}
	var found []identityapi.User
	var total int
	wanted := q.Limit
	for {
		q.Limit = min(wanted-len(found), identityapi.MaxListUsers)
		out, err := identityapi.ListUsers.Call(ctx, s.accounts.Call, q)
		if errors.Is(err, identityapi.ErrListInvalid) {
			return nil, 0, nil
		}
		if err != nil {
			return nil, 0, err
		}
		found, total = append(found, out.Users...), out.Total
		q.Offset += len(out.Users)
		if len(found) >= wanted || len(out.Users) < q.Limit {
			break
		}
	}
	users, err := s.accounts.WithFactors(ctx, found...)
	return users, total, err
}

// SetRoles makes the roles of a user exactly these.
func (s *Service) SetRoles(ctx context.Context, by Caller, id string, roles []string) (account.User, error) {
	if err := s.use(ctx, by, toSetRole, id, roles...); err != nil {
		return account.User{}, err
	}
	out, err := identityapi.SetRoles.Call(ctx, s.accounts.Call, identityapi.SetRolesIn{
		ID: id, Roles: roles, Actor: by.User.ID, Subject: by.User.ID,
	})
	return s.seen(ctx, out, err)
}

// Ban is a ban for a time, or for ever if Until is nil.
type Ban struct {
	Reason string
	Until  *time.Time
}

// Ban bans a user and ends all sessions of theirs. Should it break off in between, they are
// worth nothing while the ban lasts, and repeating it ends them.
func (s *Service) Ban(ctx context.Context, by Caller, id string, b Ban) (account.User, error) {
	if err := s.use(ctx, by, toBan, id); err != nil {
		return account.User{}, err
	}
	if _, err := s.find(ctx, id); err != nil {
		return account.User{}, err
	}
	if id == by.User.ID {
		return account.User{}, ErrSelfBan
	}
	return s.ban(ctx, by, id, b)
}

func (s *Service) ban(ctx context.Context, by Caller, id string, b Ban) (account.User, error) {
	out, err := identityapi.BanUser.Call(ctx, s.accounts.Call, identityapi.BanUserIn{
		ID: id, Reason: b.Reason, Expires: b.Until, Actor: by.User.ID,
	})
	if err != nil {
		return account.User{}, translated(err)
	}
	if err := s.end(ctx, account.Ending{UserID: id, Actor: by.User.ID, Reason: "user banned"}); err != nil {
		return account.User{}, err
	}
	return s.seen(ctx, out, nil)
}

// Unban ends a ban.
func (s *Service) Unban(ctx context.Context, by Caller, id string) (account.User, error) {
	if err := s.use(ctx, by, toBan, id); err != nil {
		return account.User{}, err
	}
	out, err := identityapi.UnbanUser.Call(ctx, s.accounts.Call, identityapi.UnbanUserIn{ID: id, Actor: by.User.ID})
	return s.seen(ctx, out, err)
}

// Remove deletes a user for good.
func (s *Service) Remove(ctx context.Context, by Caller, id string) error {
	if err := s.use(ctx, by, toDelete, id); err != nil {
		return err
	}
	if id == by.User.ID {
		return ErrSelfRemoval
	}
	user, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	return s.accounts.DeleteUser(ctx, user, by.User.ID, by.From)
}

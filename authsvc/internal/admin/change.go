package admin

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Changes are what a caller wants to be so of a user. What is nil was not mentioned.
type Changes struct {
	Name, Image, Username, DisplayUsername *string
	ClearImage                             bool
	Email                                  *string
	EmailVerified                          *bool
	PhoneNumber                            *string
	PhoneNumberVerified                    *bool
	Roles                                  *Roles
	Ban                                    *BanChange
	RemoveFactor                           bool  // the second factor, which is lost
	Password, ID                           bool  // mentioned, which is not allowed
	None                                   bool  // nothing at all was mentioned
	Malformed                              error // what is wrong with the form of the rest, for who may make the changes
}

// Roles are roles as a caller names them.
type Roles struct {
	Names     []string
	Malformed bool
}

// BanChange are the parts of a ban that were mentioned.
type BanChange struct {
	Banned      *bool
	Reason      *string
	ClearReason bool
	Until       *time.Time
	ClearUntil  bool
}

// applied returns the ban that the change makes of the user's, and whether there is one.
func (c BanChange) applied(u account.User) (Ban, bool) {
	banned, b := u.Banned, Ban{Until: u.BanExpires}
	if u.BanReason != nil {
		b.Reason = *u.BanReason
	}
	if c.Banned != nil {
		banned = *c.Banned
	}
	if c.Reason != nil || c.ClearReason {
		b.Reason = ""
	}
	if c.Reason != nil {
		b.Reason = *c.Reason
	}
	if c.Until != nil || c.ClearUntil {
		b.Until = c.Until
	}
	return b, banned
}

// useFor refuses a caller who may not make some of the changes, in the protocol's order.
func (s *Service) useFor(ctx context.Context, by Caller, id string, c Changes) error {
	if c.Roles != nil {
		names := c.Roles.Names
		if c.Roles.Malformed {
			names = nil
		}
		if err := s.use(ctx, by, toSetRole, id, names...); err != nil {
			return err
		}
		if c.Roles.Malformed {
			return ErrRoleType
		}
	}
	if c.Ban != nil {
		if err := s.use(ctx, by, toBan, id); err != nil {
			return err
		}
		if c.Ban.Banned != nil && *c.Ban.Banned && id == by.User.ID {
			return ErrSelfBan
		}
	}
	return nil
}

// NewUser is a user whom an administrator makes.
type NewUser struct {
	Email    string
	Name     string
	Password string // empty: none
	Changes  Changes
}

// Create makes a user, who is not signed in by it. Should it break off, the address is
// free, or the user is there and lacks roles or a ban.
func (s *Service) Create(ctx context.Context, by Caller, in NewUser) (account.User, error) {
	if err := s.use(ctx, by, toCreate, ""); err != nil {
		return account.User{}, err
	}
	if err := s.useFor(ctx, by, "", in.Changes); err != nil {
		return account.User{}, err
	}
	address, err := mail.ParseAddress(in.Email)
	if err != nil {
		return account.User{}, ErrEmail.With(err)
	}
	if in.Changes.Malformed != nil {
		return account.User{}, in.Changes.Malformed
	}
	if in.Password != "" {
		if err := s.accounts.Passwords.Check(ctx, in.Password); err != nil {
			return account.User{}, err
		}
		who := identityapi.User{Email: in.Email, Name: in.Name, Username: in.Changes.Username, DisplayName: in.Changes.DisplayUsername}
		if err := s.accounts.Suits(who, in.Password); err != nil {
			return account.User{}, err
		}
	}
	made, err := s.signUp(ctx, by, address.String(), in)
	if err != nil {
		return account.User{}, err
	}
	if roles := in.Changes.Roles; roles != nil {
		made, err = identityapi.SetRoles.Call(ctx, s.accounts.Call, identityapi.SetRolesIn{
			ID: made.User.ID, Roles: roles.Names, Actor: by.User.ID, Subject: by.User.ID,
		})
		if err != nil {
			return account.User{}, translated(err)
		}
	}
	user, err := s.seen(ctx, made, nil)
	if err != nil || in.Changes.Ban == nil {
		return user, err
	}
	if b, banned := in.Changes.Ban.applied(user); banned {
		return s.ban(ctx, by, user.ID, b)
	}
	return user, nil
}

// signUp makes the user exist, with the password.
func (s *Service) signUp(ctx context.Context, by Caller, email string, in NewUser) (identityapi.UserOut, error) {
	id, c := uuid.Must(uuid.NewV7()).String(), in.Changes
	_, err := identityapi.ReserveUser.Call(ctx, s.accounts.Call, identityapi.ReserveUserIn{
		ID: id, Email: email, Name: in.Name, Image: c.Image,
		Username: c.Username, DisplayName: c.DisplayUsername, PhoneNumber: c.PhoneNumber,
	})
	if err != nil {
		return identityapi.UserOut{}, translated(err)
	}
	if in.Password != "" {
		hash, err := s.accounts.Passwords.Hash(ctx, in.Password)
		if err != nil {
			return identityapi.UserOut{}, err
		}
		err = s.accounts.Store.InTx(ctx, func(tx account.Tx) error {
			user := account.User{User: identityapi.User{ID: id}}
			ev := account.Event(authapi.EventPasswordSet, user, account.Origin{Actor: by.User.ID}, account.Details{})
			if err := tx.SetPassword(ctx, id, hash); err != nil {
				return err
			}
			return tx.AddEvent(ctx, ev)
		})
		if err != nil {
			return identityapi.UserOut{}, err
		}
	}
	made, err := identityapi.ActivateUser.Call(ctx, s.accounts.Call, identityapi.ActivateUserIn{
		ID: id, EmailVerified: said(c.EmailVerified), PhoneNumberVerified: said(c.PhoneNumberVerified), Actor: by.User.ID,
	})
	if errors.Is(err, identityapi.ErrUserUnknown) { // another sign-up took the address meanwhile
		return identityapi.UserOut{}, ErrEmailTaken.With(err)
	}
	return made, translated(err)
}

func said(b *bool) bool { return b != nil && *b }

// Update changes a user. A ban ends all sessions of theirs. It makes one change after the
// other: should one be refused, because another user has the address or the username, the
// earlier ones have been made, and repeating it makes the rest.
func (s *Service) Update(ctx context.Context, by Caller, id string, c Changes) (account.User, error) {
	if err := s.mayUpdate(ctx, by, id, c); err != nil {
		return account.User{}, err
	}
	user, err := s.find(ctx, id)
	if err != nil {
		return account.User{}, err
	}
	if c.Malformed != nil {
		return account.User{}, c.Malformed
	}
	out := identityapi.UserOut{User: user.User}
	if c.Email != nil && *c.Email != user.Email {
		err = s.move(ctx, by, user, *c.Email, said(c.EmailVerified))
	}
	if err == nil {
		out, err = identityapi.UpdateUser.Call(ctx, s.accounts.Call, identityapi.UpdateUserIn{
			ID: id, Name: c.Name, Image: c.Image, ClearImage: c.ClearImage, Username: c.Username, DisplayName: c.DisplayUsername,
			PhoneNumber: c.PhoneNumber, PhoneNumberVerified: c.PhoneNumberVerified, EmailVerified: c.EmailVerified, Actor: by.User.ID,
		})
	}
	if err == nil && c.RemoveFactor {
		err = s.factors.Remove(ctx, user, account.Origin{Actor: by.User.ID})
	}
	if err == nil && c.Roles != nil {
		out, err = identityapi.SetRoles.Call(ctx, s.accounts.Call, identityapi.SetRolesIn{
			ID: id, Roles: c.Roles.Names, Actor: by.User.ID, Subject: by.User.ID,
		})
	}
	if err != nil {
		return account.User{}, translated(err)
	}
	if c.Ban == nil {
		return s.seen(ctx, out, nil)
	}
	b, banned := c.Ban.applied(user)
	switch {
	case banned:
		return s.ban(ctx, by, id, b)
	case user.Banned:
		out, err = identityapi.UnbanUser.Call(ctx, s.accounts.Call, identityapi.UnbanUserIn{ID: id, Actor: by.User.ID})
	}
	return s.seen(ctx, out, err)
}

// move gives the user another address, and tells them at both.
func (s *Service) move(ctx context.Context, by Caller, user account.User, to string, verified bool) error {
	_, err := identityapi.ChangeEmail.Call(ctx, s.accounts.Call, identityapi.ChangeEmailIn{
		ID: user.ID, From: user.Email, To: to, Verified: verified, Actor: by.User.ID,
	})
	if err != nil {
		return err
	}
	return s.accounts.Store.InTx(ctx, func(tx account.Tx) error {
		if err := tx.DeleteResets(ctx, user.ID); err != nil {
			return err
		}
		return s.accounts.AlertMove(ctx, tx, user, to, account.Origin{Actor: by.User.ID})
	})
}

// mayUpdate refuses what the caller may not change, in the protocol's order.
func (s *Service) mayUpdate(ctx context.Context, by Caller, id string, c Changes) error {
	if err := s.use(ctx, by, toUpdate, id); err != nil {
		return err
	}
	switch {
	case c.None:
		return ErrNoData
	case c.Password:
		return ErrPasswordField
	case c.ID:
		return ErrIDField
	}
	if err := s.useFor(ctx, by, id, c); err != nil {
		return err
	}
	if c.Email != nil || c.EmailVerified != nil {
		if err := s.use(ctx, by, toSetEmail, id); err != nil {
			return err
		}
	}
	if c.Email != nil {
		address, err := mail.ParseAddress(*c.Email)
		if err != nil {
			return ErrEmail.With(err)
		}
		*c.Email = address.String()
	}
	if c.PhoneNumber != nil || c.PhoneNumberVerified != nil {
		if err := s.use(ctx, by, toSetPhone, id); err != nil {
			return err
		}
	}
	if c.RemoveFactor {
		return s.use(ctx, by, toSetFactor, id)
	}
	return nil
}

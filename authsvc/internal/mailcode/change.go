package mailcode

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/code"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Reset uses a code to set a new password. It ends all sessions, and confirms the address:
// who made an account at an unconfirmed one keeps nothing of it.
func (s *Service) Reset(ctx context.Context, email, plain, password string, from account.Origin) error {
	if err := s.Accounts.Passwords.Check(ctx, password); err != nil {
		return err
	}
	t, err := s.try(ctx, code.Reset, email, plain, from)
	if err != nil {
		return err
	}
	if err := s.check(ctx, t); err != nil {
		return err
	}
	if t.User.ID == "" {
		return account.ErrUserNotFound
	}
	if err := s.Accounts.Suits(t.User.User, password); err != nil {
		return err
	}
	hash, err := s.Accounts.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	user, err := s.Accounts.Claim(ctx, t.User, s.Codes.Proof(ctx, t), from)
	if err != nil {
		return err
	}
	renewal := account.Renewal{User: user, Hash: hash, Method: byCode.Name, Origin: from}
	return s.Codes.Redeem(ctx, t, func(tx code.Tx) error { return s.Accounts.SetPassword(ctx, tx, renewal) })
}

// RequestChange mails a code to a new address of a user who is signed in. If somebody has
// it already, nothing is sent and nothing shows that. current is the code that was mailed to
// the present address, where one is asked for.
func (s *Service) RequestChange(ctx context.Context, user account.User, to, current string, from account.Origin) error {
	if to == user.Email {
		return account.ErrSameEmail
	}
	if s.ConfirmChange && user.EmailVerified {
		if err := s.confirm(ctx, user, current, from); err != nil {
			return err
		}
	}
	other, err := s.userAt(ctx, to, from)
	if err != nil {
		return err
	}
	r := changeOf(user, to, from)
	if other.ID != "" {
		return s.Codes.Send(ctx, r, nil)
	}
	reader := user.User
	reader.Email = to
	return s.Codes.Send(ctx, r, s.deliver(ctx, reader))
}

// confirm uses the code that was mailed to the user's present address.
func (s *Service) confirm(ctx context.Context, user account.User, plain string, from account.Origin) error {
	if plain == "" {
		return ErrCodeRequired
	}
	t := code.Try{Request: code.Request{Purpose: code.Verification, To: user.Email, User: user, From: from}, Plain: plain}
	if err := s.check(ctx, t); err != nil {
		return err
	}
	return s.Codes.Redeem(ctx, t, func(tx code.Tx) error { return used(ctx, tx, t) })
}

// changeOf is about the code that makes to the user's address: of no use to anybody else.
func changeOf(user account.User, to string, from account.Origin) code.Request {
	return code.Request{Purpose: code.EmailChange, To: to, Subject: user.ID + ":" + to, User: user, From: from}
}

// Change uses a code to give the user the address that it was mailed to.
func (s *Service) Change(ctx context.Context, user account.User, to, plain string, from account.Origin) error {
	if to == user.Email {
		return account.ErrSameEmail
	}
	t := code.Try{Request: changeOf(user, to, from), Plain: plain}
	if err := s.check(ctx, t); err != nil {
		return err
	}
	change := identityapi.ChangeEmailIn{ID: user.ID, From: user.Email, To: to, Verified: true, Actor: user.ID}
	_, err := identityapi.ChangeEmail.Call(ctx, s.Accounts.Call, change)
	switch {
	case errors.Is(err, identityapi.ErrEmailTaken):
		return ErrEmailInUse.With(err)
	case errors.Is(err, identityapi.ErrUserUnknown):
		return account.ErrUserNotFound.With(err)
	case err != nil:
		return err
	}
	return s.Codes.Redeem(ctx, t, func(tx code.Tx) error {
		if err := tx.DeleteResets(ctx, user.ID); err != nil {
			return err
		}
		if err := s.Accounts.AlertMove(ctx, tx, user, to, from); err != nil {
			return err
		}
		return used(ctx, tx, t)
	})
}

// used records that a code was used for something else than a sign-in.
func used(ctx context.Context, tx code.Tx, t code.Try) error {
	return tx.AddEvent(ctx, account.Event(authapi.EventCodeUsed, t.User, t.From, account.Details{Method: string(t.Purpose)}))
}

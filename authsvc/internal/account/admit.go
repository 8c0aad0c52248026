package account

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// Newcomer is somebody who has proved to own an address or a number, and who may have an
// account already.
type Newcomer struct {
	Email         string // normalised
	Name          string
	Image         *string
	PhoneNumber   *string
	EmailVerified bool // the proof came by mail
	Origin        Origin
}

// Proof runs write in a transaction in which the proof still is good, and keeps others from
// using it up until that ends.
type Proof func(write func(Tx) error) error

// Admit returns the user with the newcomer's address, and makes one without a password if
// there is none: created. An account with the address that nobody had confirmed becomes the
// newcomer's alone (Claim).
func (s *Service) Admit(ctx context.Context, n Newcomer, proof Proof) (user User, created bool, err error) {
	user, err = s.FindUser(ctx, identityapi.FindUserIn{Email: n.Email})
	if errors.Is(err, ErrUserNotFound) {
		user, err = s.Create(ctx, n)
		if !errors.Is(err, ErrUserExists) {
			return user, err == nil, err
		}
		user, err = s.FindUser(ctx, identityapi.FindUserIn{Email: n.Email}) // another proof was faster
	}
	if err != nil || !n.EmailVerified {
		return user, false, err
	}
	user, err = s.Claim(ctx, user, proof, n.Origin)
	return user, false, err
}

// Create makes a user without a password who has proved all that the newcomer says; ErrUserExists if the
// address or the number is taken, also while it was made.
func (s *Service) Create(ctx context.Context, n Newcomer) (User, error) {
	id := uuid.Must(uuid.NewV7()).String()
	_, err := identityapi.ReserveUser.Call(ctx, s.Call, identityapi.ReserveUserIn{
		ID: id, Email: n.Email, Name: n.Name, Image: n.Image, PhoneNumber: n.PhoneNumber, Locale: n.Origin.Locale,
	})
	if errors.Is(err, identityapi.ErrEmailTaken) || errors.Is(err, identityapi.ErrPhoneTaken) {
		return User{}, ErrUserExists.With(err)
	}
	if err != nil {
		return User{}, err
	}
	active, err := identityapi.ActivateUser.Call(ctx, s.Call, identityapi.ActivateUserIn{
		ID: id, EmailVerified: n.EmailVerified, PhoneNumberVerified: n.PhoneNumber != nil,
	})
	if errors.Is(err, identityapi.ErrUserUnknown) || errors.Is(err, identityapi.ErrPhoneTaken) {
		return User{}, ErrUserExists.With(err)
	}
	return User{User: active.User}, err
}

// Claim gives the account to somebody who has just proved to own its address. If nobody had
// done so before, whoever made it may be somebody else: everything that opens it goes
// (password, linked accounts, second factors, phone number, sessions, reset tokens), and
// only then is the address confirmed, so that no crash leaves a confirmed account with a
// stranger's keys (Better Auth CVE-2026-53516). The proof has to hold while that happens: a
// parallel use of it may have let the owner in by then.
func (s *Service) Claim(ctx context.Context, user User, proof Proof, from Origin) (User, error) {
	if user.EmailVerified {
		return user, nil
	}
	err := proof(func(tx Tx) error {
		if err := endIn(ctx, tx, session.Selection{UserID: user.ID}, authapi.EventSessionRevoked, "address claimed"); err != nil {
			return err
		}
		if err := tx.DeleteUserRows(ctx, user.ID); err != nil {
			return err
		}
		return tx.AddEvent(ctx, Event(authapi.EventAccountClaimed, user, from, Details{}))
	})
	if err != nil {
		return User{}, err
	}
	if user.PhoneNumber != nil {
		none := identityapi.UpdateUserIn{ID: user.ID, PhoneNumber: new(""), Actor: user.ID}
		if _, err := identityapi.UpdateUser.Call(ctx, s.Call, none); err != nil {
			return User{}, err
		}
	}
	verified, err := identityapi.VerifyEmail.Call(ctx, s.Call, identityapi.VerifyEmailIn{ID: user.ID, Email: user.Email})
	return User{User: verified.User}, err
}

package account

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// User is a person as the use cases see them: what identity knows of them, and what this
// module keeps about them itself.
type User struct {
	identityapi.User
	TwoFactorEnabled bool  // every sign-in asks for a second factor
	Epoch            int64 // identity's number, from before it was asked
}

// Role returns the user's roles as the protocol writes them: comma-separated, and without
// the role that everybody has unless it is the only one.
func (u User) Role() string {
	var beyond []string
	for _, role := range u.Roles {
		if role != identityapi.RoleUser {
			beyond = append(beyond, role)
		}
	}
	return cmp.Or(strings.Join(beyond, ","), identityapi.RoleUser)
}

// PhoneVerified reports whether the user has proved to own the phone number, as the protocol
// writes it: nil without a number.
func (u User) PhoneVerified() *bool {
	if u.PhoneNumber == nil {
		return nil
	}
	return &u.PhoneNumberVerified
}

// FindUser returns an active user, banned or not; ErrUserNotFound if there is none.
func (s *Service) FindUser(ctx context.Context, in identityapi.FindUserIn) (User, error) {
	user, err := s.ask(ctx, in)
	if errors.Is(err, ErrUserNotFound) { // asks the same of the storage as for a known one
		_, err := s.Store.ListEnrolled(ctx, nobody)
		return User{}, cmp.Or(err, error(ErrUserNotFound))
	}
	if err != nil {
		return User{}, err
	}
	users, err := s.WithFactors(ctx, user.User)
	if err != nil {
		return User{}, err
	}
	user.TwoFactorEnabled = users[0].TwoFactorEnabled
	return user, nil
}

// ask is FindUser without this module's part: it does not say whether a second factor is
// asked for.
func (s *Service) ask(ctx context.Context, in identityapi.FindUserIn) (User, error) {
	out, err := identityapi.FindUser.Call(ctx, s.Call, in)
	if errors.Is(err, identityapi.ErrUserUnknown) {
		return User{}, ErrUserNotFound
	}
	return User{User: out.User, Epoch: out.Epoch}, err
}

// WithFactors adds to users of identity what this module keeps about them. It costs one
// look-up, however many they are.
func (s *Service) WithFactors(ctx context.Context, known ...identityapi.User) ([]User, error) {
	ids := make([]string, 0, len(known))
	for _, user := range known {
		ids = append(ids, user.ID)
	}
	enrolled, err := s.Store.ListEnrolled(ctx, ids...)
	if err != nil {
		return nil, err
	}
	users := make([]User, 0, len(known))
	for _, user := range known {
		users = append(users, User{User: user, TwoFactorEnabled: enrolled[user.ID]})
	}
	return users, nil
}

// ActiveUser returns a user who may be signed in now, ErrUnauthorized if the user is gone
// or banned. It does not say whether a second factor is asked for.
func (s *Service) ActiveUser(ctx context.Context, userID string) (User, error) {
	user, err := s.ask(ctx, identityapi.FindUserIn{ID: userID})
	if errors.Is(err, ErrUserNotFound) || (err == nil && user.Banned) {
		return User{}, ErrUnauthorized
	}
	return user, err
}

// userOf stands for a user of whom no more than the id is known, or needed.
func userOf(id string) User { return User{User: identityapi.User{ID: id}} }

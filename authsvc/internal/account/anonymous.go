package account

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Faults of anonymous users. Codes and messages are the protocol's.
var (
	ErrAnonymousAlready = fault.New(fault.Invalid, "ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY", "Anonymous users cannot sign in again anonymously")
	ErrNotAnonymous     = fault.New(fault.Denied, "USER_IS_NOT_ANONYMOUS", "User is not anonymous")
)

// byNothing is how anonymous users prove who they are.
var byNothing = Method{Name: "anonymous", AMR: []string{}}

const (
	anonymousName   = "Anonymous"
	anonymousDomain = "anonymous.placeholder.invalid" // RFC 2606: no mail gets there
	anonymousLength = 32
)

// SignInAnonymous makes a user without name, address or password, and signs them in.
// ErrAnonymousAlready if current is such a user.
func (s *Service) SignInAnonymous(ctx context.Context, current User, from Origin) (SignedIn, error) {
	if current.Anonymous {
		return SignedIn{}, ErrAnonymousAlready
	}
	random, err := token.New()
	if err != nil {
		return SignedIn{}, err
	}
	in := identityapi.ReserveUserIn{
		ID: uuid.Must(uuid.NewV7()).String(), Email: strings.ToLower(random[:anonymousLength]) + "@" + anonymousDomain,
		Name: anonymousName, Anonymous: true, Locale: from.Locale,
	}
	if _, err := identityapi.ReserveUser.Call(ctx, s.Call, in); err != nil {
		return SignedIn{}, err
	}
	active, err := identityapi.ActivateUser.Call(ctx, s.Call, identityapi.ActivateUserIn{ID: in.ID})
	if err != nil {
		return SignedIn{}, err
	}
	user := User{User: active.User}
	var signed SignedIn
	err = s.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.AddEvent(ctx, Event(authapi.EventSignedUp, user, from, Details{Method: byNothing.Name})); err != nil {
			return err
		}
		signed, err = s.Enter(ctx, tx, user, from, byNothing)
		return err
	})
	return signed, err
}

// DeleteAnonymous deletes an anonymous user; ErrNotAnonymous for any other.
func (s *Service) DeleteAnonymous(ctx context.Context, user User, from Origin) error {
	if !user.Anonymous {
		return ErrNotAnonymous
	}
	return s.DeleteUser(ctx, user, user.ID, from)
}

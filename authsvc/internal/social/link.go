package social

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// SignIn signs in by an id token that a client got from a provider by itself.
func (s *Service) SignIn(ctx context.Context, provider string, posted IDToken, from account.Origin) (account.SignedIn, error) {
	a, err := s.present(ctx, provider, posted, from)
	if err != nil {
		return account.SignedIn{}, err
	}
	signed, _, err := s.enter(ctx, a)
	return signed, err
}

// LinkToken links the account of a posted id token to a user.
func (s *Service) LinkToken(ctx context.Context, user account.User, provider string, posted IDToken, from account.Origin) error {
	a, err := s.present(ctx, provider, posted, from)
	if err != nil {
		return err
	}
	if a.Identity.Email == "" {
		return ErrEmail
	}
	return s.linkTo(ctx, a, user)
}

// present verifies a posted id token. ErrProviderUnknown, ErrNoIDToken, ErrToken,
// ErrIdentity or ErrDown.
func (s *Service) present(ctx context.Context, name string, posted IDToken, from account.Origin) (arrival, error) {
	provider, ok := s.Providers[name]
	if !ok {
		return arrival{}, ErrProviderUnknown
	}
	verifier, ok := provider.(tokenVerifier)
	if !ok {
		return arrival{}, ErrNoIDToken
	}
	found, err := verifier.VerifyToken(ctx, posted)
	if err != nil {
		return arrival{}, err
	}
	a := arrival{provider: name, from: from, Grant: Grant{Identity: found}}
	a.Tokens.ID, a.Tokens.Access, a.Tokens.Refresh = secret.Text(posted.Token), posted.Access, posted.Refresh
	return a, nil
}

// finishLink links the account of an arrival to whoever began the flow, if they still are
// signed in: a session that was ended must not be able to add a way in.
func (s *Service) finishLink(ctx context.Context, a arrival, began Link) error {
	current, err := s.Accounts.Current(ctx, began.Session)
	if errors.Is(err, account.ErrUnauthorized) || (err == nil && current.User.ID != began.UserID) {
		return ErrUnlinkable
	}
	if err != nil {
		return err
	}
	return s.linkTo(ctx, a, current.User)
}

// linkTo links an arrival to a user. The provider has to vouch for an address that is the
// user's: linking somebody else's account would let them in.
func (s *Service) linkTo(ctx context.Context, a arrival, user account.User) error {
	for range attempts {
		err := s.Store.InTx(ctx, func(tx Tx) error { return s.linkIn(ctx, tx, a, user) })
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return ErrUnlinkable
}

func (s *Service) linkIn(ctx context.Context, tx Tx, a arrival, user account.User) error {
	current, found, err := tx.FindLinked(ctx, a.provider, a.Identity.AccountID)
	switch {
	case err != nil:
		return err
	case !a.Identity.EmailVerified:
		return ErrNotVouched
	case a.Identity.Email != user.Email:
		return ErrOtherEmail
	case found && current.UserID != user.ID:
		return ErrOtherUser
	case found:
		return s.renew(ctx, tx, current, a.Grant)
	}
	return s.addLink(ctx, tx, a, user)
}

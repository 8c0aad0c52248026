package social

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Refusals of the use cases around a provider's tokens, with the protocol's codes.
var (
	errNotSupported = fault.New(fault.Invalid, "PROVIDER_NOT_SUPPORTED", "")
	errNotConfig    = fault.New(fault.Invalid, "PROVIDER_NOT_CONFIGURED", "Account is not associated with a configured social provider.")
	errNoAccess     = fault.New(fault.Invalid, "ACCESS_TOKEN_NOT_FOUND", "Access token not found")
	errNoRefresh    = fault.New(fault.Invalid, "REFRESH_TOKEN_NOT_FOUND", "Refresh token not found")
	errStale        = fault.New(fault.Invalid, "FAILED_TO_GET_ACCESS_TOKEN", "Failed to get a valid access token")
)

// expiring is how long before its end a provider's token is renewed.
const expiring = 5 * time.Second

// AccessToken returns one of the user's accounts with an access token that is good, as far
// as its expiry tells; it is renewed if need be.
func (s *Service) AccessToken(ctx context.Context, user account.User, id string, from account.Origin) (linked.Account, error) {
	held, err := s.find(ctx, user.ID, id)
	if err != nil {
		return linked.Account{}, err
	}
	if _, ok := s.Providers[held.Provider]; !ok {
		return linked.Account{}, notSupported(held.Provider)
	}
	return s.current(ctx, user, held, from)
}

// find returns one of the user's ways in by its id, the password included: that one is of a
// provider that nobody can ask.
func (s *Service) find(ctx context.Context, userID, id string) (linked.Account, error) {
	held, err := s.Store.Find(ctx, userID, id)
	if !errors.Is(err, linked.ErrUnknown) {
		return held, err
	}
	all, listErr := s.Store.List(ctx, userID)
	if listErr != nil {
		return linked.Account{}, listErr
	}
	if i := slices.IndexFunc(all, func(a linked.Account) bool { return a.ID == id }); i >= 0 {
		return all[i], nil
	}
	return linked.Account{}, err
}

func notSupported(provider string) error {
	return errNotSupported.WithMessage("Provider " + provider + " is not supported.")
}

func (s *Service) current(ctx context.Context, user account.User, held linked.Account, from account.Origin) (linked.Account, error) {
	end := held.Tokens.AccessExpires
	if end == nil || held.Tokens.Refresh == "" || end.Sub(s.Now()) >= expiring {
		return held, nil
	}
	renewed, err := s.refresh(ctx, user, held, from)
	if errors.Is(err, ErrRefresh) {
		return linked.Account{}, errStale
	}
	return renewed, err
}

// RefreshToken renews the tokens of one of the user's accounts.
func (s *Service) RefreshToken(ctx context.Context, user account.User, id string, from account.Origin) (linked.Account, error) {
	held, err := s.find(ctx, user.ID, id)
	if err != nil {
		return linked.Account{}, err
	}
	if _, ok := s.Providers[held.Provider]; !ok {
		return linked.Account{}, notSupported(held.Provider)
	}
	if held.Tokens.Refresh == "" {
		return linked.Account{}, errNoRefresh
	}
	return s.refresh(ctx, user, held, from)
}

// refresh renews the tokens of an account as it was read. Providers take a refresh token
// that is used twice for stolen, so those who want the same one renewed share one request,
// and who comes late gets what the others got.
func (s *Service) refresh(ctx context.Context, user account.User, held linked.Account, from account.Origin) (linked.Account, error) {
	renewed, err, _ := s.refreshing.Do(held.ID, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*askTimeout)
		defer cancel()
		current, err := s.Store.Find(ctx, user.ID, held.ID)
		if err != nil || current.Tokens.Refresh != held.Tokens.Refresh || current.Tokens.Access != held.Tokens.Access {
			return current, err
		}
		granted, err := s.Providers[current.Provider].Refresh(ctx, current.Tokens.Refresh)
		if errors.Is(err, ErrRefresh) { // perhaps because another process was faster
			if newer, again := s.Store.Find(ctx, user.ID, held.ID); again == nil && newer.Tokens.Refresh != held.Tokens.Refresh {
				return newer, nil
			}
		}
		if err != nil {
			return linked.Account{}, err
		}
		return s.keep(ctx, user, current, granted, from)
	})
	if err != nil {
		return linked.Account{}, err
	}
	account, _ := renewed.(linked.Account)
	return account, nil
}

// keep stores renewed tokens.
func (s *Service) keep(ctx context.Context, user account.User, current linked.Account, g Grant, from account.Origin) (linked.Account, error) {
	renewed := merged(current, Grant{Tokens: g.Tokens}) // an answer may name fewer scopes
	renewed.UpdatedAt = s.Now()
	err := s.Store.InTx(ctx, func(tx Tx) error {
		still, err := tx.UpdateTokens(ctx, renewed)
		if err != nil {
			return err
		}
		if !still {
			return linked.ErrUnknown
		}
		return tx.AddEvent(ctx, account.Event(authapi.EventProviderTokenRefreshed, user, from, account.Details{Method: current.Provider}))
	})
	return renewed, err
}

// Info is what the provider of one of the user's accounts says of them now. ErrIdentity if
// it says nothing, or speaks of somebody else.
func (s *Service) Info(ctx context.Context, user account.User, id string, from account.Origin) (Identity, linked.Account, error) {
	held, err := s.find(ctx, user.ID, id)
	if err != nil {
		return Identity{}, linked.Account{}, err
	}
	provider, ok := s.Providers[held.Provider]
	if !ok {
		return Identity{}, linked.Account{}, errNotConfig
	}
	if held, err = s.current(ctx, user, held, from); err != nil {
		return Identity{}, linked.Account{}, err
	}
	if held.Tokens.Access == "" {
		return Identity{}, linked.Account{}, errNoAccess
	}
	found, err := provider.Identify(ctx, held.Tokens)
	if err == nil && found.AccountID != held.AccountID {
		err = ErrIdentity
	}
	return found, held, err
}

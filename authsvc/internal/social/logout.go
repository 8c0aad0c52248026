package social

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Logout is what a user who signs out wants of a provider. Callback has been checked.
type Logout struct {
	Callback string // absolute; "" for none
	State    string
}

// leaver is a Provider that signs its own user out too (OpenID Connect RP-Initiated Logout).
type leaver interface {
	// LogoutURL is where the browser goes for that, "" if the provider cannot.
	LogoutURL(ctx context.Context, idToken secret.Text, l Logout) (string, error)
}

var _ leaver = (*OpenID)(nil)

// logoutPatience is how long a sign-out waits for a provider's metadata.
const logoutPatience = 2 * time.Second

// LogoutURL is where a user who signs out here goes to sign out at the provider of the
// account that was used last, "" for nowhere: a provider that is down holds nobody back.
func (s *Service) LogoutURL(ctx context.Context, userID string, l Logout) (string, error) {
	all, err := s.Store.List(ctx, userID)
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(all, func(a, b linked.Account) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	for _, held := range all {
		provider, ok := s.Providers[held.Provider].(leaver)
		if !ok {
			continue
		}
		whole, err := s.Store.Find(ctx, userID, held.ID)
		if err != nil {
			return "", err
		}
		to, err := provider.LogoutURL(ctx, whole.Tokens.ID, l)
		if err == nil && to != "" {
			return to, nil
		}
	}
	return "", nil
}

// LogoutURL implements leaver.
func (o *OpenID) LogoutURL(ctx context.Context, idToken secret.Text, l Logout) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, logoutPatience)
	defer cancel()
	s, err := o.discover(ctx)
	if err != nil || s.logout == "" {
		return "", err
	}
	to, err := url.Parse(s.logout)
	if err != nil {
		return "", err
	}
	query := to.Query()
	if idToken != "" {
		query.Set("id_token_hint", idToken.Reveal())
	}
	if l.Callback != "" {
		query.Set("post_logout_redirect_uri", l.Callback)
	}
	if l.Callback != "" && l.State != "" {
		query.Set("state", l.State)
	}
	if l.Callback != "" || idToken == "" {
		query.Set("client_id", s.ClientID)
	}
	to.RawQuery = query.Encode()
	return to.String(), nil
}

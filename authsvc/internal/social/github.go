package social

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// GitHub speaks OAuth 2.0 without OpenID Connect: who somebody is, its API says.
type GitHub struct {
	endpoint
	api string
}

var _ Provider = (*GitHub)(nil)

// GitHubURL and GitHubAPI are where GitHub is.
const (
	GitHubURL = "https://github.com"
	GitHubAPI = "https://api.github.com"
)

// NewGitHub returns GitHub at web and api: the two constants, or a GitHub Enterprise Server.
func NewGitHub(web, api string, c Client) (*GitHub, error) {
	for _, address := range []string{web, api} {
		if u, err := url.Parse(address); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.User != nil {
			return nil, errors.New("must be an http or https URL")
		}
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"read:user", "user:email"}
	}
	web = strings.TrimSuffix(web, "/")
	return &GitHub{
		endpoint: endpoint{
			Config: oauth2.Config{
				ClientID: c.ID, ClientSecret: c.Secret.Reveal(), Scopes: c.Scopes,
				Endpoint: oauth2.Endpoint{
					AuthURL: web + "/login/oauth/authorize", TokenURL: web + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
				},
			},
			http: newHTTP(), now: c.Now,
		},
		api: strings.TrimSuffix(api, "/"),
	}, nil
}

// AuthorizeURL implements Provider. GitHub knows no nonce.
func (g *GitHub) AuthorizeURL(_ context.Context, a Authorize) (string, error) {
	a.Nonce = ""
	if a.LoginHint != "" {
		a.Extra = withHint(a.Extra, a.LoginHint)
		a.LoginHint = ""
	}
	return g.authorizeURL(a), nil
}

// withHint gives the hint the name that GitHub has for it beside the standard one.
func withHint(extra map[string]string, hint string) map[string]string {
	all := map[string]string{"login": hint, "login_hint": hint}
	for name, value := range extra {
		all[name] = value
	}
	return all
}

// Redeem implements Provider.
func (g *GitHub) Redeem(ctx context.Context, r Redeem) (Grant, error) {
	granted, err := g.redeem(ctx, r)
	if err != nil {
		return Grant{}, err
	}
	granted.Identity, err = g.Identify(ctx, granted.Tokens)
	return granted, err
}

// Refresh implements Provider.
func (g *GitHub) Refresh(ctx context.Context, refresh secret.Text) (Grant, error) {
	return g.refresh(ctx, refresh)
}

// Identify implements Provider. The address is that of the profile, else the primary one;
// GitHub vouches for those of its list that it calls verified.
func (g *GitHub) Identify(ctx context.Context, t linked.Tokens) (Identity, error) {
	var profile struct {
		ID     int64  `json:"id"`
		Login  string `json:"login"`
		Name   string `json:"name"`
		Email  string `json:"email"`
		Avatar string `json:"avatar_url"`
	}
	raw, err := g.read(ctx, g.api+"/user", t.Access, &profile)
	if err != nil {
		return Identity{}, err
	}
	if profile.ID <= 0 {
		return Identity{}, ErrIdentity
	}
	found := Identity{
		AccountID: strconv.FormatInt(profile.ID, 10), Name: profile.Name, Image: profile.Avatar, Profile: raw,
	}
	if found.Name == "" {
		found.Name = profile.Login
	}
	addresses, err := g.addresses(ctx, t)
	if err != nil {
		return Identity{}, err
	}
	address := profile.Email
	if address == "" {
		address = primary(addresses)
	}
	found.Email = normalised(address)
	found.EmailVerified = slices.ContainsFunc(addresses, func(a githubAddress) bool { return a.Verified && a.Email == address })
	return found, nil
}

type githubAddress struct {
	Email    string `json:"email"`
	Primary  bool   `json:"primary"`
	Verified bool   `json:"verified"`
}

// addresses lists the user's addresses; none, if the token may not read them.
func (g *GitHub) addresses(ctx context.Context, t linked.Tokens) ([]githubAddress, error) {
	var all []githubAddress
	_, err := g.read(ctx, g.api+"/user/emails", t.Access, &all)
	if errors.Is(err, ErrIdentity) {
		return nil, nil
	}
	return all, err
}

func primary(all []githubAddress) string {
	for _, a := range all {
		if a.Primary {
			return a.Email
		}
	}
	if len(all) > 0 {
		return all[0].Email
	}
	return ""
}

package authsvc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/postgres"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Providers are the settings of the identity providers that people sign in through.
type Providers struct {
	GoogleID     string      `envconfig:"GOOGLE_CLIENT_ID" desc:"client id at Google; empty: no sign-in through Google"`
	GoogleSecret secret.Text `envconfig:"GOOGLE_CLIENT_SECRET" desc:"its secret"`
	GoogleURL    string      `envconfig:"GOOGLE_URL" default:"https://accounts.google.com" desc:"Google's issuer"`
	GitHubID     string      `envconfig:"GITHUB_CLIENT_ID" desc:"client id at GitHub; empty: no sign-in through GitHub"`
	GitHubSecret secret.Text `envconfig:"GITHUB_CLIENT_SECRET" desc:"its secret"`
	GitHubURL    string      `envconfig:"GITHUB_URL" default:"https://github.com" desc:"GitHub, or a GitHub Enterprise Server"`
	GitHubAPI    string      `envconfig:"GITHUB_API_URL" default:"https://api.github.com" desc:"its API"`

	OpenID map[string]*OpenID `envconfig:"OIDC_PROVIDERS" each:"OIDC" desc:"names of OpenID Connect providers, comma-separated; each has the settings below, its name in capitals and with underscores for dashes"`
}

// OpenID are the settings of one OpenID Connect provider. People come back from it to
// <base URL>/api/auth/callback/<name>.
type OpenID struct {
	Issuer string      `envconfig:"ISSUER" required:"true" desc:"its issuer, below which its metadata is found"`
	ID     string      `envconfig:"CLIENT_ID" required:"true" desc:"client id there"`
	Secret secret.Text `envconfig:"CLIENT_SECRET" required:"true" desc:"its secret"`
	Scopes []string    `envconfig:"SCOPES" default:"openid,profile,email" desc:"scopes to ask for, comma-separated"`
}

// signIns wires the sign-ins through providers.
func (p Providers) signIns(deps kit.Deps, accounts *account.Service, outbox postgres.Outbox) (*social.Service, error) {
	providers, err := p.build(deps.Now, deps.Development)
	if err != nil {
		return nil, err
	}
	store, err := postgres.NewSocial(deps.DB, outbox, deps.Root)
	if err != nil {
		return nil, err
	}
	return social.New(social.Config{
		Store: store, Accounts: accounts, Call: deps.Call, Providers: providers, Callback: deps.BaseURL.String() + httpapi.CallbackPath, Now: deps.Now,
	}), nil
}

// build returns the providers that are configured, by the names under which clients ask
// for them.
func (p Providers) build(now func() time.Time, development bool) (map[string]social.Provider, error) {
	all := map[string]social.Provider{}
	if p.GoogleID != "" {
		if err := complete("GOOGLE", p.GoogleURL, p.GoogleSecret, development); err != nil {
			return nil, err
		}
		google, err := social.NewGoogle(p.GoogleURL, social.Client{ID: p.GoogleID, Secret: p.GoogleSecret, Now: now})
		if err != nil {
			return nil, prefixed("GATEHOUSE_GOOGLE_URL", err)
		}
		all["google"] = google
	}
	if p.GitHubID != "" {
		if err := complete("GITHUB", p.GitHubURL, p.GitHubSecret, development); err != nil {
			return nil, err
		}
		if err := transport(p.GitHubAPI, development); err != nil {
			return nil, prefixed("GATEHOUSE_GITHUB_API_URL", err)
		}
		gitHub, err := social.NewGitHub(p.GitHubURL, p.GitHubAPI, social.Client{ID: p.GitHubID, Secret: p.GitHubSecret, Now: now})
		if err != nil {
			return nil, prefixed("GATEHOUSE_GITHUB_URL or GATEHOUSE_GITHUB_API_URL", err)
		}
		all["github"] = gitHub
	}
	for _, name := range slices.Sorted(maps.Keys(p.OpenID)) {
		if _, taken := all[name]; taken || !social.ValidName(name) {
			return nil, fmt.Errorf("GATEHOUSE_OIDC_PROVIDERS: %q cannot be the name of a provider, or is taken", name)
		}
		provider, err := p.OpenID[name].build(now, development)
		if err != nil {
			return nil, prefixed("GATEHOUSE_OIDC_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"_ISSUER", err)
		}
		all[name] = provider
	}
	return all, nil
}

func (o OpenID) build(now func() time.Time, development bool) (social.Provider, error) {
	if err := transport(o.Issuer, development); err != nil {
		return nil, err
	}
	return social.NewOpenID(o.Issuer, social.Client{ID: o.ID, Secret: o.Secret, Scopes: o.Scopes, Now: now})
}

// complete refuses a provider by name that lacks its secret, or that is not reached safely.
func complete(name, address string, given secret.Text, development bool) error {
	if given == "" {
		return fmt.Errorf("GATEHOUSE_%s_CLIENT_SECRET is missing, and GATEHOUSE_%[1]s_CLIENT_ID is set", name)
	}
	return prefixed("GATEHOUSE_"+name+"_URL", transport(address, development))
}

// transport refuses a provider over plain HTTP in production: who sits between could say
// who anybody is.
func transport(address string, development bool) error {
	if !development && !strings.HasPrefix(address, "https://") {
		return errors.New("must be an https URL in production")
	}
	return nil
}

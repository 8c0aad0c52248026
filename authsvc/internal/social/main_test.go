package social_test

import (
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const (
	redirect = "https://auth.example.com/api/auth/callback/acme"
	nonce    = "the nonce of this flow"
	verifier = "a verifier of this flow, which is long enough for PKCE"
)

func client(now func() time.Time) social.Client {
	return social.Client{ID: openidtest.ClientID, Secret: secret.Text(openidtest.ClientSecret), Now: now}
}

// acme is a provider with its client.
func acme(t *testing.T) (*openidtest.Provider, *social.OpenID) {
	t.Helper()
	p := openidtest.Start(t)
	o, err := social.NewOpenID(p.URL, client(time.Now))
	if err != nil {
		t.Fatal(err)
	}
	return p, o
}

// code begins a flow and returns the code that comes back.
func code(t *testing.T, p *openidtest.Provider, provider social.Provider) string {
	t.Helper()
	address, err := provider.AuthorizeURL(t.Context(), social.Authorize{State: "s", Nonce: nonce, Verifier: verifier, Redirect: redirect})
	if err != nil {
		t.Fatal(err)
	}
	return query(t, p.Visit(t, address), "code")
}

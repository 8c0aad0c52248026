package social

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"golang.org/x/oauth2"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

// FlowLife is how long somebody may take at the provider.
const FlowLife = 10 * time.Minute

// Flow is what the way back from a provider needs. Whoever has it could finish the flow, so
// it is stored sealed.
type Flow struct {
	Provider   string
	Verifier   string // of PKCE
	Nonce      string
	Callback   string // where to go then, verbatim
	ErrorURL   string // "": the error page
	NewUserURL string // "": Callback
	Link       *Link  // the flow links an account, and signs nobody in
}

// Link is who began a flow that links an account.
type Link struct {
	UserID  string
	Session session.Hash
}

// Begin is a request to go to a provider. The URLs have been checked.
type Begin struct {
	Provider   string
	Callback   string
	ErrorURL   string
	NewUserURL string
	Scopes     []string
	LoginHint  string
	Extra      map[string]string
	Link       *Link
}

// Departure is where the browser goes, and the state that it has to bring back.
type Departure struct{ URL, State string }

// Begin stores a flow and returns where it goes. ErrProviderUnknown, or ErrDown.
func (s *Service) Begin(ctx context.Context, in Begin) (Departure, error) {
	provider, ok := s.Providers[in.Provider]
	if !ok {
		return Departure{}, ErrProviderUnknown
	}
	state := random()
	flow := Flow{
		Provider: in.Provider, Verifier: oauth2.GenerateVerifier(), Nonce: random(),
		Callback: in.Callback, ErrorURL: in.ErrorURL, NewUserURL: in.NewUserURL, Link: in.Link,
	}
	address, err := provider.AuthorizeURL(ctx, Authorize{
		State: state, Nonce: flow.Nonce, Verifier: flow.Verifier, Redirect: s.redirect(in.Provider),
		Scopes: in.Scopes, LoginHint: in.LoginHint, Extra: in.Extra,
	})
	if err != nil {
		return Departure{}, err
	}
	err = s.Store.InTx(ctx, func(tx Tx) error { return tx.CreateFlow(ctx, token.Hash(state), flow, s.Now().Add(FlowLife)) })
	return Departure{address, state}, err
}

// redirect is the one address to which a provider may send people back.
func (s *Service) redirect(provider string) string { return s.Callback + provider }

// random returns 192 bits, in the form that the protocol's states have.
func random() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(raw)
}

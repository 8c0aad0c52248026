package social

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Return is a browser that comes back from a provider.
type Return struct {
	Provider    string // whose callback it came to
	State       string
	Cookie      string // the state that the browser itself kept, "" for none
	Code        string
	Error       string // what the provider refuses with, "" if it does not
	Description string
	Issuer      string
	Origin      account.Origin
}

// Outcome is a flow that ended well.
type Outcome struct {
	Signed account.SignedIn
	Linked bool   // the flow linked an account, and signed nobody in
	URL    string // where to go
}

// Refusal is a flow that ended otherwise. URL is where to tell it, "" for the error page.
type Refusal struct {
	Code, Description string
	URL               string
	Err               error // an outage that is to be logged, else nil
}

// Error implements error.
func (r *Refusal) Error() string { return r.Code }

// Return ends a flow: it signs somebody in or links an account. All errors that are told to
// a browser are a *Refusal; any other is an outage here.
func (s *Service) Return(ctx context.Context, in Return) (Outcome, error) {
	flow, err := s.use(ctx, in)
	if err != nil {
		return Outcome{}, err
	}
	refuse := func(code, description string, err error) (Outcome, error) {
		return Outcome{}, &Refusal{Code: code, Description: description, URL: flow.ErrorURL, Err: err}
	}
	provider, ok := s.Providers[in.Provider]
	switch {
	case in.Error != "":
		return refuse(in.Error, in.Description, nil)
	case in.Code == "":
		return refuse("no_code", "", nil)
	case !ok:
		return refuse("oauth_provider_not_found", "", nil)
	}
	granted, err := provider.Redeem(ctx, Redeem{
		Code: in.Code, Issuer: in.Issuer, Verifier: flow.Verifier, Nonce: flow.Nonce, Redirect: s.redirect(in.Provider),
	})
	if errors.Is(err, ErrDown) {
		return refuse(ErrCode.Code, "", err)
	}
	if err != nil {
		return refuse(fault.From(err).Code, "", nil)
	}
	a := arrival{provider: in.Provider, Grant: granted, callback: flow.Callback, from: in.Origin}
	if flow.Link != nil {
		err = s.finishLink(ctx, a, *flow.Link)
		return s.told(Outcome{Linked: true, URL: flow.Callback}, flow, err)
	}
	signed, isNew, err := s.enter(ctx, a)
	out := Outcome{Signed: signed, URL: flow.Callback}
	if isNew && flow.NewUserURL != "" {
		out.URL = flow.NewUserURL
	}
	return s.told(out, flow, err)
}

// told makes refusals of the use cases ones that a browser is told.
func (s *Service) told(out Outcome, flow Flow, err error) (Outcome, error) {
	if err == nil {
		return out, nil
	}
	f := fault.From(err)
	switch {
	case f.Is(account.ErrBanned):
		return Outcome{}, &Refusal{Code: f.Code, Description: f.Message, URL: flow.ErrorURL}
	case f.Is(account.ErrEmailNotVerified):
		return Outcome{}, &Refusal{Code: "email_not_verified", URL: flow.ErrorURL}
	case Refused(err):
		return Outcome{}, &Refusal{Code: f.Code, URL: flow.ErrorURL}
	}
	return Outcome{}, err
}

// use consumes the flow of a state if the browser is the one that began it, at the provider
// whose callback this is. Another browser leaves the flow to its owner, and is led to the
// page that the flow has for errors.
func (s *Service) use(ctx context.Context, in Return) (Flow, error) {
	if in.State == "" {
		return Flow{}, &Refusal{Code: "state_not_found"}
	}
	var flow Flow
	var found bool
	var err error
	if in.Cookie != in.State {
		flow, _, err = s.Store.FindFlow(ctx, token.Hash(in.State), s.Now())
		found = false
	} else {
		err = s.Store.InTx(ctx, func(tx Tx) (err error) {
			flow, found, err = tx.UseFlow(ctx, token.Hash(in.State), s.Now())
			return err
		})
	}
	if err != nil {
		return Flow{}, err
	}
	if _, known := s.Providers[in.Provider]; !found || (known && flow.Provider != in.Provider) { // RFC 9700, section 4.4
		return Flow{}, &Refusal{Code: "state_mismatch", URL: flow.ErrorURL}
	}
	return flow, nil
}

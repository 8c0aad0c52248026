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

// Outcome is a flow that has ended: well, or with a Refusal.
type Outcome struct {
	Signed  account.SignedIn
	Linked  bool   // the flow linked an account, and signed nobody in
	URL     string // where to go
	Refusal *Refusal
}

// Refusal is what the browser is told of a flow that did not end well.
type Refusal struct {
	Code, Description string
	URL               string // where to tell it; "": the error page
	Outage            error  // of the provider, to be logged; nil: there was none
}

// Return ends a flow: it signs somebody in or links an account. An error is an outage here.
func (s *Service) Return(ctx context.Context, in Return) (Outcome, error) {
	flow, refusal, err := s.use(ctx, in)
	if err != nil || refusal != nil {
		return Outcome{Refusal: refusal}, err
	}
	if refusal := s.judge(in); refusal != nil {
		refusal.URL = flow.ErrorURL
		return Outcome{Refusal: refusal}, nil
	}
	granted, err := s.Providers[in.Provider].Redeem(ctx, Redeem{
		Code: in.Code, Issuer: in.Issuer, Verifier: flow.Verifier, Nonce: flow.Nonce, Redirect: s.redirect(in.Provider),
	})
	if errors.Is(err, ErrDown) {
		return Outcome{Refusal: &Refusal{Code: ErrCode.Code, URL: flow.ErrorURL, Outage: err}}, nil
	}
	if err != nil {
		return Outcome{Refusal: &Refusal{Code: fault.From(err).Code, URL: flow.ErrorURL}}, nil
	}
	a := arrival{provider: in.Provider, Grant: granted, callback: flow.Callback, from: in.Origin}
	if flow.Link != nil {
		return told(Outcome{Linked: true, URL: flow.Callback}, flow, s.finishLink(ctx, a, *flow.Link))
	}
	signed, isNew, err := s.enter(ctx, a)
	out := Outcome{Signed: signed, URL: flow.Callback}
	if isNew && flow.NewUserURL != "" {
		out.URL = flow.NewUserURL
	}
	return told(out, flow, err)
}

// judge refuses an answer without anything to redeem.
func (s *Service) judge(in Return) *Refusal {
	_, known := s.Providers[in.Provider]
	switch {
	case in.Error != "":
		return &Refusal{Code: in.Error, Description: in.Description}
	case in.Code == "":
		return &Refusal{Code: "no_code"}
	case !known:
		return &Refusal{Code: "oauth_provider_not_found"}
	}
	return nil
}

// told makes refusals of the use cases ones that the browser is told.
func told(out Outcome, flow Flow, err error) (Outcome, error) {
	if err == nil {
		return out, nil
	}
	f := fault.From(err)
	switch {
	case f.Is(account.ErrBanned):
		return Outcome{Refusal: &Refusal{Code: f.Code, Description: f.Message, URL: flow.ErrorURL}}, nil
	case f.Is(account.ErrEmailNotVerified):
		return Outcome{Refusal: &Refusal{Code: "email_not_verified", URL: flow.ErrorURL}}, nil
	case Refused(err):
		return Outcome{Refusal: &Refusal{Code: f.Code, URL: flow.ErrorURL}}, nil
	}
	return Outcome{}, err
}

// use consumes the flow of a state if the browser is the one that began it, at the provider
// whose callback this is. Another browser leaves the flow to its owner, and is led to the
// page that the flow has for errors.
func (s *Service) use(ctx context.Context, in Return) (Flow, *Refusal, error) {
	if in.State == "" {
		return Flow{}, &Refusal{Code: "state_not_found"}, nil
	}
	var flow Flow
	var found bool
	var err error
	if in.Cookie != in.State {
		flow, _, err = s.Store.FindFlow(ctx, token.Hash(in.State), s.Now())
	} else {
		err = s.Store.InTx(ctx, func(tx Tx) (err error) {
			flow, found, err = tx.UseFlow(ctx, token.Hash(in.State), s.Now())
			return err
		})
	}
	if err != nil {
		return Flow{}, nil, err
	}
	if _, known := s.Providers[in.Provider]; !found || (known && flow.Provider != in.Provider) { // RFC 9700, section 4.4
		return Flow{}, &Refusal{Code: "state_mismatch", URL: flow.ErrorURL}, nil
	}
	return flow, nil, nil
}

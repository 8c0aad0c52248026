package social

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const (
	askTimeout = 5 * time.Second
	maxAnswer  = 512 << 10
	maxToken   = 16 << 10 // of one token, in bytes
)

// newHTTP returns a client for the back channel: bounded in time and size, without
// redirects and cookies. A redirect would carry codes and tokens to an address that
// nobody configured.
func newHTTP() *http.Client {
	return &http.Client{
		Timeout:       askTimeout,
		Transport:     bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded cuts answers off that no provider needs. What was cut is no JSON any more, so it
// is refused, not misread.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Accept") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("Accept", "application/json") // GitHub answers with a form otherwise
	}
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response, nil
}

// endpoint is a provider's authorization server as this installation's client sees it.
type endpoint struct {
	oauth2.Config
	http *http.Client
	now  func() time.Time
}

// authorizeURL builds the request that the browser carries. extra comes first, so that it
// replaces nothing.
func (e endpoint) authorizeURL(a Authorize) string {
	config := e.Config
	config.RedirectURL = a.Redirect
	config.Scopes = slices.Clone(e.Scopes)
	for _, scope := range a.Scopes {
		if !slices.Contains(config.Scopes, scope) {
			config.Scopes = append(config.Scopes, scope)
		}
	}
	var options []oauth2.AuthCodeOption
	for name, value := range a.Extra {
		if !slices.Contains(reserved(), name) && !slices.Contains(dropped(), name) {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	options = append(options, oauth2.S256ChallengeOption(a.Verifier))
	for name, value := range map[string]string{"nonce": a.Nonce, "login_hint": a.LoginHint} {
		if value != "" {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	return config.AuthCodeURL(a.State, options...)
}

// redeem exchanges a code. Refused codes are ErrCode.
func (e endpoint) redeem(ctx context.Context, r Redeem) (Grant, error) {
	config := e.Config
	config.RedirectURL = r.Redirect
	token, err := config.Exchange(e.context(ctx), r.Code, oauth2.VerifierOption(r.Verifier))
	if err != nil {
		return Grant{}, judged(err, ErrCode)
	}
	return e.grant(token, ErrCode)
}

// refresh gets new tokens. Refused tokens are ErrRefresh.
func (e endpoint) refresh(ctx context.Context, refresh secret.Text) (Grant, error) {
	source := e.TokenSource(e.context(ctx), &oauth2.Token{RefreshToken: refresh.Reveal()})
	token, err := source.Token()
	if err != nil {
		return Grant{}, judged(err, ErrRefresh)
	}
	return e.grant(token, ErrRefresh)
}

func (e endpoint) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, e.http)
}

// grant takes over what is of use; a token of unreasonable size is refused.
func (e endpoint) grant(token *oauth2.Token, refusal error) (Grant, error) {
	idToken, _ := token.Extra("id_token").(string)
	if max(len(token.AccessToken), len(token.RefreshToken), len(idToken)) > maxToken {
		return Grant{}, refusal
	}
	scope, _ := token.Extra("scope").(string)
	g := Grant{
		Tokens: linked.Tokens{Access: secret.Text(token.AccessToken), Refresh: secret.Text(token.RefreshToken), ID: secret.Text(idToken)},
		Scope:  strings.FieldsFunc(scope, func(c rune) bool { return c == ' ' || c == ',' }), // GitHub uses commas
	}
	if token.ExpiresIn > 0 {
		g.Tokens.AccessExpires = e.after(token.ExpiresIn)
	}
	if seconds, ok := token.Extra("refresh_token_expires_in").(float64); ok && seconds > 0 {
		g.Tokens.RefreshExpires = e.after(int64(seconds))
	}
	return g, nil
}

const maxSeconds = 100 * 365 * 24 * 3600 // beyond it a lifetime is forever

func (e endpoint) after(seconds int64) *time.Time {
	end := e.now().Add(time.Duration(min(seconds, maxSeconds)) * time.Second)
	return &end
}

// judged tells a provider's refusal from its outage. The library's error repeats the
// answer, in which tokens may stand; this one does not.
func judged(err, refusal error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if _, unreachable := errors.AsType[*url.Error](err); unreachable {
			return ErrDown.With(fmt.Errorf("ask the token endpoint: %w", withoutURL(err)))
		}
		return refusal // an answer that is none: without a token, or no JSON
	}
	status := 0
	if refused.Response != nil {
		status = refused.Response.StatusCode
	}
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return ErrDown.With(fmt.Errorf("the token endpoint answers %d", status))
	}
	return refusal
}

// withoutURL keeps the cause of a failed request and drops its address, which may hold more
// than a log should.
func withoutURL(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// read asks for a JSON document with an access token.
func (e endpoint) read(ctx context.Context, address string, access secret.Text, into any) (json.RawMessage, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, ErrDown.With(withoutURL(err))
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "Gatehouse")
	if access != "" {
		request.Header.Set("Authorization", "Bearer "+access.Reveal())
	}
	response, err := e.http.Do(request)
	if err != nil {
		return nil, ErrDown.With(withoutURL(err))
	}
	defer func() { _ = response.Body.Close() }() // read only
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return nil, ErrDown.With(err)
	case response.StatusCode >= http.StatusInternalServerError || response.StatusCode == http.StatusTooManyRequests:
		return nil, ErrDown.With(fmt.Errorf("the provider answers %d", response.StatusCode))
	case response.StatusCode != http.StatusOK:
		return nil, ErrIdentity
	}
	if err := json.Unmarshal(body, into); err != nil {
		return nil, ErrIdentity
	}
	return body, nil
}

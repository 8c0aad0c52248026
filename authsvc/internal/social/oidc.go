package social

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// OpenID is a provider that speaks OpenID Connect. Its metadata is read when it is needed
// first, so that a provider that is down keeps nobody from starting. It is safe for
// concurrent use.
type OpenID struct {
	issuer string
	client Client
	extra  map[string]string

	mu      sync.Mutex
	known   *server
	until   time.Time // when known is too old, or failed is worth another try
	failure error
}

var (
	_ Provider      = (*OpenID)(nil)
	_ tokenVerifier = (*OpenID)(nil)
)

// How long metadata counts, and how long a failure to read it does: while a provider is
// down, requests are refused at once and do not pile up behind it.
const (
	metadataLife = 12 * time.Hour
	failureLife  = 10 * time.Second
)

// NewOpenID returns the provider with the issuer. It asks nothing yet.
func NewOpenID(issuer string, c Client) (*OpenID, error) {
	u, err := url.Parse(issuer)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("must be the issuer's URL, such as https://login.example.com")
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"openid", "profile", "email"}
	}
	if !slices.Contains(c.Scopes, oidc.ScopeOpenID) {
		c.Scopes = append([]string{oidc.ScopeOpenID}, c.Scopes...)
	}
	return &OpenID{issuer: issuer, client: c}, nil
}

// GoogleIssuer is where Google's metadata is.
const GoogleIssuer = "https://accounts.google.com"

// NewGoogle returns Google; issuer is GoogleIssuer, or a stand-in of tests.
func NewGoogle(issuer string, c Client) (*OpenID, error) {
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"email", "profile", "openid"}
	}
	google, err := NewOpenID(issuer, c)
	if err != nil {
		return nil, err
	}
	google.extra = map[string]string{"include_granted_scopes": "true"}
	return google, nil
}

// server is a provider whose metadata is known.
type server struct {
	endpoint
	issuer   string
	userInfo string
	logout   string // "": it cannot be asked to
	names    bool   // it names itself in its answers (RFC 9207)
	keys     *keys
	verifier *oidc.IDTokenVerifier
}

// metadata is what go-oidc leaves to its callers.
type metadata struct {
	AuthorizationURL string   `json:"authorization_endpoint"`
	TokenURL         string   `json:"token_endpoint"`
	UserInfoURL      string   `json:"userinfo_endpoint"`
	KeysURL          string   `json:"jwks_uri"`
	LogoutURL        string   `json:"end_session_endpoint"`
	Names            bool     `json:"authorization_response_iss_parameter_supported"`
	ClientAuth       []string `json:"token_endpoint_auth_methods_supported"`
}

// discover returns the provider's metadata, which it reads if what is known is too old.
// Old metadata serves while new one cannot be had.
func (o *OpenID) discover(ctx context.Context) (*server, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.client.Now()
	if now.Before(o.until) {
		return o.known, o.failure
	}
	found, err := o.read(ctx)
	switch {
	case err == nil:
		o.known, o.failure, o.until = found, nil, now.Add(metadataLife)
	case ctx.Err() != nil: // says nothing of the provider
		return nil, ErrDown.With(ctx.Err())
	case o.known != nil:
		o.until = now.Add(failureLife)
	default:
		o.failure, o.until = ErrDown.With(fmt.Errorf("read the metadata of %s: %w", o.issuer, err)), now.Add(failureLife)
	}
	return o.known, o.failure
}

func (o *OpenID) read(ctx context.Context) (*server, error) {
	client := newHTTP()
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, client), o.issuer)
	if err != nil {
		return nil, withoutURL(err)
	}
	var m metadata
	if err := provider.Claims(&m); err != nil {
		return nil, err
	}
	for name, address := range map[string]string{
		"authorization_endpoint": m.AuthorizationURL, "token_endpoint": m.TokenURL, "jwks_uri": m.KeysURL, "userinfo_endpoint": m.UserInfoURL,
		"end_session_endpoint": m.LogoutURL,
	} {
		if address == "" && (name == "userinfo_endpoint" || name == "end_session_endpoint") {
			continue
		}
		if err := o.checkEndpoint(address); err != nil {
			return nil, fmt.Errorf("its %s %w", name, err)
		}
	}
	found := &server{
		endpoint: endpoint{
			Config: oauth2.Config{
				ClientID: o.client.ID, ClientSecret: o.client.Secret.Reveal(), Scopes: o.client.Scopes,
				Endpoint: oauth2.Endpoint{AuthURL: m.AuthorizationURL, TokenURL: m.TokenURL, AuthStyle: m.style()},
			},
			http: client, now: o.client.Now,
		},
		issuer: o.issuer, userInfo: m.UserInfoURL, logout: m.LogoutURL, names: m.Names,
	}
	found.keys = &keys{from: found.endpoint, address: m.KeysURL}
	found.verifier = oidc.NewVerifier(o.issuer, found.keys, &oidc.Config{
		ClientID: o.client.ID, Now: o.client.Now, SupportedSigningAlgs: algorithms(),
	})
	return found, nil
}

// checkEndpoint refuses addresses that the issuer's own transport security does not cover:
// metadata must not lead this process to plain services inside its network.
func (o *OpenID) checkEndpoint(address string) error {
	issuer, err := url.Parse(o.issuer)
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && (u.Scheme != "http" || issuer.Scheme != "http" || u.Host != issuer.Host)) {
		return errors.New("is no https URL")
	}
	return nil
}

// style is how the client proves itself. The default of Discovery, section 3, is Basic;
// trying both would send a code twice.
func (m metadata) style() oauth2.AuthStyle {
	if slices.Contains(m.ClientAuth, "client_secret_post") && !slices.Contains(m.ClientAuth, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// AuthorizeURL implements Provider.
func (o *OpenID) AuthorizeURL(ctx context.Context, a Authorize) (string, error) {
	s, err := o.discover(ctx)
	if err != nil {
		return "", err
	}
	if len(o.extra) > 0 {
		all := map[string]string{}
		for _, extra := range []map[string]string{o.extra, a.Extra} {
			for name, value := range extra {
				all[name] = value
			}
		}
		a.Extra = all
	}
	return s.authorizeURL(a), nil
}

// Redeem implements Provider.
func (o *OpenID) Redeem(ctx context.Context, r Redeem) (Grant, error) {
	s, err := o.discover(ctx)
	switch {
	case err != nil:
		return Grant{}, err
	case r.Issuer == "" && s.names:
		return Grant{}, ErrIssuerMissing
	case r.Issuer != "" && r.Issuer != s.issuer: // RFC 9207, section 2.4
		return Grant{}, ErrIssuer
	case r.Nonce == "":
		return Grant{}, ErrNonceMissing
	}
	g, err := s.redeem(ctx, r)
	if err != nil {
		return Grant{}, err
	}
	if g.Tokens.ID == "" { // OpenID Connect Core, section 3.1.3.3
		return Grant{}, ErrIdentity
	}
	found, err := s.verify(ctx, g.Tokens, r.Nonce)
	if err != nil {
		return Grant{}, err
	}
	g.Identity, err = s.identity(ctx, found, g.Tokens.Access)
	return g, err
}

// Identify implements Provider.
func (o *OpenID) Identify(ctx context.Context, t linked.Tokens) (Identity, error) {
	s, err := o.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	if s.userInfo == "" { // all that is left is what the id token said
		claims, err := s.verifiedOnce(t.ID)
		if err != nil {
			return Identity{}, err
		}
		return claims.identity(), nil
	}
	var claims claims
	claims.raw, err = s.read(ctx, s.userInfo, t.Access, &claims)
	return claims.identity(), err
}

// Refresh implements Provider. An id token that comes along says what it says to whoever
// asked for it: nobody signs in by it.
func (o *OpenID) Refresh(ctx context.Context, refresh secret.Text) (Grant, error) {
	s, err := o.discover(ctx)
	if err != nil {
		return Grant{}, err
	}
	return s.refresh(ctx, refresh)
}

// VerifyToken implements tokenVerifier.
func (o *OpenID) VerifyToken(ctx context.Context, posted IDToken) (Identity, error) {
	s, err := o.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	found, err := s.verify(ctx, linked.Tokens{ID: secret.Text(posted.Token), Access: posted.Access}, posted.Nonce)
	if errors.Is(err, ErrIdentity) {
		return Identity{}, ErrToken
	}
	if err != nil {
		return Identity{}, err
	}
	return s.identity(ctx, found, posted.Access)
}

// verify checks an id token (OpenID Connect Core, section 3.1.3.7); ErrIdentity if it
// proves nothing. An empty nonce is not compared.
func (s *server) verify(ctx context.Context, t linked.Tokens, nonce string) (claims, error) {
	if len(t.ID) > maxToken {
		return claims{}, ErrIdentity
	}
	if err := s.keys.prepare(ctx, t.ID.Reveal()); err != nil {
		return claims{}, err
	}
	token, err := s.verifier.Verify(ctx, t.ID.Reveal())
	if err != nil {
		return claims{}, ErrIdentity.With(err)
	}
	var found claims
	if err := token.Claims(&found); err != nil {
		return claims{}, ErrIdentity.With(err)
	}
	if err := token.Claims(&found.raw); err != nil {
		return claims{}, ErrIdentity.With(err)
	}
	now := s.now()
	switch {
	case nonce != "" && subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1,
		found.AuthorizedParty != "" && found.AuthorizedParty != s.ClientID,
		found.AuthorizedParty == "" && len(token.Audience) > 1,
		token.IssuedAt.IsZero() || token.IssuedAt.After(now.Add(clockSkew)),
		token.AccessTokenHash != "" && t.Access != "" && token.VerifyAccessToken(t.Access.Reveal()) != nil:
		return claims{}, ErrIdentity
	}
	return found, nil
}

// clockSkew is how far a provider's clock may be ahead.
const clockSkew = time.Minute

// identity completes what an id token said. Claims that it lacks come from the userinfo
// endpoint, if that speaks of the same subject (OpenID Connect Core, section 5.3.2).
func (s *server) identity(ctx context.Context, found claims, access secret.Text) (Identity, error) {
	if found.Email != "" || s.userInfo == "" || access == "" {
		return found.checked()
	}
	var more claims
	var err error
	if more.raw, err = s.read(ctx, s.userInfo, access, &more); err != nil {
		return Identity{}, err
	}
	if more.Subject != found.Subject {
		return Identity{}, ErrIdentity
	}
	return more.checked()
}

// verifiedOnce reads an id token that was verified when it was stored.
func (s *server) verifiedOnce(idToken secret.Text) (claims, error) {
	payload, err := payloadOf(idToken.Reveal())
	if err != nil {
		return claims{}, ErrIdentity
	}
	var found claims
	if err := json.Unmarshal(payload, &found); err != nil {
		return claims{}, ErrIdentity
	}
	found.raw = bytes.Clone(payload)
	return found, nil
}

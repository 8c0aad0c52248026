package authn

import (
	"context"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

const (
	maxToken = 8 << 10
	leeway   = 30 * time.Second
)

// accessClaims are what Gatehouse's tokens say beside the registered claims (RFC 9068).
type accessClaims struct {
	SID      string           `json:"sid"`
	ClientID string           `json:"client_id"`
	Scope    string           `json:"scope"`
	Roles    []string         `json:"roles"`
	Role     string           `json:"role"` // of the client protocol's token: comma-separated
	AMR      []string         `json:"amr"`
	AuthTime *jwt.NumericDate `json:"auth_time"`
	Actor    struct {
		Subject string `json:"sub"`
	} `json:"act"` // RFC 8693, section 4.1
	Own      int64 `json:"rs"` // authsvc's number, from before it was minted
	Identity int64 `json:"ri"` // identity's
}

// looksLikeJWT reports whether a bearer credential can only be a JWS in compact form.
func looksLikeJWT(bearer string) bool {
	return len(bearer) <= maxToken && strings.Count(bearer, ".") == 2
}

// tokensHeld is how many tokens are known by their hash, which spares the signature.
const tokensHeld = 20_000

// verified is a token whose signature was found good.
type verified struct {
	registered jwt.Claims
	proof      Proof
}

// verify returns the proof that an access token is: authapi.ErrUnauthenticated if the token
// is not good now, ErrStale if it does not count any more, another error if that cannot be
// known.
func (a *Authenticator) verify(ctx context.Context, raw string) (*Proof, error) {
	key := keyOf('j', raw)
	known, seen := a.tokens.Find(key)
	var err error
	if seen {
		_, err = a.published(ctx, known.proof.kid)
	} else {
		known, err = a.open(ctx, raw)
	}
	if err != nil {
		return nil, err
	}
	expected := jwt.Expected{Issuer: a.issuer, AnyAudience: jwt.Audience{a.issuer}, Time: a.now()}
	if known.registered.ValidateWithLeeway(expected, leeway) != nil {
		return nil, authapi.ErrUnauthenticated
	}
	if !seen {
		a.tokens.Keep(key, known)
	}
	if err := a.changes.ensure(ctx); err != nil {
		return nil, err
	}
	if !a.changes.current(&known.proof) {
		return nil, ErrStale
	}
	return &known.proof, nil
}

// open reads a token whose signature is good.
func (a *Authenticator) open(ctx context.Context, raw string) (*verified, error) {
	parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || len(parsed.Headers) != 1 {
		return nil, authapi.ErrUnauthenticated
	}
	header := parsed.Headers[0]
	if typ, given := header.ExtraHeaders[jose.HeaderType]; given && typ != "at+jwt" {
		return nil, authapi.ErrUnauthenticated
	}
	key, err := a.published(ctx, header.KeyID)
	if err != nil {
		return nil, err
	}
	var registered jwt.Claims
	var own accessClaims
	if err := parsed.Claims(key.Key, &registered, &own); err != nil {
		return nil, authapi.ErrUnauthenticated
	}
	if registered.Expiry == nil || registered.IssuedAt == nil || registered.Subject == "" || own.SID == "" {
		return nil, authapi.ErrUnauthenticated
	}
	return &verified{registered, Proof{
		Principal: own.principal(registered.Subject), auth: own.Own, identity: own.Identity, kid: header.KeyID, token: true,
	}}, nil
}

// published returns the key with the id; authapi.ErrUnauthenticated if it does not count.
func (a *Authenticator) published(ctx context.Context, kid string) (jose.JSONWebKey, error) {
	key, known, err := a.keys.find(ctx, kid)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	if !known {
		return jose.JSONWebKey{}, authapi.ErrUnauthenticated
	}
	return key, nil
}

func (c accessClaims) principal(subject string) principal.Principal {
	p := principal.Principal{
		Subject: subject, SID: c.SID, ClientID: c.ClientID, Actor: c.Actor.Subject, Scope: strings.Fields(c.Scope), Roles: c.Roles, AMR: c.AMR,
	}
	if p.Roles == nil && c.Role != "" {
		p.Roles = strings.Split(c.Role, ",")
	}
	if c.AuthTime != nil {
		p.AuthTime = c.AuthTime.Time()
	}
	return p
}

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
}

// looksLikeJWT reports whether a bearer credential can only be a JWS in compact form.
func looksLikeJWT(bearer string) bool {
	return len(bearer) <= maxToken && strings.Count(bearer, ".") == 2
}

// verify returns the principal of an access token, authapi.ErrUnauthenticated if the token
// is not good now, another error if that cannot be known.
func (a *Authenticator) verify(ctx context.Context, raw string) (principal.Principal, error) {
	parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || len(parsed.Headers) != 1 {
		return principal.Principal{}, authapi.ErrUnauthenticated
	}
	header := parsed.Headers[0]
	if typ, given := header.ExtraHeaders[jose.HeaderType]; given && typ != "at+jwt" {
		return principal.Principal{}, authapi.ErrUnauthenticated
	}
	key, known, err := a.keys.find(ctx, header.KeyID)
	if err != nil {
		return principal.Principal{}, err
	}
	if !known {
		return principal.Principal{}, authapi.ErrUnauthenticated
	}
	var registered jwt.Claims
	var own accessClaims
	if err := parsed.Claims(key.Key, &registered, &own); err != nil {
		return principal.Principal{}, authapi.ErrUnauthenticated
	}
	expected := jwt.Expected{Issuer: a.issuer, AnyAudience: jwt.Audience{a.issuer}, Time: a.now()}
	if registered.Expiry == nil || registered.IssuedAt == nil || registered.Subject == "" || own.SID == "" ||
		registered.ValidateWithLeeway(expected, leeway) != nil {
		return principal.Principal{}, authapi.ErrUnauthenticated
	}
	return own.principal(registered.Subject), nil
}

func (c accessClaims) principal(subject string) principal.Principal {
	p := principal.Principal{
		Subject: subject, SID: c.SID, ClientID: c.ClientID, Scope: strings.Fields(c.Scope), Roles: c.Roles, AMR: c.AMR,
	}
	if p.Roles == nil && c.Role != "" {
		p.Roles = strings.Split(c.Role, ",")
	}
	if c.AuthTime != nil {
		p.AuthTime = c.AuthTime.Time()
	}
	return p
}

package token

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// How long signed tokens live.
const (
	AccessLife = 5 * time.Minute
	ClientLife = 15 * time.Minute
)

// accessType is the media type of access tokens (RFC 9068, section 2.1).
const accessType = "at+jwt"

// maxAccess bounds a signed token, in bytes.
const maxAccess = 8 << 10

// ErrAccess means that an access token is worth nothing now.
var ErrAccess = fault.New(fault.Unauthenticated, "authsvc.access_token", "The access token is not valid.")

// Keys gives the keys that sign and verify.
type Keys interface {
	// Signing returns the key that signs now.
	Signing(ctx context.Context) (signingkey.Key, error)
	// Published returns all keys whose signatures count now.
	Published(ctx context.Context) ([]signingkey.Key, error)
}

// Mint signs tokens in the name of one issuer. It is safe for concurrent use.
type Mint struct {
	keys   Keys
	issuer string
	now    func() time.Time
}

// NewMint returns a Mint. The issuer, an origin, is also the audience.
func NewMint(keys Keys, issuer string, now func() time.Time) *Mint { return &Mint{keys, issuer, now} }

// AccessClaims are what an access token says beside issuer, audience and times.
type AccessClaims struct {
	Subject  string
	SID      string
	ClientID string
	Scope    []string
	Roles    []string
	AMR      []string
	AuthTime time.Time
	Expires  time.Time // read from a token; ignored when minting
}

// accessPayload is AccessClaims in the words of RFC 9068, section 2.2.
type accessPayload struct {
	SID      string   `json:"sid"`
	ClientID string   `json:"client_id"`
	Scope    string   `json:"scope,omitempty"`
	Roles    []string `json:"roles"`
	AMR      []string `json:"amr"`
	AuthTime int64    `json:"auth_time"`
	ID       string   `json:"jti"`
}

// Access mints an access token that lives for AccessLife.
func (m *Mint) Access(ctx context.Context, c AccessClaims) (string, error) {
	return m.sign(ctx, accessType, c.Subject, AccessLife, accessPayload{
		SID: c.SID, ClientID: c.ClientID, Scope: strings.Join(c.Scope, " "), Roles: c.Roles, AMR: c.AMR, AuthTime: c.AuthTime.Unix(),
		ID: uuid.NewString(),
	})
}

// Client mints the client protocol's token, which carries the given public fields of the
// user beside the session it stands for.
func (m *Mint) Client(ctx context.Context, subject, sid string, public map[string]any) (string, error) {
	public["sid"] = sid
	return m.sign(ctx, "", subject, ClientLife, public)
}

func (m *Mint) sign(ctx context.Context, typ, subject string, life time.Duration, payload any) (string, error) {
	key, err := m.keys.Signing(ctx)
	if err != nil {
		return "", fmt.Errorf("signing key: %w", err)
	}
	options := &jose.SignerOptions{}
	if typ != "" {
		options = options.WithType(jose.ContentType(typ))
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: key.Private, KeyID: key.ID},
	}, options)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	now := m.now()
	registered := jwt.Claims{
		Issuer: m.issuer, Audience: jwt.Audience{m.issuer}, Subject: subject,
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(life)),
	}
	signed, err := jwt.Signed(signer).Claims(payload).Claims(registered).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}

// Verify returns the claims of an access token that this Mint signed and that has not
// expired; ErrAccess for anything else.
func (m *Mint) Verify(ctx context.Context, raw string) (AccessClaims, error) {
	if len(raw) > maxAccess || strings.Count(raw, ".") != 2 {
		return AccessClaims{}, ErrAccess
	}
	parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || len(parsed.Headers) != 1 || parsed.Headers[0].ExtraHeaders[jose.HeaderType] != accessType {
		return AccessClaims{}, ErrAccess
	}
	published, err := m.keys.Published(ctx)
	if err != nil {
		return AccessClaims{}, err
	}
	for _, key := range published {
		if key.ID == parsed.Headers[0].KeyID {
			return m.claims(parsed, key)
		}
	}
	return AccessClaims{}, ErrAccess
}

func (m *Mint) claims(parsed *jwt.JSONWebToken, key signingkey.Key) (AccessClaims, error) {
	var registered jwt.Claims
	var payload accessPayload
	if err := parsed.Claims(key.Public, &registered, &payload); err != nil {
		return AccessClaims{}, ErrAccess
	}
	expected := jwt.Expected{Issuer: m.issuer, AnyAudience: jwt.Audience{m.issuer}, Time: m.now()}
	if registered.Expiry == nil || registered.Subject == "" || registered.ValidateWithLeeway(expected, 0) != nil {
		return AccessClaims{}, ErrAccess
	}
	return AccessClaims{
		Subject: registered.Subject, SID: payload.SID, ClientID: payload.ClientID, Scope: strings.Fields(payload.Scope),
		Roles: payload.Roles, AMR: payload.AMR, AuthTime: time.Unix(payload.AuthTime, 0), Expires: registered.Expiry.Time(),
	}, nil
}

// jwk is a public key as the client protocol publishes it: no use, no key_ops.
type jwk struct {
	Algorithm string `json:"alg"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Type      string `json:"kty"`
	ID        string `json:"kid"`
}

// JWKS returns the published keys as a JWK Set (RFC 7517, section 5; RFC 8037).
func (m *Mint) JWKS(ctx context.Context) ([]byte, error) {
	published, err := m.keys.Published(ctx)
	if err != nil {
		return nil, err
	}
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: make([]jwk, 0, len(published))}
	for _, key := range published {
		set.Keys = append(set.Keys, jwk{"EdDSA", "Ed25519", key.X(), "OKP", key.ID})
	}
	return json.Marshal(set)
}

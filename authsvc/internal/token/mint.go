package token

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// How long signed tokens live.
const (
	AccessLife = 5 * time.Minute
	ClientLife = 15 * time.Minute
)

// maxSigned bounds a signed token, in bytes: headers have to carry it (ASVS V4.2.5).
const maxSigned = 8 << 10

// ErrTooLarge means that a token would be larger than a request can carry.
var ErrTooLarge = fault.New(fault.Conflict, "authsvc.token_too_large",
	"This account has too many roles for one token. Ask an administrator to remove some.")

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

// Client mints the client protocol's token, which lives for ClientLife and carries the
// given public fields of the user beside the session it stands for.
func (m *Mint) Client(ctx context.Context, subject, sid string, epochs Epochs, public map[string]any) (string, error) {
	payload := maps.Clone(public)
	if payload == nil {
		payload = map[string]any{}
	}
	payload["sid"], payload["rs"], payload["ri"] = sid, epochs.Own, epochs.Identity
	return m.sign(ctx, "", subject, ClientLife, payload)
}

// JWKS returns the published keys as a JWK Set.
func (m *Mint) JWKS(ctx context.Context) ([]byte, error) {
	published, err := m.keys.Published(ctx)
	if err != nil {
		return nil, err
	}
	return signingkey.JWKS(published)
}

// sign signs a payload and the registered claims, which win over the payload's.
func (m *Mint) sign(ctx context.Context, typ jose.ContentType, subject string, life time.Duration, payload any) (string, error) {
	key, err := m.keys.Signing(ctx)
	if err != nil {
		return "", fmt.Errorf("signing key: %w", err)
	}
	options := &jose.SignerOptions{}
	if typ != "" {
		options = options.WithType(typ)
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
	if len(signed) > maxSigned {
		return "", ErrTooLarge
	}
	return signed, nil
}

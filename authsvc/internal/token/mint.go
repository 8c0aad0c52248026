package token

import (
	"context"
	"encoding/json"
	"fmt"
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

// ClientClaims are what the client protocol's token says beside the registered claims: the
// session that it stands for, and the public fields of its user.
type ClientClaims struct {
	Subject string `json:"-"`
	SID     string `json:"sid"`
	Epochs
	Actor *Actor `json:"act,omitempty"` // who acts as the user, if somebody does (RFC 8693, section 4.1)

	ID               string  `json:"id"`
	Name             string  `json:"name"`
	Email            string  `json:"email"`
	EmailVerified    bool    `json:"emailVerified"`
	Image            *string `json:"image"`
	CreatedAt        string  `json:"createdAt"`
	UpdatedAt        string  `json:"updatedAt"`
	TwoFactorEnabled bool    `json:"twoFactorEnabled"`
	Role             string  `json:"role"`
	Banned           bool    `json:"banned"`
	BanReason        *string `json:"banReason"`
	BanExpires       *string `json:"banExpires"`
	Username         *string `json:"username"`
	DisplayUsername  *string `json:"displayUsername"`
	IsAnonymous      bool    `json:"isAnonymous"`
	PhoneNumber      *string `json:"phoneNumber"`
	PhoneVerified    *bool   `json:"phoneNumberVerified"`
}

// Actor is who acts as somebody else.
type Actor struct {
	Subject string `json:"sub"`
}

// Client mints the client protocol's token, which lives for ClientLife.
func (m *Mint) Client(ctx context.Context, c ClientClaims) (string, error) {
	return m.sign(ctx, "", c.Subject, ClientLife, func(registered jwt.Claims) any {
		return struct {
			jwt.Claims
			ClientClaims
		}{registered, c}
	})
}

// JWKS returns the published keys as a JWK Set.
func (m *Mint) JWKS(ctx context.Context) ([]byte, error) {
	published, err := m.keys.Published(ctx)
	if err != nil {
		return nil, err
	}
	return signingkey.JWKS(published)
}

// sign signs what payload makes of the registered claims.
func (m *Mint) sign(ctx context.Context, typ jose.ContentType, subject string, life time.Duration, payload func(jwt.Claims) any) (string, error) {
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
	encoded, err := json.Marshal(payload(jwt.Claims{
		Issuer: m.issuer, Audience: jwt.Audience{m.issuer}, Subject: subject,
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(life)),
	}))
	if err != nil {
		return "", fmt.Errorf("encode token: %w", err)
	}
	object, err := signer.Sign(encoded)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	signed, err := object.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	if len(signed) > maxSigned {
		return "", ErrTooLarge
	}
	return signed, nil
}

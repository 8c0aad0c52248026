package token

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// accessType is the media type of access tokens (RFC 9068, section 2.1).
const accessType = "at+jwt"

// maxSkew is how far the clocks of two replicas may differ. It never prolongs a token.
const maxSkew = 10 * time.Second

// ErrAccess means that an access token is worth nothing now.
var ErrAccess = fault.New(fault.Unauthenticated, "authsvc.access_token", "The access token is not valid.")

// AccessClaims are what an access token says beside issuer, audience and times.
type AccessClaims struct {
	Subject  string
	SID      string
	ClientID string
	Scope    []string
	Roles    []string
	AMR      []string
	AuthTime time.Time
	Epochs   Epochs
	Expires  time.Time // read from a token; ignored when minting
}

// Epochs are the numbers of what a token says: this module's and identity's, from before it
// was looked up. A verifier refuses the token when something newer stands at its session,
// its key or its user (package epoch).
type Epochs struct {
	Own      int64 `json:"rs"`
	Identity int64 `json:"ri"`
}

// accessPayload is AccessClaims in the words of RFC 9068, section 2.2.
type accessPayload struct {
	SID      string   `json:"sid"`
	ClientID string   `json:"client_id"`
	Scope    string   `json:"scope,omitempty"`
	Roles    []string `json:"roles"`
	AMR      []string `json:"amr"`
	AuthTime int64    `json:"auth_time"`
	Epochs
}

// Access mints an access token that lives for AccessLife. ErrTooLarge if the claims do not
// fit into one.
func (m *Mint) Access(ctx context.Context, c AccessClaims) (string, error) {
	return m.sign(ctx, accessType, c.Subject, AccessLife, func(registered jwt.Claims) any {
		registered.ID = rand.Text()
		return struct {
			jwt.Claims
			accessPayload
		}{registered, accessPayload{
			SID: c.SID, ClientID: c.ClientID, Scope: strings.Join(c.Scope, " "), Roles: list(c.Roles), AMR: list(c.AMR),
			AuthTime: c.AuthTime.Unix(), Epochs: c.Epochs,
		}}
	})
}

// list returns a list that is written as [] where there is none.
func list(items []string) []string { return append([]string{}, items...) }

// Verify returns the claims of an access token that this Mint signed and that has not
// expired; ErrAccess for anything else. It says nothing about the session behind it.
func (m *Mint) Verify(ctx context.Context, raw string) (AccessClaims, error) {
	if !isCompact(raw, maxSigned) {
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

// claims reads the claims of a token under the key; the signature is judged first.
func (m *Mint) claims(parsed *jwt.JSONWebToken, key signingkey.Key) (AccessClaims, error) {
	var registered jwt.Claims
	var payload accessPayload
	if err := parsed.Claims(key.Public, &registered, &payload); err != nil {
		return AccessClaims{}, ErrAccess
	}
	if !m.current(registered) || registered.Subject == "" || payload.SID == "" || payload.ClientID == "" || registered.ID == "" {
		return AccessClaims{}, ErrAccess
	}
	return AccessClaims{
		Subject: registered.Subject, SID: payload.SID, ClientID: payload.ClientID, Scope: strings.Fields(payload.Scope),
		Roles: payload.Roles, AMR: payload.AMR, AuthTime: time.Unix(payload.AuthTime, 0), Expires: registered.Expiry.Time(),
		Epochs: payload.Epochs,
	}, nil
}

// current reports whether the claims are of this issuer, for it, and of now. Both times are
// required; a token is dead on the second that it names (RFC 7519, section 4.1.4).
func (m *Mint) current(c jwt.Claims) bool {
	if c.Issuer != m.issuer || !c.Audience.Contains(m.issuer) || c.Expiry == nil || c.IssuedAt == nil {
		return false
	}
	now := m.now()
	soon := now.Add(maxSkew)
	return now.Before(c.Expiry.Time()) && !soon.Before(c.IssuedAt.Time()) && (c.NotBefore == nil || !soon.Before(c.NotBefore.Time()))
}

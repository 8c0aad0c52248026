package token

import (
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// MailLife is how long a mailed proof works.
const MailLife = time.Hour

// maxMail bounds a mailed proof, in bytes.
const maxMail = 4 << 10

// Faults of mailed proofs, with the protocol's codes.
var (
	ErrMailInvalid = fault.New(fault.Unauthenticated, "INVALID_TOKEN", "Invalid token")
	ErrMailExpired = fault.New(fault.Unauthenticated, "TOKEN_EXPIRED", "Token expired")
)

// MailClaims say whose address a mailed proof confirms.
type MailClaims struct {
	Email  string `json:"email"`
	UserID string `json:"userId"`
	// UpdateTo and RequestType belong to changes of address, which this purpose refuses.
	UpdateTo    string `json:"updateTo,omitempty"`
	RequestType string `json:"requestType,omitempty"`
}

// Mail issues and reads mailed proofs: HS256 under the root secret, as the protocol
// fixes it. It is safe for concurrent use.
type Mail struct {
	key []byte
	now func() time.Time
}

// NewMail returns a Mail with the given clock.
func NewMail(root secret.Root, now func() time.Time) *Mail {
	return &Mail{[]byte(root.Text().Reveal()), now}
}

// Issue returns a proof that works for MailLife.
func (m *Mail) Issue(claims MailClaims) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: m.key}, nil)
	if err != nil {
		return "", err
	}
	now := m.now()
	times := jwt.Claims{IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(MailLife))}
	return jwt.Signed(signer).Claims(claims).Claims(times).Serialize()
}

// Parse returns the claims of a proof of an address. ErrMailExpired for one that was good
// once, ErrMailInvalid for everything else, a proof for another purpose included.
func (m *Mail) Parse(proof string) (MailClaims, error) {
	if len(proof) > maxMail {
		return MailClaims{}, ErrMailInvalid
	}
	parsed, err := jwt.ParseSigned(proof, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return MailClaims{}, ErrMailInvalid
	}
	var claims MailClaims
	var times jwt.Claims
	if err := parsed.Claims(m.key, &claims, &times); err != nil {
		return MailClaims{}, ErrMailInvalid
	}
	if times.Expiry == nil || claims.UserID == "" || claims.UpdateTo != "" || claims.RequestType != "" {
		return MailClaims{}, ErrMailInvalid
	}
	if _, err := mail.ParseAddress(claims.Email); err != nil {
		return MailClaims{}, ErrMailInvalid
	}
	switch err := times.ValidateWithLeeway(jwt.Expected{Time: m.now()}, 0); {
	case errors.Is(err, jwt.ErrExpired):
		return MailClaims{}, ErrMailExpired
	case err != nil:
		return MailClaims{}, ErrMailInvalid
	}
	return claims, nil
}

package token

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// MailLife is how long a mailed proof works.
const MailLife = time.Hour

// maxMail bounds a mailed proof, and maxEmail an address in it, in bytes.
const (
	maxMail  = 4 << 10
	maxEmail = 254
)

// Faults of mailed proofs, with the protocol's codes.
var (
	ErrMailInvalid = fault.New(fault.Unauthenticated, "INVALID_TOKEN", "Invalid token")
	ErrMailExpired = fault.New(fault.Unauthenticated, "TOKEN_EXPIRED", "Token expired")
)

// Purpose is what a mailed proof is good for.
type Purpose string

// The purposes. A change of address is first approved from the old one, then confirmed
// from the new one.
const (
	ConfirmAddress Purpose = ""
	ApproveChange  Purpose = "change-email-confirmation"
	ConfirmChange  Purpose = "change-email-verification"
)

// MailClaims say whose address a mailed proof is about. Addresses are in lower case.
type MailClaims struct {
	Email       string  `json:"email"`
	UserID      string  `json:"userId"`
	UpdateTo    string  `json:"updateTo,omitempty"` // the new address, for a change
	RequestType Purpose `json:"requestType,omitempty"`
}

// valid reports whether the claims are whole: a change names both addresses, and nothing
// else names two. The protocol's older form, a change without a purpose, is not one of ours.
func (c MailClaims) valid() bool {
	switch c.RequestType {
	case ConfirmAddress:
		return isEmail(c.Email) && c.UserID != "" && c.UpdateTo == ""
	case ApproveChange, ConfirmChange:
		return isEmail(c.Email) && c.UserID != "" && isEmail(c.UpdateTo)
	}
	return false
}

// isEmail reports whether the text can be an address at all. Whether it is somebody's is
// for the caller to find out.
func isEmail(text string) bool {
	local, domain, _ := strings.Cut(text, "@")
	return local != "" && domain != "" && len(text) <= maxEmail && !strings.Contains(domain, "@") &&
		!strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c >= 0x7f })
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

// Issue returns a proof that works for MailLife. Claims that Parse would refuse are refused
// here already, with ErrMailInvalid.
func (m *Mail) Issue(claims MailClaims) (string, error) {
	claims.Email, claims.UpdateTo = strings.ToLower(claims.Email), strings.ToLower(claims.UpdateTo)
	if !claims.valid() {
		return "", ErrMailInvalid
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: m.key}, nil)
	if err != nil {
		return "", fmt.Errorf("sign mailed proof: %w", err)
	}
	now := m.now()
	times := jwt.Claims{IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(MailLife))}
	proof, err := jwt.Signed(signer).Claims(claims).Claims(times).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign mailed proof: %w", err)
	}
	return proof, nil
}

// Parse returns the claims of a proof for one of the purposes; none named: ConfirmAddress.
// ErrMailExpired for one that was good once, ErrMailInvalid for everything else, a proof
// for another purpose included.
func (m *Mail) Parse(proof string, purposes ...Purpose) (MailClaims, error) {
	if !isCompact(proof, maxMail) {
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
	claims.Email, claims.UpdateTo = strings.ToLower(claims.Email), strings.ToLower(claims.UpdateTo)
	if len(purposes) == 0 {
		purposes = []Purpose{ConfirmAddress}
	}
	if !claims.valid() || !slices.Contains(purposes, claims.RequestType) {
		return MailClaims{}, ErrMailInvalid
	}
	if err := m.checkTimes(times); err != nil {
		return MailClaims{}, err
	}
	return claims, nil
}

func (m *Mail) checkTimes(times jwt.Claims) error {
	now := m.now()
	soon := now.Add(maxSkew)
	switch {
	case times.Expiry == nil || times.IssuedAt == nil || soon.Before(times.IssuedAt.Time()):
		return ErrMailInvalid
	case times.NotBefore != nil && soon.Before(times.NotBefore.Time()):
		return ErrMailInvalid
	case !now.Before(times.Expiry.Time()):
		return ErrMailExpired
	}
	return nil
}

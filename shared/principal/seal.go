package principal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	json "github.com/go-json-experiment/json/v1"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

const sealedLife = 30 * time.Second

// ErrSeal is returned for a sealed principal that does not verify. It says no more:
// the reason would only help a forger.
var ErrSeal = fault.New(fault.Unauthenticated, "principal.seal", "The caller's identity could not be verified.")

// Sealer seals principals for the way between processes: HMAC-SHA-256 over the
// principal, its audience, the request and an end of life 30 seconds ahead.
// A Sealer is safe for concurrent use.
type Sealer struct {
	key [32]byte
	now func() time.Time
}

// NewSealer returns a Sealer with the given key and clock.
func NewSealer(key [32]byte, now func() time.Time) *Sealer {
	return &Sealer{key: key, now: now}
}

type sealed struct {
	Principal Principal `json:"p"`
	Audience  string    `json:"aud"`
	Request   string    `json:"rid"`
	Expires   int64     `json:"exp"` // seconds, rounded down; not valid from then on
}

// Seal returns p as text for one audience and one request id.
func (s *Sealer) Seal(p Principal, audience, request string) (string, error) {
	body, err := json.Marshal(sealed{p, audience, request, s.now().Add(sealedLife).Unix()})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(body)
	return text + "." + s.mac(text), nil
}

// Open returns the principal of a text that Seal made for this audience and request
// and that is not older than 30 seconds, else ErrSeal.
func (s *Sealer) Open(text, audience, request string) (Principal, error) {
	body, mac, found := strings.Cut(text, ".")
	if !found {
		return Principal{}, ErrSeal
	}
	if !hmac.Equal([]byte(mac), []byte(s.mac(body))) { // as text: base64 has several forms of one value
		return Principal{}, ErrSeal
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return Principal{}, ErrSeal
	}
	var in sealed
	if err := json.Unmarshal(raw, &in); err != nil {
		return Principal{}, ErrSeal
	}
	if in.Audience != audience || in.Request != request || s.now().Unix() >= in.Expires {
		return Principal{}, ErrSeal
	}
	return in.Principal, nil
}

func (s *Sealer) mac(text string) string {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

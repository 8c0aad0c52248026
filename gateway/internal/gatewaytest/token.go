package gatewaytest

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"maps"
	"sync"
	"testing"
	"time"
)

// Issuer is the public origin of gateways in tests.
const Issuer = "https://auth.example.com"

// Key is a signing key.
type Key struct {
	ID      string
	private ed25519.PrivateKey
}

// NewKey returns the key that grows from a seed.
func NewKey(id string, seed byte) Key {
	return Key{id, ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))}
}

// Public is the public half.
func (k Key) Public() crypto.PublicKey { return k.private.Public() }

// Claims of a token, or its header.
type Claims map[string]any

// Token returns a token that is good at the time: an access token (RFC 9068) of ada. Each
// change is a claim of its own; nil takes the claim out.
func (k Key) Token(t testing.TB, at time.Time, changes Claims) string {
	t.Helper()
	claims := Claims{
		"iss": Issuer, "aud": Issuer, "sub": "ada", "sid": "session-1", "iat": at.Unix(), "exp": at.Add(5 * time.Minute).Unix(),
		"client_id": "first-party", "scope": "openid profile", "roles": []string{"user"}, "amr": []string{"pwd"}, "auth_time": at.Unix(), "jti": "1",
	}
	return k.Sign(t, Claims{"alg": "EdDSA", "typ": "at+jwt", "kid": k.ID}, merged(claims, changes))
}

// Sign returns a JWS in compact form over any header and claims.
func (k Key) Sign(t testing.TB, header, claims Claims) string {
	t.Helper()
	input := segment(t, header) + "." + segment(t, claims)
	return input + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(k.private, []byte(input)))
}

func segment(t testing.TB, part Claims) string {
	t.Helper()
	encoded, err := json.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

func merged(claims, changes Claims) Claims {
	all := maps.Clone(claims)
	for name, value := range changes {
		if value == nil {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	return all
}

// Clock is a clock that moves when told to.
type Clock struct {
	mutex sync.Mutex
	now   time.Time
}

// NewClock returns a Clock that stands at a time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(d)
}

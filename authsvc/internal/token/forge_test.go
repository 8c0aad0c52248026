package token_test

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/signingkey"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

const issuer = "https://auth.example"

func now() time.Time { return time.Unix(1_795_472_100, 0).UTC() }

// at returns a clock that shows now plus d.
func at(d time.Duration) func() time.Time { return func() time.Time { return now().Add(d) } }

// keys is a ring with one key that signs, K1, and an older one that still counts, K0.
type keys struct{ current, former signingkey.Key }

func (k keys) Signing(context.Context) (signingkey.Key, error) { return k.current, nil }

func (k keys) Published(context.Context) ([]signingkey.Key, error) {
	return []signingkey.Key{k.former, k.current}, nil
}

func ring() keys { return keys{current: key("K1", 1), former: key("K0", 0)} }

func key(id string, seed byte) signingkey.Key {
	bytes := make([]byte, ed25519.SeedSize)
	bytes[0] = seed
	private := ed25519.NewKeyFromSeed(bytes)
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		panic("an Ed25519 key has another public half")
	}
	return signingkey.Key{ID: id, Public: public, Private: private}
}

func mint(clock func() time.Time) *token.Mint { return token.NewMint(ring(), issuer, clock) }

type object = map[string]any

// claims are those of a good access token, changed by the test; nil takes one away.
func claims(changes object) object {
	c := object{
		"iss": issuer, "sub": "u1", "aud": issuer, "iat": now().Unix(), "exp": now().Add(time.Minute).Unix(), "jti": "j1", "sid": "s1",
		"client_id": "c1", "scope": "openid profile", "roles": []string{"user"}, "amr": []string{"pwd"}, "auth_time": now().Unix(),
	}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, value any) bool { return value == nil })
	return c
}

// header is that of a good access token, changed by the test.
func header(changes object) object {
	h := object{"alg": "EdDSA", "typ": "at+jwt", "kid": "K1"}
	maps.Copy(h, changes)
	maps.DeleteFunc(h, func(_ string, value any) bool { return value == nil })
	return h
}

// forge makes a token of any header and claims, signed by any means.
func forge(t testing.TB, header, payload any, sign func(input []byte) []byte) string {
	t.Helper()
	input := segment(t, header) + "." + segment(t, payload)
	return input + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(input)))
}

func segment(t testing.TB, value any) string {
	t.Helper()
	text, raw := value.(string) // JSON as it stands
	if !raw {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// good signs with the key that counts.
func good(input []byte) []byte { return ed25519.Sign(ring().current.Private, input) }

func unsigned([]byte) []byte { return nil }

// hs256 signs with HMAC under any bytes.
func hs256(secret []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

// decode returns header and claims of a token, unverified.
func decode(t *testing.T, raw string) (header string, payload object) {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is not a compact JWS", raw)
	}
	first, errFirst := base64.RawURLEncoding.DecodeString(parts[0])
	second, errSecond := base64.RawURLEncoding.DecodeString(parts[1])
	if errFirst != nil || errSecond != nil {
		t.Fatal(errFirst, errSecond)
	}
	if err := json.Unmarshal(second, &payload); err != nil {
		t.Fatal(err)
	}
	return string(first), payload
}

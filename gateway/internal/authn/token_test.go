package authn_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/authn"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/gatewaytest"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

const trustedOrigin = "https://app.example.com"

// world is an Authenticator over modules of its own.
type world struct {
	*gatewaytest.Modules
	*authn.Authenticator
	key   gatewaytest.Key
	clock *gatewaytest.Clock
}

func newWorld(t testing.TB) *world {
	t.Helper()
	key := gatewaytest.NewKey("key-1", 1)
	modules, clock := gatewaytest.NewModules(key), gatewaytest.NewClock(time.Unix(1767225600, 0).UTC())
	trusted := func(origin string) bool { return origin == trustedOrigin || origin == gatewaytest.Issuer }
	caller := modules.Caller(t)
	return &world{modules, authn.New(authn.Config{
		Call: caller, Issuer: gatewaytest.Issuer, Trusted: trusted, Changes: gatewaytest.Changes(caller), Now: clock.Now, Keep: true,
	}), key, clock}
}

// with asks whether a request with the headers passes the guard.
func (w *world) with(t testing.TB, guard httpx.Guard, method string, headers ...string) (principal.Principal, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	proof, err := w.Enforce(t.Context(), guard, r)
	if proof == nil || err != nil {
		return principal.Principal{}, err
	}
	return proof.Principal, nil
}

func (w *world) bearer(t testing.TB, token string) (principal.Principal, error) {
	t.Helper()
	return w.with(t, httpx.Authenticated(), http.MethodGet, "Authorization", "Bearer "+token)
}

func TestAuthenticator_AcceptsAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.clock.Now()
	got, err := w.bearer(t, w.key.Token(t, now, nil))
	if err != nil {
		t.Fatal(err)
	}
	got.AuthTime = got.AuthTime.UTC()
	want := principal.Principal{
		Subject: "ada", SID: "session-1", ClientID: "first-party", Roles: []string{"user"}, Scope: []string{"openid", "profile"}, AMR: []string{"pwd"}, AuthTime: now,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, changes := range map[string]gatewaytest.Claims{
		"with several audiences":       {"aud": []string{"other", gatewaytest.Issuer}},
		"of the client protocol":       {"roles": nil, "role": "user,admin", "client_id": nil, "amr": nil, "auth_time": nil},
		"that expired within the skew": {"exp": now.Add(-29 * time.Second).Unix()},
		"of a clock that runs ahead":   {"iat": now.Add(29 * time.Second).Unix(), "nbf": now.Add(29 * time.Second).Unix()},
	} {
		if p, err := w.bearer(t, w.key.Token(t, now, changes)); err != nil || p.Subject != "ada" {
			t.Errorf("a token %s: %+v, %v", name, p, err)
		}
	}
	untyped := w.key.Sign(t, gatewaytest.Claims{"alg": "EdDSA", "kid": "key-1"}, gatewaytest.Claims{
		"iss": gatewaytest.Issuer, "aud": gatewaytest.Issuer, "sub": "ada", "sid": "s", "iat": now.Unix(), "exp": now.Unix() + 60, "role": "user,admin",
	})
	if p, err := w.bearer(t, untyped); err != nil || !p.HasRole("admin") {
		t.Errorf("a token without a type: %+v, %v", p, err)
	}
	if calls := w.Calls("authenticate"); calls != 0 {
		t.Errorf("authsvc was asked %d times about tokens that verify here", calls)
	}
	if _, err := w.with(t, httpx.Authenticated(), http.MethodGet, "Authorization", "bEARER "+untyped); err != nil {
		t.Errorf("the scheme in other letters (RFC 9110, section 11.1): %v", err)
	}
}

// RFC 8725, ASVS V9: the corpus of tokens that must prove nothing.
//
// Covers ASVS V9.1.1, V9.1.2.
func TestAuthenticator_RefusesForgedTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.clock.Now()
	good := w.key.Token(t, now, nil)
	parts := strings.Split(good, ".")
	stranger := gatewaytest.NewKey("key-1", 2)
	headed := func(header gatewaytest.Claims) string {
		return w.key.Sign(t, header, gatewaytest.Claims{
			"iss": gatewaytest.Issuer, "aud": gatewaytest.Issuer, "sub": "ada", "sid": "s", "iat": now.Unix(), "exp": now.Unix() + 60,
		})
	}
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	corpus := map[string]string{
		"alg none":                        encode(`{"alg":"none","kid":"key-1","typ":"at+jwt"}`) + "." + parts[1] + ".",
		"alg None with a signature":       encode(`{"alg":"None","kid":"key-1"}`) + "." + parts[1] + "." + parts[2],
		"alg HS256":                       headed(gatewaytest.Claims{"alg": "HS256", "kid": "key-1"}),
		"alg HS256 over the public key":   hmacToken(t, w.key, now),
		"alg RS256":                       headed(gatewaytest.Claims{"alg": "RS256", "kid": "key-1"}),
		"no alg":                          headed(gatewaytest.Claims{"kid": "key-1"}),
		"no kid":                          headed(gatewaytest.Claims{"alg": "EdDSA"}),
		"another kid":                     headed(gatewaytest.Claims{"alg": "EdDSA", "kid": "key-2"}),
		"a kid that looks like a path":    headed(gatewaytest.Claims{"alg": "EdDSA", "kid": "../../dev/null"}),
		"a critical header":               headed(gatewaytest.Claims{"alg": "EdDSA", "kid": "key-1", "crit": []string{"exp"}, "exp": 1}),
		"an unencoded payload":            headed(gatewaytest.Claims{"alg": "EdDSA", "kid": "key-1", "crit": []string{"b64"}, "b64": false}),
		"the type JWT":                    headed(gatewaytest.Claims{"alg": "EdDSA", "kid": "key-1", "typ": "JWT"}),
		"the type of a logout token":      headed(gatewaytest.Claims{"alg": "EdDSA", "kid": "key-1", "typ": "logout+jwt"}),
		"a type that is no text":          headed(gatewaytest.Claims{"alg": "EdDSA", "kid": "key-1", "typ": 7}),
		"another key of the same id":      stranger.Token(t, now, nil),
		"its own key in the header":       stranger.Sign(t, gatewaytest.Claims{"alg": "EdDSA", "kid": "key-9", "jwk": map[string]string{"kty": "OKP"}}, nil),
		"a changed payload":               parts[0] + "." + strings.Split(w.key.Token(t, now, gatewaytest.Claims{"sub": "eve"}), ".")[1] + "." + parts[2],
		"no signature":                    parts[0] + "." + parts[1] + ".",
		"no payload":                      parts[0] + ".." + parts[2],
		"dots alone":                      "..",
		"no JSON":                         encode("x") + "." + encode("y") + "." + parts[2],
		"two objects in the payload":      w.key.Sign(t, gatewaytest.Claims{"alg": "EdDSA", "kid": "key-1"}, nil),
		"another issuer":                  w.key.Token(t, now, gatewaytest.Claims{"iss": "https://evil.example"}),
		"the issuer with a slash":         w.key.Token(t, now, gatewaytest.Claims{"iss": gatewaytest.Issuer + "/"}),
		"no issuer":                       w.key.Token(t, now, gatewaytest.Claims{"iss": nil}),
		"another audience":                w.key.Token(t, now, gatewaytest.Claims{"aud": "https://other.example"}),
		"no audience":                     w.key.Token(t, now, gatewaytest.Claims{"aud": nil}),
		"an empty list of audiences":      w.key.Token(t, now, gatewaytest.Claims{"aud": []string{}}),
		"no expiry":                       w.key.Token(t, now, gatewaytest.Claims{"exp": nil}),
		"no time of issue":                w.key.Token(t, now, gatewaytest.Claims{"iat": nil}),
		"no subject":                      w.key.Token(t, now, gatewaytest.Claims{"sub": nil}),
		"an empty subject":                w.key.Token(t, now, gatewaytest.Claims{"sub": ""}),
		"no session":                      w.key.Token(t, now, gatewaytest.Claims{"sid": nil}),
		"a time of issue in the future":   w.key.Token(t, now, gatewaytest.Claims{"iat": now.Add(time.Minute).Unix()}),
		"a beginning in the future":       w.key.Token(t, now, gatewaytest.Claims{"nbf": now.Add(time.Minute).Unix()}),
		"expired beyond the skew":         w.key.Token(t, now, gatewaytest.Claims{"exp": now.Add(-31 * time.Second).Unix()}),
		"an expiry that is text":          w.key.Token(t, now, gatewaytest.Claims{"exp": "2099-01-01"}),
		"an expiry beyond every calendar": w.key.Token(t, now, gatewaytest.Claims{"exp": 1e300}),
		"roles that are no list":          w.key.Token(t, now, gatewaytest.Claims{"roles": "admin"}),
		"a bomb of dots":                  strings.Repeat(".", 8000),
		"more than 8 KiB":                 w.key.Token(t, now, gatewaytest.Claims{"scope": strings.Repeat("x", 8<<10)}),
		"five parts, as encrypted":        good + "." + parts[1] + "." + parts[2],
		"two parts":                       parts[0] + "." + parts[1],
		"nothing":                         "",
		"a space behind":                  " ",
	}
	for name, token := range corpus {
		t.Run(name, func(t *testing.T) {
			if p, err := w.bearer(t, token); !errors.Is(err, authapi.ErrUnauthenticated) || p.Subject != "" {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
	if _, err := w.bearer(t, good); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

// hmacToken is signed with what everybody knows: the public key, taken for a shared secret.
func hmacToken(t *testing.T, key gatewaytest.Key, now time.Time) string {
	t.Helper()
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatalf("key is a %T", key.Public())
	}
	input := strings.Join(strings.Split(key.Sign(t, gatewaytest.Claims{"alg": "HS256", "kid": key.ID}, gatewaytest.Claims{
		"iss": gatewaytest.Issuer, "aud": gatewaytest.Issuer, "sub": "ada", "sid": "s", "iat": now.Unix(), "exp": now.Unix() + 60,
	}), ".")[:2], ".")
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestAuthenticator_TokensExpire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.key.Token(t, w.clock.Now(), nil)
	w.clock.Advance(5*time.Minute + 30*time.Second)
	if _, err := w.bearer(t, token); err != nil {
		t.Errorf("within the skew: %v", err)
	}
	w.clock.Advance(2 * time.Second)
	if _, err := w.bearer(t, token); !errors.Is(err, authapi.ErrUnauthenticated) {
		t.Errorf("after its time: %v", err)
	}
}

// FuzzEnforce looks for an Authorization header that proves something and is not the
// good one in another spelling.
func FuzzEnforce(f *testing.F) {
	w := newWorld(f)
	good := w.key.Token(f, w.clock.Now(), nil)
	for _, seed := range []string{"Bearer " + good, "Bearer", "Bearer a.b.c", "Basic eDp5", "bearer  " + good, strings.Repeat(".", 20), "Bearer " + good + "="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		p, err := w.with(t, httpx.Authenticated(), http.MethodGet, "Authorization", header)
		if (err == nil) != (p.Subject == "ada") {
			t.Fatalf("%+v, %v", p, err)
		}
		if err == nil && strings.Join(strings.Fields(header[len("bearer "):]), "") != good {
			t.Errorf("%q proves %+v", header, p)
		}
	})
}

package social_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/linked"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
)

func query(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Query().Get(name) == "" {
		t.Fatalf("no %s in %q: %v", name, address, err)
	}
	return u.Query().Get(name)
}

func redeem(t *testing.T, p *openidtest.Provider, o social.Provider) (social.Grant, error) {
	t.Helper()
	return o.Redeem(t.Context(), social.Redeem{Code: code(t, p, o), Issuer: p.URL, Verifier: verifier, Nonce: nonce, Redirect: redirect})
}

// TestOpenID_ChecksIDTokens bends each claim in turn (Zitadel CVE-2026-55669, row 65;
// dgrijalva/jwt-go CVE-2020-26160, row 64; Supabase Auth CVE-2026-31813, row 70; OpenID Connect
// Core, section 3.1.3.7; ASVS V10.5.1, V10.5.4).
func TestOpenID_ChecksIDTokens(t *testing.T) {
	t.Parallel()
	set := func(name string, value any) func(map[string]any) { return func(c map[string]any) { c[name] = value } }
	drop := func(name string) func(map[string]any) { return func(c map[string]any) { delete(c, name) } }
	now := time.Now()
	for name, tc := range map[string]struct {
		bend func(map[string]any)
		good bool
	}{
		"as it should be":                  {func(map[string]any) {}, true},
		"another issuer":                   {set("iss", "https://evil.example"), false},
		"the issuer with a slash":          {func(c map[string]any) { c["iss"] = c["iss"].(string) + "/" }, false}, //nolint:forcetypeassert // set by the provider
		"no issuer":                        {drop("iss"), false},
		"another audience":                 {set("aud", "another client"), false},
		"no audience":                      {drop("aud"), false},
		"an empty list of audiences":       {set("aud", []string{}), false},
		"an audience that is a number":     {set("aud", 1), false},
		"one audience in a list":           {set("aud", []string{openidtest.ClientID}), true},
		"two audiences, nobody authorized": {set("aud", []string{openidtest.ClientID, "another"}), false},
		"two audiences, we authorized": {func(c map[string]any) {
			c["aud"], c["azp"] = []string{"another", openidtest.ClientID}, openidtest.ClientID
		}, true},
		"issued to another client":           {set("azp", "another client"), false},
		"expired":                            {set("exp", now.Add(-time.Second).Unix()), false},
		"never expiring":                     {drop("exp"), false},
		"issued in the future":               {set("iat", now.Add(time.Hour).Unix()), false},
		"issued at no time":                  {drop("iat"), false},
		"not valid yet":                      {set("nbf", now.Add(time.Hour).Unix()), false},
		"another nonce":                      {set("nonce", "another"), false},
		"no nonce":                           {drop("nonce"), false},
		"another access token":               {set("at_hash", "bm90IHRoZSBoYXNo"), false},
		"no subject":                         {drop("sub"), false},
		"an empty subject":                   {set("sub", ""), false},
		"a subject that is a number":         {set("sub", 1001), false},
		"a subject that is too long":         {set("sub", strings.Repeat("x", 256)), false},
		"a token too large for any use":      {set("more", strings.Repeat("x", 20<<10)), false},
		"claims that are somewhere else":     {set("_claim_names", map[string]string{"email": "x"}), false},
		"a verified flag that is no boolean": {set("email_verified", []int{1}), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, o := acme(t)
			p.Turn(openidtest.Knobs{Claims: tc.bend})
			got, err := redeem(t, p, o)
			switch {
			case tc.good && (err != nil || got.Identity.AccountID != "1001" || got.Identity.Email != "ada@example.com"):
				t.Errorf("got %+v, %v", got.Identity, err)
			case !tc.good && !errors.Is(err, social.ErrIdentity) && !errors.Is(err, social.ErrCode):
				t.Errorf("got %+v, %v; want a refusal", got.Identity, err)
			}
			if strings.HasPrefix(name, "a verified flag") && got.Identity.EmailVerified {
				t.Error("it is taken for true")
			}
		})
	}
}

// TestOpenID_ChecksSignatures: what is not signed by a key of the provider, with an algorithm for
// signatures, proves nothing (RFC 8725, sections 2.1, 2.2 and 3.1; row 70; ASVS V6.8.2).
func TestOpenID_ChecksSignatures(t *testing.T) {
	t.Parallel()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p, o := acme(t)
	public, kid := p.PublicKey()
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(elsewhere.Close)
	withHeader := func(claims map[string]any) string {
		options := (&jose.SignerOptions{EmbedJWK: true}).WithHeader("jku", elsewhere.URL).WithHeader("x5u", elsewhere.URL)
		return signWith(t, jose.SigningKey{Algorithm: jose.ES256, Key: own}, options, claims)
	}
	for name, sign := range map[string]func(map[string]any) string{
		"with a key of its own":           func(c map[string]any) string { return openidtest.Sign(jose.ES256, own, kid, c) },
		"with a key that it brings along": withHeader,
		"with the public key as a secret": func(c map[string]any) string { return openidtest.Sign(jose.HS256, spki, kid, c) },
		"with the client's secret": func(c map[string]any) string {
			return openidtest.Sign(jose.HS256, []byte(openidtest.ClientSecret), "", c)
		},
		"not at all":                         func(c map[string]any) string { return unsigned(t, c) },
		"with a signature that was cut":      func(c map[string]any) string { s := openidtest.Sign(jose.ES256, own, kid, c); return s[:len(s)-3] },
		"by somebody who sends no token":     func(map[string]any) string { return "" },
		"by somebody who sends many parts":   func(map[string]any) string { return strings.Repeat(".", 10_000) },
		"by somebody who sends a JWE's form": func(map[string]any) string { return "a.b.c.d.e" },
	} {
		p.Turn(openidtest.Knobs{Sign: sign})
		token := p.IDToken(openidtest.Person{Subject: "1", Email: "ada@example.com", Verified: true}, nonce)
		if got, err := o.VerifyToken(t.Context(), social.IDToken{Token: token, Nonce: nonce}); !errors.Is(err, social.ErrToken) {
			t.Errorf("a token signed %s: %+v, %v", name, got, err)
		}
	}
	if asked.Load() != 0 {
		t.Error("keys were fetched from where a token said")
	}
}

func TestOpenID_FollowsRotation(t *testing.T) {
	t.Parallel()
	p := openidtest.Start(t)
	now := time.Now()
	o, err := social.NewOpenID(p.URL, client(func() time.Time { return now }))
	if err != nil {
		t.Fatal(err)
	}
	who := openidtest.Person{Subject: "1", Email: "ada@example.com", Verified: true}
	verify := func() error {
		_, err := o.VerifyToken(t.Context(), social.IDToken{Token: p.IDToken(who, "")})
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	p.Rotate(t, "second")
	for range 5 { // a flood of unknown keys
		if err := verify(); !errors.Is(err, social.ErrToken) {
			t.Fatal(err)
		}
	}
	if asked := p.Asked("/keys"); asked != 1 {
		t.Errorf("the keys were read %d times within a moment", asked)
	}
	now = now.Add(11 * time.Second)
	if err := verify(); err != nil || p.Asked("/keys") != 2 {
		t.Errorf("after a pause: %v, keys read %d times", err, p.Asked("/keys"))
	}
}

// TestOpenID_AsksNobodyElse: metadata, redirects and answers of the provider do not lead requests
// to other places, nor fill this process's memory or time (ASVS V10.5.3, V15.3.2).
func TestOpenID_AsksNobodyElse(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(inside.Close)
	for _, endpoint := range []string{"token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint"} {
		for _, address := range []string{inside.URL, "file:///etc/passwd", "javascript:alert(1)", "http://169.254.169.254/latest", "//other.example", "https://user@other.example"} {
			p, o := acme(t)
			p.Turn(openidtest.Knobs{Metadata: func(m map[string]any) { m[endpoint] = address }})
			if got, err := o.AuthorizeURL(t.Context(), social.Authorize{State: "s", Nonce: nonce, Verifier: verifier, Redirect: redirect}); !errors.Is(err, social.ErrDown) {
				t.Errorf("%s %s: %q, %v", endpoint, address, got, err)
			}
		}
	}
	t.Run("not by a redirect", func(t *testing.T) {
		t.Parallel()
		p, o := acme(t)
		given := code(t, p, o)
		p.Turn(openidtest.Knobs{RedirectsTo: inside.URL})
		if _, err := o.Redeem(t.Context(), social.Redeem{Code: given, Issuer: p.URL, Verifier: verifier, Nonce: nonce, Redirect: redirect}); !errors.Is(err, social.ErrCode) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not by metadata of another issuer", func(t *testing.T) {
		t.Parallel()
		p, o := acme(t)
		p.Turn(openidtest.Knobs{Metadata: func(m map[string]any) { m["issuer"] = "https://other.example" }})
		if _, err := o.AuthorizeURL(t.Context(), social.Authorize{}); !errors.Is(err, social.ErrDown) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not without end", func(t *testing.T) {
		t.Parallel()
		p, o := acme(t)
		p.Turn(openidtest.Knobs{NoSecondary: true, UserInfo: []byte(`{"sub":"1001","email":"ada@example.com","x":"` + strings.Repeat("x", 1<<20) + `"}`)})
		if got, err := redeem(t, p, o); !errors.Is(err, social.ErrIdentity) {
			t.Errorf("got %+v, %v", got.Identity, err)
		}
	})
	if asked.Load() != 0 {
		t.Error("a service inside was asked")
	}
}

// TestOpenID_CompletesFromUserInfo: claims that the id token lacks come from userinfo, of the same
// subject only (OpenID Connect Core, section 5.3.2).
func TestOpenID_CompletesFromUserInfo(t *testing.T) {
	t.Parallel()
	p, o := acme(t)
	p.Turn(openidtest.Knobs{NoSecondary: true})
	got, err := redeem(t, p, o)
	if err != nil || got.Identity.Email != "ada@example.com" || !got.Identity.EmailVerified || got.Identity.Name != "Ada Lovelace" {
		t.Errorf("got %+v, %v", got.Identity, err)
	}
	p.Turn(openidtest.Knobs{NoSecondary: true, UserInfo: []byte(`{"sub":"another","email":"ada@example.com","email_verified":true}`)})
	if got, err := redeem(t, p, o); !errors.Is(err, social.ErrIdentity) {
		t.Errorf("another subject's claims: %+v, %v", got.Identity, err)
	}
}

// TestOpenID_SendsTheSecretAsTheProviderWants: a code is sent once, in the way that the metadata
// names, never in both.
func TestOpenID_SendsTheSecretAsTheProviderWants(t *testing.T) {
	t.Parallel()
	for _, methods := range [][]string{nil, {"client_secret_post"}, {"client_secret_post", "client_secret_basic"}, {"private_key_jwt", "client_secret_post"}} {
		p, o := acme(t)
		p.Turn(openidtest.Knobs{Metadata: func(m map[string]any) { m["token_endpoint_auth_methods_supported"] = methods }})
		if _, err := redeem(t, p, o); err != nil || p.Asked("/token") != 1 {
			t.Errorf("%v: %v, asked %d times", methods, err, p.Asked("/token"))
		}
	}
}

func TestOpenID_TellsOutagesFromRefusals(t *testing.T) {
	t.Parallel()
	p, o := acme(t)
	granted, err := redeem(t, p, o)
	if err != nil {
		t.Fatal(err)
	}
	given := code(t, p, o)
	for name, tc := range map[string]struct {
		turn openidtest.Knobs
		want error
	}{"down": {openidtest.Knobs{Down: true}, social.ErrDown}, "refuses": {openidtest.Knobs{RefuseTokens: true}, social.ErrRefresh}} {
		p.Turn(tc.turn)
		if _, err := o.Refresh(t.Context(), granted.Tokens.Refresh); !errors.Is(err, tc.want) {
			t.Errorf("%s: refresh: %v", name, err)
		}
		if _, err := o.Redeem(t.Context(), social.Redeem{Code: given, Issuer: p.URL, Verifier: verifier, Nonce: nonce, Redirect: redirect}); err == nil || (tc.want == social.ErrDown) != errors.Is(err, social.ErrDown) { //nolint:errorlint // chooses a row
			t.Errorf("%s: redeem: %v", name, err)
		} else if strings.Contains(err.Error(), given) || strings.Contains(err.Error(), openidtest.ClientSecret) {
			t.Errorf("%s: the error tells secrets: %v", name, err)
		}
	}
	p.Turn(openidtest.Knobs{})
	if _, err := o.Redeem(t.Context(), social.Redeem{Code: given, Issuer: p.URL, Verifier: "another verifier, of another browser, long enough", Nonce: nonce, Redirect: redirect}); !errors.Is(err, social.ErrCode) {
		t.Errorf("another verifier (RFC 7636): %v", err)
	}
	if _, err := o.Identify(t.Context(), linked.Tokens{Access: "unknown"}); !errors.Is(err, social.ErrIdentity) {
		t.Errorf("an unknown token: %v", err)
	}
}

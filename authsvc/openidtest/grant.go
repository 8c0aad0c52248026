package openidtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// authorize lets whoever is signed in go back with a code, without asking.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	k := p.knobs()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("redirect_uri") == "" || q.Get("state") == "" ||
		q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" {
		http.Error(w, "this request is not one of the client's", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}, "iss": {p.URL}}
	if k.Issuer != "" {
		back.Set("iss", k.Issuer)
	}
	if k.Issuer == "-" || strings.HasPrefix(r.URL.Path, "/login/") {
		back.Del("iss")
	}
	if k.Refuse != "" {
		back.Set("error", k.Refuse)
		back.Set("error_description", "the person said no")
	} else {
		code := random()
		p.mu.Lock()
		p.codes[code] = grant{p.person, q.Get("code_challenge"), q.Get("nonce"), q.Get("redirect_uri"), q.Get("scope")}
		p.mu.Unlock()
		back.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

// Visit goes to the provider as a browser does, and returns where it leads back to.
func (p *Provider) Visit(t testing.TB, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusFound {
		t.Fatalf("the provider answers %d to %s", response.StatusCode, address)
	}
	return response.Header.Get("Location")
}

// token grants for codes and refresh tokens.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	} else {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	}
	k := p.knobs()
	switch {
	case id != ClientID || secret != ClientSecret:
		refuse(w, http.StatusUnauthorized, "invalid_client")
	case k.RefuseTokens:
		refuse(w, http.StatusBadRequest, "invalid_grant")
	case r.FormValue("grant_type") == "authorization_code":
		p.redeem(w, r)
	case r.FormValue("grant_type") == "refresh_token":
		p.renew(w, r)
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code})
}

func (p *Provider) redeem(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	granted, ok := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	p.mu.Unlock()
	hash := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(hash[:])
	if !ok || granted.redirect != r.FormValue("redirect_uri") || subtle.ConstantTimeCompare([]byte(challenge), []byte(granted.challenge)) != 1 {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	p.grant(w, granted, strings.Contains(r.URL.Path, "/login/"))
}

func (p *Provider) renew(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	granted, ok := p.refresh[r.FormValue("refresh_token")]
	delete(p.refresh, r.FormValue("refresh_token")) // rotates: a second use is refused
	if p.turn.FewerScopes != "" {
		granted.scope = p.turn.FewerScopes
	}
	p.mu.Unlock()
	if !ok {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	granted.nonce = ""
	p.grant(w, granted, strings.Contains(r.URL.Path, "/login/"))
}

func (p *Provider) grant(w http.ResponseWriter, g grant, gitHub bool) {
	access, refresh := random(), random()
	p.mu.Lock()
	p.access[access], p.refresh[refresh] = g.person, g
	k := p.turn
	p.mu.Unlock()
	granted := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh, "scope": g.scope}
	if gitHub {
		granted["scope"] = strings.ReplaceAll(g.scope, " ", ",")
	} else if !k.NoIDToken {
		granted["id_token"] = p.IDToken(g.person, g.nonce)
	}
	answer(w, granted)
}

// IDToken signs an id token about somebody, as the knobs have it.
func (p *Provider) IDToken(who Person, nonce string) string {
	k := p.knobs()
	now := p.Now()
	claims := map[string]any{"iss": p.URL, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	for name, value := range who.claims() {
		if !k.NoSecondary || name == "sub" {
			claims[name] = value
		}
	}
	if k.Claims != nil {
		k.Claims(claims)
	}
	if k.Sign != nil {
		return k.Sign(claims)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return Sign(jose.ES256, p.key, p.kid, claims)
}

// Sign signs claims with any key.
func Sign(algorithm jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		return ""
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return ""
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return ""
	}
	compact, _ := signed.CompactSerialize()
	return compact
}

// PublicKey is the key that verifies its id tokens, and its id.
func (p *Provider) PublicKey() (*ecdsa.PublicKey, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &p.key.PublicKey, p.kid
}

func (p *Provider) bearer(r *http.Request) (Person, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return Person{}, false
	}
	return p.Granted(token)
}

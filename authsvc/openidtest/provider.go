package openidtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What the provider knows its one client as.
const (
	ClientID     = "gatehouse-of-tests"
	ClientSecret = "what only the provider and its client know"
)

// Person is somebody who has an account at the provider.
type Person struct {
	Subject  string // a number in decimal for GitHub
	Email    string
	Verified any // what the provider says: usually a boolean; nil says nothing
	Name     string
	Picture  string
}

// Knobs change what the provider does. The zero value is a provider as it should be.
type Knobs struct {
	Down         bool                 // answers 503 to everything
	Metadata     func(map[string]any) // changes the metadata
	Claims       func(map[string]any) // changes the claims of id tokens
	Sign         func(claims map[string]any) string
	NoIDToken    bool
	NoSecondary  bool   // id tokens name nobody's address: userinfo does
	UserInfo     []byte // instead of what userinfo says
	Refuse       string // the error that authorize answers with
	Issuer       string // instead of its own in the answer of authorize; "-": none
	RedirectsTo  string // where token, userinfo and key requests are redirected to
	RefuseTokens bool   // grants nothing for a code or a refresh token
	FewerScopes  string // the scope that refreshing names
}

// Provider is a running identity provider. It is safe for concurrent use.
type Provider struct {
	URL  string // its issuer
	Now  func() time.Time
	key  *ecdsa.PrivateKey
	kid  string
	mu   sync.Mutex
	turn Knobs

	person  Person
	codes   map[string]grant
	access  map[string]Person
	refresh map[string]grant
	asked   map[string]int
}

type grant struct {
	person    Person
	challenge string
	nonce     string
	redirect  string
	scope     string
}

// Start starts a provider that ends with the test.
func Start(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{
		Now: time.Now, kid: "first", codes: map[string]grant{}, access: map[string]Person{}, refresh: map[string]grant{}, asked: map[string]int{},
		person: Person{Subject: "1001", Email: "ada@example.com", Verified: true, Name: "Ada Lovelace", Picture: "https://img.example.com/ada.png"},
	}
	p.key = newKey(t)
	server := httptest.NewServer(p.handler())
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Turn sets the knobs.
func (p *Provider) Turn(k Knobs) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn = k
}

func (p *Provider) knobs() Knobs {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.turn
}

// SignedIn makes somebody the one who sits before the provider's page.
func (p *Provider) SignedIn(who Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person = who
}

// Rotate gives the provider another key; the old one is gone.
func (p *Provider) Rotate(t testing.TB, kid string) {
	key := newKey(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.kid = key, kid
}

// Asked returns how often a path was asked for.
func (p *Provider) Asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// Granted reports whether the provider knows an access token, and for whom.
func (p *Provider) Granted(access string) (Person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, ok := p.access[access]
	return who, ok
}

func (p *Provider) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.metadata)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userInfo)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /login/oauth/authorize", p.authorize)
	mux.HandleFunc("POST /login/oauth/access_token", p.token)
	mux.HandleFunc("GET /user", p.gitHubUser)
	mux.HandleFunc("GET /user/emails", p.gitHubEmails)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked[r.URL.Path]++
		k := p.turn
		p.mu.Unlock()
		switch {
		case k.Down:
			w.WriteHeader(http.StatusServiceUnavailable)
		case k.RedirectsTo != "" && r.URL.Path != "/authorize" && r.URL.Path != "/.well-known/openid-configuration":
			http.Redirect(w, r, k.RedirectsTo, http.StatusTemporaryRedirect)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

func (p *Provider) metadata(w http.ResponseWriter, _ *http.Request) {
	m := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"userinfo_endpoint": p.URL + "/userinfo", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	}
	if change := p.knobs().Metadata; change != nil {
		change(m)
	}
	answer(w, m)
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: p.kid, Algorithm: "ES256", Use: "sig"}}})
}

func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	who, ok := p.bearer(r)
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if instead := p.knobs().UserInfo; instead != nil {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(instead)
		return
	}
	answer(w, who.claims())
}

func (who Person) claims() map[string]any {
	all := map[string]any{"sub": who.Subject, "name": who.Name, "email": who.Email, "email_verified": who.Verified, "picture": who.Picture}
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil || value == "" })
	return all
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

func random() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw)
}

package test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// mainJob is what Gatehouse is for: the whole way of one person, and an administrator who
// sees all of it.
func (s *suite) mainJob(t *testing.T) {
	p := s.signUp(t)
	s.confirm(t, p)

	other := s.visitor()
	signedIn := other.send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	s.status(t, "sign in", signedIn, 200)
	token := signedIn.at("token")
	s.hide(token)
	session := other.send(t, "GET /api/auth/get-session", nil)
	s.is(t, "the session's user", session.at("user.email"), p.email)
	s.is(t, "their address is confirmed", session.at("user.emailVerified"), "true")
	s.holds(t, "a session does not show its token (ADR 0002)", session.at("session.token") != token)

	signed := other.send(t, "GET /api/auth/token", nil).at("token")
	s.hide(signed)
	s.verifyJWT(t, signed, p)
	pair := s.exchange(t, token)
	for way, who := range map[string]*visitor{
		"cookie": other, "session token": other.with(token), "JWT": other.with(signed), "access token": other.with(pair.access),
	} {
		got := who.send(t, "GET /api/v1/me", nil)
		s.status(t, "a guarded route by "+way, got, 200)
		s.is(t, "who that is by "+way, got.at("id"), p.id)
	}
	s.status(t, "the guarded route by nobody", s.visitor().send(t, "GET /api/v1/me", nil), 401)

	s.status(t, "sign out", other.send(t, "POST /api/auth/sign-out", nil), 200)
	s.is(t, "nothing is left in the browser", other.cookies["better-auth.session_token"], "")
	s.is(t, "the session after that", string(other.send(t, "GET /api/auth/get-session", nil).body), "null")
	s.status(t, "the old session token", other.with(token).send(t, "GET /api/v1/me", nil), 401)

	s.audit(t, p)
}

// confirm follows the link of the verification mail.
func (s *suite) confirm(t *testing.T, p *person) {
	t.Helper()
	s.is(t, "a new address is not confirmed", p.send(t, "GET /api/auth/get-session", nil).at("user.emailVerified"), "false")
	link := s.path(t, s.mailed(t, p.email, "confirm"))
	if parsed, err := url.Parse(link); err == nil {
		s.hide(parsed.Query().Get("token"))
	}
	got := p.send(t, "GET "+link, nil)
	s.status(t, "follow the mailed link", got, 302)
	s.is(t, "where it leads", got.header.Get("Location"), "/")
	s.is(t, "now it is", p.send(t, "GET /api/auth/get-session", nil).at("user.emailVerified"), "true")
	tampered := s.visitor().send(t, "GET "+link[:len(link)-20]+"x", nil)
	s.holds(t, "another token is refused: "+tampered.String(), tampered.status == 401 || tampered.header.Get("Location") != "/")
}

// verifyJWT verifies a token as any program would: with the published keys.
func (s *suite) verifyJWT(t *testing.T, signed string, p *person) {
	t.Helper()
	var keys jose.JSONWebKeySet
	got := s.visitor().send(t, "GET /api/auth/jwks", nil)
	s.status(t, "published keys", got, 200)
	if err := json.Unmarshal(got.body, &keys); err != nil {
		t.Fatalf("keys: %v in %s", err, got)
	}
	parsed, err := jwt.ParseSigned(signed, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatalf("token: %v", err)
	}
	var claims jwt.Claims
	if err := parsed.Claims(keys, &claims); err != nil {
		t.Fatalf("token does not verify with the published keys: %v", err)
	}
	s.is(t, "the token's subject", claims.Subject, p.id)
	s.is(t, "the token's issuer", claims.Issuer, s.system.URL)
}

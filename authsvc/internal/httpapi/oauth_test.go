package httpapi_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

const (
	exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessType    = "urn:ietf:params:oauth:token-type:access_token"
	sessionType   = "urn:gatehouse:token-type:session"
)

// form encodes parameters.
func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

// oauth posts a form to one of the OAuth endpoints.
func (a *app) oauth(t *testing.T, endpoint, body string, header ...string) answer {
	t.Helper()
	all := map[string]string{"Content-Type": typeForm}
	for i := 0; i < len(header); i += 2 {
		all[header[i]] = header[i+1]
	}
	return a.do(t, request{method: http.MethodPost, path: "/oauth2/" + endpoint, body: body, header: all})
}

// pair is the answer of the token endpoint.
type pair struct {
	AccessToken     string `json:"access_token"`
	TokenType       string `json:"token_type"`
	ExpiresIn       int    `json:"expires_in"`
	RefreshToken    string `json:"refresh_token"`
	IssuedTokenType string `json:"issued_token_type"`
	Scope           string
}

// exchanged returns the token pair of a session.
func (a *app) exchanged(t *testing.T, session string, more ...string) pair {
	t.Helper()
	parameters := append([]string{"grant_type", exchangeGrant, "subject_token", session, "subject_token_type", sessionType}, more...)
	got := a.oauth(t, "token", form(parameters...))
	got.wants(t, http.StatusOK, "")
	var p pair
	got.decode(t, &p)
	return p
}

// active reports what introspection says of a token.
func (a *app) active(t *testing.T, token string) bool {
	t.Helper()
	got := a.oauth(t, "introspect", form("token", token))
	got.wants(t, http.StatusOK, "")
	var in struct{ Active bool }
	got.decode(t, &in)
	return in.Active
}

// Covers Keycloak CVE-2022-1245, Casdoor CVE-2026-9097.
func TestOAuth_Exchange(t *testing.T) {
	t.Parallel()

	t.Run("turns a session into a pair (RFC 8693, section 2.2.1)", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		in := a.browser().signUp(t, ada)
		got := a.oauth(t, "token", form("grant_type", exchangeGrant, "subject_token", in.Token, "subject_token_type", sessionType, "scope", "a b"))
		got.wants(t, http.StatusOK, "")
		var p pair
		got.decode(t, &p)
		if p.TokenType != "Bearer" || p.ExpiresIn != 300 || p.IssuedTokenType != accessType || p.Scope != "a b" || p.RefreshToken == "" {
			t.Errorf("the answer is %s, %d s, %s, scope %q", p.TokenType, p.ExpiresIn, p.IssuedTokenType, p.Scope)
		}
		if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Pragma") != "no-cache" {
			t.Errorf("Cache-Control %q, Pragma %q", got.header.Get("Cache-Control"), got.header.Get("Pragma"))
		}
		if !a.active(t, p.AccessToken) || !a.active(t, p.RefreshToken) {
			t.Error("the new tokens are not active")
		}
	})

	t.Run("refuses a session that is over (Keycloak CVE-2022-1245, row 59)", func(t *testing.T) {
		t.Parallel()
		for name, end := range map[string]func(*app, *browser, signed){
			"signed out": func(_ *app, b *browser, _ signed) { b.do(t, request{method: http.MethodPost, path: "/sign-out"}) },
			"expired":    func(a *app, _ *browser, _ signed) { a.Clock.Advance(8 * 24 * time.Hour) },
			"banned": func(a *app, _ *browser, in signed) {
				a.Identity.Change(in.User.ID, func(u *identityapi.User) { u.Banned = true })
			},
			"deleted": func(a *app, _ *browser, in signed) { a.Identity.Delete(in.User.ID) },
		} {
			a := newApp(t, authtest.Options{})
			b := a.browser()
			in := b.signUp(t, ada)
			end(a, b, in)
			got := a.oauth(t, "token", form("grant_type", exchangeGrant, "subject_token", in.Token, "subject_token_type", sessionType))
			if got.status != http.StatusBadRequest || got.code(t) != "invalid_grant" {
				t.Errorf("%s: status %d, body %s", name, got.status, got.body)
			}
		}
	})
}

// TestOAuth_Refuses covers RFC 6749, sections 2.3, 3.2 and 5.2, and RFC 8693, section 2.2.2.
//
// Covers ASVS V10.4.4, V15.3.7.
func TestOAuth_Refuses(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	in := b.signUp(t, ada)
	p := a.exchanged(t, in.Token, "scope", "a")
	exchange := func(more ...string) string {
		return form(append([]string{"grant_type", exchangeGrant, "subject_token", in.Token, "subject_token_type", sessionType}, more...)...)
	}
	refresh := func(more ...string) string {
		return form(append([]string{"grant_type", "refresh_token", "refresh_token", p.RefreshToken}, more...)...)
	}
	basic := func(user string) string { return "Basic " + user }
	for name, tc := range map[string]struct {
		body   string
		header []string
		status int
		code   string
	}{
		"no grant type":               {form("refresh_token", p.RefreshToken), nil, 400, "invalid_request"},
		"an unknown grant type":       {form("grant_type", "password", "username", ada), nil, 400, "unsupported_grant_type"},
		"client credentials":          {form("grant_type", "client_credentials"), nil, 400, "unsupported_grant_type"},
		"a repeated parameter":        {refresh("scope", "a", "scope", "a"), nil, 400, "invalid_request"},
		"a repeated token":            {refresh("refresh_token", "other"), nil, 400, "invalid_request"},
		"no refresh token":            {form("grant_type", "refresh_token"), nil, 400, "invalid_request"},
		"a forged refresh token":      {form("grant_type", "refresh_token", "refresh_token", "forged"), nil, 400, "invalid_grant"},
		"an access token to refresh":  {form("grant_type", "refresh_token", "refresh_token", p.AccessToken), nil, 400, "invalid_grant"},
		"a wider scope":               {refresh("scope", "a b"), nil, 400, "invalid_scope"},
		"an unknown client":           {refresh("client_id", "other"), nil, 401, "invalid_client"},
		"a secret of a public client": {refresh("client_id", "first-party", "client_secret", "a"), nil, 401, "invalid_client"},
		"two authentications":         {refresh("client_secret", "a"), []string{"Authorization", basic("Zmlyc3QtcGFydHk6")}, 400, "invalid_request"},
		"two client ids":              {refresh("client_id", "other"), []string{"Authorization", basic("Zmlyc3QtcGFydHk6")}, 401, "invalid_client"},
		"an unknown client, by Basic": {refresh(), []string{"Authorization", basic("b3RoZXI6c2VjcmV0")}, 401, "invalid_client"},
		"Basic that is none":          {refresh(), []string{"Authorization", basic("%%%")}, 401, "invalid_client"},
		"a bearer for a client":       {refresh(), []string{"Authorization", "Bearer " + in.Token}, 401, "invalid_client"},
		"JSON":                        {`{"grant_type":"refresh_token"}`, []string{"Content-Type", typeJSON}, 400, "invalid_request"},
		"no media type":               {refresh(), []string{"Content-Type", ""}, 400, "invalid_request"},
		"a broken form":               {"grant_type=%zz", nil, 400, "invalid_request"},
		"a body beyond 16 KiB":        {refresh("padding", string(slices.Repeat([]byte("a"), 17<<10))), nil, 413, ""},
		"no subject token":            {form("grant_type", exchangeGrant, "subject_token_type", sessionType), nil, 400, "invalid_request"},
		"another subject token type":  {form("grant_type", exchangeGrant, "subject_token", in.Token, "subject_token_type", accessType), nil, 400, "invalid_request"},
		"a refresh token as subject":  {form("grant_type", exchangeGrant, "subject_token", p.RefreshToken, "subject_token_type", sessionType), nil, 400, "invalid_grant"},
		"another requested type":      {exchange("requested_token_type", "urn:ietf:params:oauth:token-type:saml2"), nil, 400, "invalid_request"},
		"an actor":                    {exchange("actor_token", in.Token), nil, 400, "invalid_request"},
		"another audience":            {exchange("audience", "other"), nil, 400, "invalid_request"},
	} {
		got := a.oauth(t, "token", tc.body, tc.header...)
		if got.status != tc.status || tc.code != "" && got.code(t) != tc.code {
			t.Errorf("%s: status %d, body %s; want %d, %s", name, got.status, got.body, tc.status, tc.code)
		}
		if got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the answer may be stored", name)
		}
		if tc.status == http.StatusUnauthorized && got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate (RFC 6749, section 5.2)", name)
		}
	}
	// None of it consumed the token.
	a.oauth(t, "token", refresh("client_id", "first-party"), "Authorization", basic("Zmlyc3QtcGFydHk6")).wants(t, http.StatusOK, "")
}

func TestOAuth_Refresh(t *testing.T) {
	t.Parallel()

	t.Run("rotates, forgives at once and ends the family later", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		first := a.exchanged(t, a.browser().signUp(t, ada).Token)
		var next [2]pair
		for i := range next {
			got := a.oauth(t, "token", form("grant_type", "refresh_token", "refresh_token", first.RefreshToken))
			got.wants(t, http.StatusOK, "")
			got.decode(t, &next[i])
		}
		if next[0].RefreshToken != next[1].RefreshToken || next[0].RefreshToken == first.RefreshToken {
			t.Error("the two answers do not hold the same new refresh token")
		}
		a.Clock.Advance(11 * time.Second)
		for _, token := range []string{first.RefreshToken, next[0].RefreshToken} {
			a.oauth(t, "token", form("grant_type", "refresh_token", "refresh_token", token)).wants(t, http.StatusBadRequest, "invalid_grant")
		}
	})

	t.Run("narrows the scope for one access token only (RFC 6749, section 6)", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		p := a.exchanged(t, a.browser().signUp(t, ada).Token, "scope", "a b")
		for _, step := range []struct{ ask, want string }{{"a", "a"}, {"", "a b"}} {
			body := form("grant_type", "refresh_token", "refresh_token", p.RefreshToken, "scope", step.ask)
			got := a.oauth(t, "token", body)
			got.wants(t, http.StatusOK, "")
			got.decode(t, &p)
			if p.Scope != step.want {
				t.Errorf("asked for %q: scope %q, want %q", step.ask, p.Scope, step.want)
			}
		}
	})

	t.Run("asks again whether the user may (Pocket ID CVE-2026-43983, row 7)", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		in := a.browser().signUp(t, ada)
		p := a.exchanged(t, in.Token)
		refresh := form("grant_type", "refresh_token", "refresh_token", p.RefreshToken)
		ban := func(banned bool) { a.Identity.Change(in.User.ID, func(u *identityapi.User) { u.Banned = banned }) }
		ban(true)
		a.oauth(t, "token", refresh).wants(t, http.StatusBadRequest, "invalid_grant")
		if a.active(t, p.AccessToken) || a.active(t, p.RefreshToken) {
			t.Error("tokens of a banned user are active")
		}
		ban(false)
		a.oauth(t, "token", refresh).wants(t, http.StatusOK, "")
	})

	t.Run("loses nothing to an outage (Keycloak issue 49213, row 4)", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		p := a.exchanged(t, a.browser().signUp(t, ada).Token)
		refresh := form("grant_type", "refresh_token", "refresh_token", p.RefreshToken)
		a.Identity.CutOff("find_user", authtest.BeforeCall)
		a.oauth(t, "token", refresh).wants(t, http.StatusServiceUnavailable, "temporarily_unavailable")
		a.Identity.CutOff("find_user", authtest.Whole)
		a.Clock.Advance(time.Minute)
		a.oauth(t, "token", refresh).wants(t, http.StatusOK, "")
	})
}

// TestOAuth_Revoke covers RFC 7009.
//
// Covers ASVS V10.4.9.
func TestOAuth_Revoke(t *testing.T) {
	t.Parallel()

	t.Run("ends the family of a refresh token", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		p := a.exchanged(t, b.signUp(t, ada).Token)
		a.oauth(t, "revoke", form("token", p.RefreshToken, "token_type_hint", "access_token")).wants(t, http.StatusOK, "")
		if a.active(t, p.RefreshToken) {
			t.Error("the token is active")
		}
		a.oauth(t, "token", form("grant_type", "refresh_token", "refresh_token", p.RefreshToken)).wants(t, http.StatusBadRequest, "invalid_grant")
		if b.session(t) == "" {
			t.Error("the session ended too")
		}
	})

	t.Run("ends the session of an access token, and with it the family", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		p := a.exchanged(t, b.signUp(t, ada).Token)
		a.oauth(t, "revoke", form("token", p.AccessToken)).wants(t, http.StatusOK, "")
		if b.session(t) != "" || a.active(t, p.AccessToken) || a.active(t, p.RefreshToken) {
			t.Error("something of it is active")
		}
	})

	t.Run("takes what is worth nothing, and refuses what is no request", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		for _, token := range []string{"forged", "a.b.c", "..", "a.b"} {
			a.oauth(t, "revoke", form("token", token)).wants(t, http.StatusOK, "")
		}
		a.oauth(t, "revoke", form("token", "")).wants(t, http.StatusBadRequest, "invalid_request")
		a.oauth(t, "revoke", form("token", "a", "client_id", "other")).wants(t, http.StatusUnauthorized, "invalid_client")
	})
}

// TestOAuth_Introspect covers RFC 7662: a token that is worth nothing says nothing else.
func TestOAuth_Introspect(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	in := b.signUp(t, ada)
	p := a.exchanged(t, in.Token, "scope", "a b")
	for token, kind := range map[string]string{p.AccessToken: "access_token", p.RefreshToken: "refresh_token"} {
		got := a.oauth(t, "introspect", form("token", token))
		var said struct {
			Active    bool
			Sub       string
			Scope     string
			Exp       int64
			TokenType string `json:"token_type"`
			ClientID  string `json:"client_id"`
		}
		got.decode(t, &said)
		if !said.Active || said.Sub != in.User.ID || said.Scope != "a b" || said.TokenType != kind || said.ClientID != "first-party" || said.Exp <= a.Clock.Now().Unix() {
			t.Errorf("%s: %+v", kind, said)
		}
	}
	jwt := b.do(t, request{path: "/token"})
	var minted struct{ Token string }
	jwt.decode(t, &minted)
	for name, token := range map[string]string{
		"a forged one": "forged", "dots": "..", "a session token": in.Token, "the client protocol's token": minted.Token,
		"an access token with a changed end": p.AccessToken[:len(p.AccessToken)-4] + "AAAA",
	} {
		if got := a.oauth(t, "introspect", form("token", token)); got.status != http.StatusOK || got.body != "{\"active\":false}\n" && got.body != `{"active":false}` {
			t.Errorf("%s: status %d, body %q", name, got.status, got.body)
		}
	}
	a.Clock.Advance(5 * time.Minute)
	if a.active(t, p.AccessToken) {
		t.Error("an access token is active at its end")
	}
	a.Clock.Advance(8 * 24 * time.Hour)
	if a.active(t, p.RefreshToken) {
		t.Error("a refresh token is active without a session")
	}
}

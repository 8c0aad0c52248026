package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const (
	home      = "/home?x=%20y" // verbatim, wherever it comes back
	stateName = "__Secure-better-auth.state"
)

// withProviders are the options of an app whose users sign in through one stand-in, as a
// provider of OpenID Connect named acme or corp, as Google and as GitHub.
func withProviders(t *testing.T, p *openidtest.Provider) authtest.Options {
	t.Helper()
	return authtest.Options{Providers: func(now func() time.Time) map[string]social.Provider {
		p.Now = now
		client := social.Client{ID: openidtest.ClientID, Secret: secret.Text(openidtest.ClientSecret), Now: now}
		acme, err := social.NewOpenID(p.URL, client)
		if err != nil {
			t.Fatal(err)
		}
		corp, err := social.NewOpenID(p.URL, client)
		if err != nil {
			t.Fatal(err)
		}
		google, err := social.NewGoogle(p.URL, client)
		if err != nil {
			t.Fatal(err)
		}
		gitHub, err := social.NewGitHub(p.URL, p.URL, client)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]social.Provider{"acme": acme, "corp": corp, "google": google, "github": gitHub}
	}}
}

// socialApp is an app with a stand-in for its providers.
func socialApp(t *testing.T) (*app, *openidtest.Provider) {
	t.Helper()
	p := openidtest.Start(t)
	return newApp(t, withProviders(t, p)), p
}

// begin begins a flow and returns where it leads.
func (b *browser) begin(t *testing.T, provider string, more ...any) string {
	t.Helper()
	body := object(append([]any{"provider", provider, "callbackURL", home, "errorCallbackURL", "/oops?a=b#c", "newUserCallbackURL", "/welcome"}, more...)...)
	got := b.do(t, request{path: "/sign-in/social", body: body})
	got.wants(t, http.StatusOK, "")
	var to struct{ URL string }
	got.decode(t, &to)
	return to.URL
}

// through goes to the provider and comes back to the callback, as a browser does.
func (b *browser) through(t *testing.T, p *openidtest.Provider, address string) answer {
	t.Helper()
	return b.do(t, request{path: comeBack(t, p, address), header: map[string]string{"Origin": ""}})
}

func comeBack(t *testing.T, p *openidtest.Provider, address string) string {
	t.Helper()
	path, own := strings.CutPrefix(p.Visit(t, address), authtest.Base+"/api/auth")
	if !own {
		t.Fatalf("the provider leads elsewhere")
	}
	return path
}

// leads fails the test unless the answer is a redirect to there.
func (a answer) leads(t *testing.T, to string) {
	t.Helper()
	if a.status != http.StatusFound || a.header.Get("Location") != to {
		t.Errorf("status %d to %q, want 302 to %q; body %s", a.status, a.header.Get("Location"), to, a.body)
	}
}

// who returns the user of the browser's session, the zero value without one.
func (b *browser) who(t *testing.T) (user struct {
	ID, Name, Email, Image string
	EmailVerified          bool
}) {
	t.Helper()
	got := b.do(t, request{path: "/get-session"})
	got.wants(t, http.StatusOK, "")
	if got.body != "null" {
		current := struct{ User any }{&user}
		got.decode(t, &current)
	}
	return user
}

func TestSignInSocial_Begins(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)

	t.Run("with a state, PKCE and a nonce, at the configured address", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		got := b.do(t, request{path: "/sign-in/social", body: object("provider", "acme", "scopes", []string{"calendar"}, "loginHint", ada,
			"additionalParams", map[string]string{"prompt": "login"})})
		got.wants(t, http.StatusOK, "")
		var to struct {
			URL      string
			Redirect bool
		}
		got.decode(t, &to)
		address, err := url.Parse(to.URL)
		if err != nil || got.header.Get("Location") != to.URL || !to.Redirect {
			t.Fatalf("%v, %+v, Location %q", err, to, got.header.Get("Location"))
		}
		q := address.Query()
		for name, want := range map[string]string{
			"client_id": openidtest.ClientID, "response_type": "code", "redirect_uri": authtest.Base + "/api/auth/callback/acme",
			"scope": "openid profile email calendar", "code_challenge_method": "S256", "login_hint": ada, "prompt": "login",
		} {
			if q.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, q.Get(name), want)
			}
		}
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if len(q.Get(name)) < 32 {
				t.Errorf("%s is %q", name, q.Get(name))
			}
		}
		if c := got.cookie(stateName); c == nil || c.MaxAge != 300 || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("the state's cookie is %v", c)
		}
	})

	t.Run("without a redirect where the page opens a window by itself", func(t *testing.T) {
		t.Parallel()
		got := a.browser().do(t, request{path: "/sign-in/social", body: object("provider", "google", "disableRedirect", true)})
		if !strings.Contains(got.body, `"redirect":false`) || got.header.Get("Location") != "" || !strings.Contains(got.body, "include_granted_scopes=true") {
			t.Errorf("Location %q, body %s", got.header.Get("Location"), got.body)
		}
	})

	t.Run("only at known providers, and with what is safe (authentik CVE-2024-23647)", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		b.do(t, request{path: "/sign-in/social", body: object("provider", "nobody")}).wants(t, http.StatusNotFound, "PROVIDER_NOT_FOUND")
		for _, name := range social.Reserved() {
			b.do(t, request{path: "/sign-in/social", body: object("provider", "acme", "additionalParams", map[string]string{name: "x"})}).
				wants(t, http.StatusBadRequest, "VALIDATION_ERROR")
		}
		for name, code := range map[string]string{
			"callbackURL": "INVALID_CALLBACK_URL", "errorCallbackURL": "INVALID_ERROR_CALLBACK_URL", "newUserCallbackURL": "INVALID_NEW_USER_CALLBACK_URL",
		} {
			b.do(t, request{path: "/sign-in/social", body: object("provider", "acme", name, evil)}).wants(t, http.StatusForbidden, code)
		}
	})
	if p.Asked("/.well-known/openid-configuration") > 2 {
		t.Error("the metadata of a provider is read again and again")
	}
}

func TestCallback_SignsIn(t *testing.T) {
	t.Parallel()
	for _, provider := range []string{"acme", "google", "github"} {
		t.Run("a new user of "+provider+", and again", func(t *testing.T) {
			t.Parallel()
			a, p := socialApp(t)
			b := a.browser()
			got := b.through(t, p, b.begin(t, provider))
			got.leads(t, "/welcome")
			user := b.who(t)
			if user.Email != ada || user.Name != "Ada Lovelace" || !user.EmailVerified || user.Image == "" {
				t.Errorf("the user is %+v", user)
			}
			if c := got.cookie(stateName); c == nil || c.MaxAge >= 0 {
				t.Errorf("the state's cookie stays: %v", c)
			}
			if c := got.cookie("better-auth.last_used_login_method"); c == nil || c.Value != provider {
				t.Errorf("the last method is %v", c)
			}
			other := a.browser()
			other.through(t, p, other.begin(t, provider)).leads(t, home)
			if other.who(t).ID != user.ID {
				t.Error("the second sign-in is another user's")
			}
			want := []string{"authsvc.signed_up.v1", "authsvc.account_linked.v1", "authsvc.signed_in.v1", "authsvc.signed_in.v1"}
			if types := a.Types(t, user.ID); !slices.Equal(types, want) {
				t.Errorf("events %v, want %v", types, want)
			}
		})
	}
	t.Run("and seals what the provider gave (ASVS V14.2)", func(t *testing.T) {
		t.Parallel()
		a, p := socialApp(t)
		b := a.browser()
		b.through(t, p, b.begin(t, "acme")).leads(t, "/welcome")
		var row []byte
		const sealed = "select access_token || refresh_token || id_token from linked_account"
		if err := a.Pool.QueryRow(t.Context(), sealed).Scan(&row); err != nil {
			t.Fatal(err)
		}
		var tokens struct{ AccessToken string }
		b.do(t, request{path: "/get-access-token", body: object("accountId", a.accountID(t))}).decode(t, &tokens)
		if _, known := p.Granted(tokens.AccessToken); !known || bytes.Contains(row, []byte(tokens.AccessToken)) {
			t.Errorf("the provider's token %q stands in %q", tokens.AccessToken, row)
		}
	})
}

// accountID returns the row id of the one linked account.
func (a *app) accountID(t *testing.T) string {
	t.Helper()
	var id string
	if err := a.Pool.QueryRow(t.Context(), "select id::text from linked_account").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// TestCallback_Refuses walks the protocol's table of errors.
func TestCallback_Refuses(t *testing.T) {
	t.Parallel()
	oops := func(code string) string { return "/oops?a=b&error=" + code + "#c" }
	errorPage := authtest.Base + "/api/auth/error?error="
	nobody := func(p *openidtest.Provider) { p.SignedIn(openidtest.Person{Subject: "7", Name: "No Address"}) }
	for name, tc := range map[string]struct {
		turn openidtest.Knobs
		set  func(*openidtest.Provider)
		bend func(path string) string
		want string
	}{
		"an answer without a state":       {bend: func(string) string { return "/callback/acme?code=x" }, want: errorPage + "state_not_found"},
		"an unknown state":                {bend: func(string) string { return "/callback/acme?code=x&state=unknown" }, want: errorPage + "state_mismatch"},
		"a provider that says no":         {turn: openidtest.Knobs{Refuse: "access_denied"}, want: "/oops?a=b&error=access_denied&error_description=the+person+said+no#c"},
		"an answer without a code":        {bend: func(path string) string { return strings.Replace(path, "code=", "kode=", 1) }, want: oops("no_code")},
		"a code that was made up":         {bend: func(path string) string { return strings.Replace(path, "code=", "code=x", 1) }, want: oops("invalid_code")},
		"another issuer (RFC 9207)":       {turn: openidtest.Knobs{Issuer: "https://other.example"}, want: oops("issuer_mismatch")},
		"no issuer (RFC 9207)":            {turn: openidtest.Knobs{Issuer: "-"}, want: oops("issuer_missing")},
		"a provider that does not exist":  {bend: func(path string) string { return strings.Replace(path, "acme", "nobody", 1) }, want: oops("oauth_provider_not_found")},
		"a provider that goes down":       {set: func(p *openidtest.Provider) { p.Turn(openidtest.Knobs{RefuseTokens: true}) }, want: oops("invalid_code")},
		"an answer without an id token":   {turn: openidtest.Knobs{NoIDToken: true}, want: oops("unable_to_get_user_info")},
		"somebody without an address":     {set: nobody, want: oops("email_not_found")},
		"an id token of a former sign-in": {turn: openidtest.Knobs{Claims: func(c map[string]any) { c["nonce"] = "former" }}, want: oops("unable_to_get_user_info")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, p := socialApp(t)
			p.Turn(tc.turn)
			if tc.set != nil {
				tc.set(p)
			}
			b := a.browser()
			path := comeBack(t, p, b.begin(t, "acme"))
			if tc.bend != nil {
				path = tc.bend(path)
			}
			b.do(t, request{path: path}).leads(t, tc.want)
			if b.who(t).ID != "" || a.Count(t, "linked_account") != 0 {
				t.Error("somebody is in")
			}
		})
	}
}

// TestCallback_OfAnOutage: a provider that is down is not taken for one that says no: the
// start of a flow is 503, its end an error that the front end hears of.
func TestCallback_OfAnOutage(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	path := comeBack(t, p, b.begin(t, "acme"))
	p.Turn(openidtest.Knobs{Down: true})
	b.do(t, request{path: path}).leads(t, "/oops?a=b&error=invalid_code#c")
	if !strings.Contains(a.log.String(), "token endpoint answers 503") {
		t.Errorf("nobody is told why: %s", a.log.String())
	}
	unavailable(t, "a provider whose metadata nobody knows", b.do(t, request{path: "/sign-in/social", body: object("provider", "corp")}))
	asked := p.Asked("/.well-known/openid-configuration")
	unavailable(t, "at once again", b.do(t, request{path: "/sign-in/social", body: object("provider", "corp")}))
	if p.Asked("/.well-known/openid-configuration") != asked {
		t.Error("a provider that is down is asked again at once")
	}
	p.Turn(openidtest.Knobs{})
	a.Clock.Advance(11 * time.Second)
	b.through(t, p, b.begin(t, "corp")).leads(t, "/welcome")
}

// TestCallback_BindsTheBrowser: a flow ends in the browser that began it, once, in time, and at
// the provider that was asked (RFC 9700, sections 4.4, 4.7; ASVS V10.1.2, V10.2.1).
func TestCallback_BindsTheBrowser(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	mismatch := "/oops?a=b&error=state_mismatch#c"
	t.Run("not in another browser, whose owner would be signed in as somebody else", func(t *testing.T) {
		t.Parallel()
		b, victim := a.browser(), a.browser()
		path := comeBack(t, p, b.begin(t, "acme"))
		victim.do(t, request{path: path}).leads(t, mismatch)
		victim.begin(t, "acme")
		victim.do(t, request{path: path}).leads(t, mismatch)
		if victim.who(t).ID != "" {
			t.Error("the other browser is signed in")
		}
		b.do(t, request{path: path})
		if b.who(t).ID == "" {
			t.Error("the other browser has used the flow up")
		}
	})
	t.Run("once, of 64 parallel uses (Better Auth GHSA-7w99-5wm4-3g79)", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		path := comeBack(t, p, b.begin(t, "acme"))
		header := map[string]string{"Cookie": stateName + "=" + b.cookies[stateName]}
		entered := make([]bool, 64)
		authtest.Parallel(len(entered), func(i int) {
			got := a.do(t, request{path: path, header: header})
			entered[i] = got.cookie(sessionID) != nil
		})
		in := 0
		for _, yes := range entered {
			if yes {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d of 64 are signed in", in)
		}
	})
	t.Run("at no other provider (mix-up, RFC 9700, section 4.4)", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		path := comeBack(t, p, b.begin(t, "acme"))
		b.do(t, request{path: strings.Replace(path, "/acme", "/corp", 1)}).leads(t, mismatch)
	})
	t.Run("as no other kind of token (Better Auth GHSA-965c-763c-88jm)", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		address, err := url.Parse(b.begin(t, "acme"))
		if err != nil {
			t.Fatal(err)
		}
		state := address.Query().Get("state")
		b.do(t, request{path: "/verify-email?token=" + state}).wants(t, http.StatusUnauthorized, "INVALID_TOKEN")
		b.do(t, request{path: "/reset-password", body: object("token", state, "newPassword", newWords)}).wants(t, http.StatusBadRequest, "INVALID_TOKEN")
	})
}

func TestCallback_IsInTime(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	path := comeBack(t, p, b.begin(t, "acme"))
	a.Clock.Advance(10 * time.Minute)
	b.do(t, request{path: path}).leads(t, authtest.Base+"/api/auth/error?error=state_mismatch")
}

// TestCallback_Posted: an answer that comes as a form is led to where browsers send the cookie.
func TestCallback_Posted(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	address := comeBack(t, p, b.begin(t, "acme"))
	path, query, _ := strings.Cut(address, "?")
	form := request{method: http.MethodPost, path: path, body: query + "&more=x", header: map[string]string{"Content-Type": typeForm, "Cookie": "", "Origin": p.URL}}
	got := a.do(t, form)
	to, own := strings.CutPrefix(got.header.Get("Location"), authtest.Base+"/api/auth")
	if got.status != http.StatusFound || !own || strings.Contains(to, "more") {
		t.Fatalf("status %d to %q", got.status, got.header.Get("Location"))
	}
	b.do(t, request{path: to}).leads(t, "/welcome")
}

// TestSocial_LinksByAddress covers Better Auth CVE-2026-53516 / GHSA-g38m-r43w-p2q7 and Zitadel
// CVE-2025-64717 (row 42): an account that exists is opened by an address only if provider and
// account are both sure of it.
func TestSocial_LinksByAddress(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		vouched  any
		verified bool
		in       bool
	}{
		"both are sure": {true, true, true}, "the provider is not": {false, true, false}, "the provider says nothing": {nil, true, false},
		"the provider says it in words": {"true", true, true}, "the provider says no in words": {"false", true, false},
		"the provider says something else": {1, true, false}, "nobody has confirmed it here": {true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, p := socialApp(t)
			attacker := a.browser()
			id := attacker.signUp(t, ada).User.ID
			a.Identity.Change(id, func(u *identityapi.User) { u.EmailVerified = tc.verified })
			p.SignedIn(openidtest.Person{Subject: "1", Email: "Ada@Example.com", Verified: tc.vouched})
			b := a.browser()
			got := b.through(t, p, b.begin(t, "acme"))
			if !tc.in {
				got.leads(t, "/oops?a=b&error=account_not_linked#c")
				if b.who(t).ID != "" || a.Count(t, "linked_account") != 0 {
					t.Error("it is linked all the same")
				}
				return
			}
			got.leads(t, home)
			if b.who(t).ID != id {
				t.Error("somebody else is signed in")
			}
		})
	}
}

// TestSocial_WaitsForNobody: who signs up through a provider that vouches for nothing, with an
// address that is somebody else's, loses the account to its owner (row 42, "trojan identifier").
func TestSocial_WaitsForNobody(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	p.SignedIn(openidtest.Person{Subject: "666", Email: ada, Name: "Eve"})
	attacker := a.browser()
	attacker.through(t, p, attacker.begin(t, "acme")).leads(t, "/welcome")
	if len(a.Mails(t, ada)) != 1 {
		t.Error("the owner of the address gets no mail that asks to confirm it")
	}
	owner := a.browser()
	owner.do(t, request{path: "/request-password-reset", body: object("email", ada, "redirectTo", "/reset")}).wants(t, http.StatusOK, "")
	link := a.link(t, ada)
	secret := link[strings.LastIndex(link, "/")+1 : strings.Index(link, "?")]
	patiently(func() answer {
		return owner.do(t, request{path: "/reset-password", body: object("token", secret, "newPassword", newWords)})
	}).wants(t, http.StatusOK, "")
	if attacker.who(t).ID != "" {
		t.Error("the session of before lives")
	}
	attacker.through(t, p, attacker.begin(t, "acme")).leads(t, "/oops?a=b&error=account_not_linked#c")
	owner.signIn(t, ada, newWords).wants(t, http.StatusOK, "")
}

// TestSocial_TakesNoLookAlike covers Auth.js GHSA-7rqj-j65f-68wh and OAuth2 Proxy CVE-2026-40574
// (row 46): what only looks like an address of somebody else is none.
func TestSocial_TakesNoLookAlike(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	id := a.browser().signUp(t, ada).User.ID
	a.Identity.Change(id, func(u *identityapi.User) { u.EmailVerified = true })
	for _, email := range []string{
		"ada＠example.com", "ada@evil.example@example.com", "ada@example.com.", "ａda@example.com", "ada@example.com\x00", "Ada <ada@example.com>",
		" ada@example.com", "ada@example.com,eve@example.com", "adа@example.com",
	} {
		p.SignedIn(openidtest.Person{Subject: "666", Email: email, Verified: true})
		b := a.browser()
		b.through(t, p, b.begin(t, "acme")).leads(t, "/oops?a=b&error=email_not_found#c")
		if b.who(t).ID != "" {
			t.Errorf("%q is taken for an address", email)
		}
	}
}

// TestSocial_KnowsPeopleBySubject: who somebody is, their subject says, not their address.
func TestSocial_KnowsPeopleBySubject(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	b.through(t, p, b.begin(t, "acme")).leads(t, "/welcome")
	id := b.who(t).ID
	t.Run("with another address it is the same person", func(t *testing.T) {
		p.SignedIn(openidtest.Person{Subject: "1001", Email: "new@example.com", Verified: true})
		c := a.browser()
		c.through(t, p, c.begin(t, "acme")).leads(t, home)
		if user := c.who(t); user.ID != id || user.Email != ada {
			t.Errorf("signed in as %+v", user)
		}
	})
	t.Run("at another provider the subject is another person's", func(t *testing.T) {
		p.SignedIn(openidtest.Person{Subject: "1001", Email: eve, Verified: true})
		c := a.browser()
		c.through(t, p, c.begin(t, "corp")).leads(t, "/welcome")
		if c.who(t).ID == id {
			t.Error("another provider's subject signs in")
		}
	})
}

// TestSocial_RefusesTheBanned covers Zitadel CVE-2024-47000 (row 21) on this way in.
func TestSocial_RefusesTheBanned(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	b.through(t, p, b.begin(t, "acme")).leads(t, "/welcome")
	a.Identity.Change(b.who(t).ID, func(u *identityapi.User) { u.Banned = true })
	c := a.browser()
	got := c.through(t, p, c.begin(t, "acme"))
	if !strings.HasPrefix(got.header.Get("Location"), "/oops?a=b&error=BANNED_USER&error_description=You+have+been+banned") || got.cookie(sessionID) != nil {
		t.Errorf("led to %q", got.header.Get("Location"))
	}
	c.do(t, request{path: "/sign-in/social", body: object("provider", "acme", "idToken", map[string]any{"token": p.IDToken(openidtest.Person{Subject: "1001", Email: ada, Verified: true}, "")})}).
		wants(t, http.StatusForbidden, "BANNED_USER")
}

// TestSocial_AsksForTheSecondFactor covers Zitadel CVE-2025-64103 and Better Auth
// GHSA-xg6x-h9c9-2m83 (rows 23 and 14) on this way in.
func TestSocial_AsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	b.through(t, p, b.begin(t, "acme")).leads(t, "/welcome")
	const enroll = `insert into two_factor (user_id, enabled, verified) values ($1, true, false)`
	if _, err := a.Pool.Exec(t.Context(), enroll, b.who(t).ID); err != nil {
		t.Fatal(err)
	}
	c := a.browser()
	got := c.through(t, p, c.begin(t, "acme"))
	got.leads(t, home+"&twoFactorRedirect=true")
	if c.who(t).ID != "" || c.cookies[sessionID] != "" {
		t.Error("signed in by the provider alone")
	}
	byToken := c.do(t, request{path: "/sign-in/social", body: object("provider", "acme", "idToken", map[string]any{"token": p.IDToken(openidtest.Person{Subject: "1001", Email: ada, Verified: true}, "")})})
	if byToken.status != http.StatusOK || !strings.Contains(byToken.body, `"twoFactorRedirect":true`) || c.cookies[sessionID] != "" {
		t.Errorf("by an id token: status %d, body %s", byToken.status, byToken.body)
	}
}

// TestSocial_AfterDeletion: the account of a user who is gone is nobody's, and opens a new one.
func TestSocial_AfterDeletion(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	b.through(t, p, b.begin(t, "acme")).leads(t, "/welcome")
	id := b.who(t).ID
	a.Identity.Delete(id)
	c := a.browser()
	c.through(t, p, c.begin(t, "acme")).leads(t, "/welcome")
	if again := c.who(t).ID; again == "" || again == id {
		t.Errorf("signed in as %q", again)
	}
}

// TestSocial_ConfirmsFirst: where addresses are confirmed before the first sign-in, a provider
// that does not vouch for one opens no session.
func TestSocial_ConfirmsFirst(t *testing.T) {
	t.Parallel()
	p := openidtest.Start(t)
	options := withProviders(t, p)
	options.RequireVerification = true
	a := newApp(t, options)
	p.SignedIn(openidtest.Person{Subject: "1", Email: ada})
	b := a.browser()
	b.through(t, p, b.begin(t, "acme")).leads(t, "/oops?a=b&error=email_not_verified#c")
	if b.who(t).ID != "" || len(a.Mails(t, ada)) != 1 {
		t.Errorf("signed in as %q, %d mails", b.who(t).ID, len(a.Mails(t, ada)))
	}
	p.SignedIn(openidtest.Person{Subject: "1", Email: ada, Verified: true})
	b.through(t, p, b.begin(t, "acme")).leads(t, home)
	if !b.who(t).EmailVerified {
		t.Error("what the provider vouches for is not confirmed")
	}
}

func TestSignInSocial_ByToken(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	who := openidtest.Person{Subject: "1001", Email: ada, Verified: true, Name: "Ada"}
	post := func(b *browser, provider string, members ...any) answer {
		token := map[string]any{}
		for i := 0; i < len(members); i += 2 {
			name, _ := members[i].(string)
			token[name] = members[i+1]
		}
		return b.do(t, request{path: "/sign-in/social", body: object("provider", provider, "idToken", token)})
	}
	t.Run("signs in with what the client got by itself", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		got := post(b, "acme", "token", p.IDToken(who, "n"), "nonce", "n")
		got.wants(t, http.StatusOK, "")
		var in map[string]any
		got.decode(t, &in)
		if _, has := in["url"]; has || in["redirect"] != false || b.who(t).Email != ada {
			t.Errorf("the answer is %s", got.body)
		}
		if got.cookie("better-auth.last_used_login_method") != nil || got.cookie(stateName) != nil {
			t.Errorf("cookies %v", got.cookies)
		}
	})
	t.Run("refuses what proves nothing", func(t *testing.T) {
		t.Parallel()
		b := a.browser()
		post(b, "acme", "token", p.IDToken(who, "n"), "nonce", "other").wants(t, http.StatusUnauthorized, "INVALID_TOKEN")
		post(b, "acme", "token", "x.y.z").wants(t, http.StatusUnauthorized, "INVALID_TOKEN")
		post(b, "acme", "token", "").wants(t, http.StatusUnauthorized, "INVALID_TOKEN")
		post(b, "acme", "token", p.IDToken(openidtest.Person{Subject: "5"}, "")).wants(t, http.StatusUnauthorized, "USER_EMAIL_NOT_FOUND")
		post(b, "acme", "token", p.IDToken(openidtest.Person{Subject: "5"}, ""), "accessToken", "unknown").wants(t, http.StatusUnauthorized, "FAILED_TO_GET_USER_INFO")
		post(b, "github", "token", p.IDToken(who, "")).wants(t, http.StatusNotFound, "ID_TOKEN_NOT_SUPPORTED")
		post(b, "nobody", "token", p.IDToken(who, "")).wants(t, http.StatusNotFound, "PROVIDER_NOT_FOUND")
	})
	t.Run("refuses an account that somebody has by password", func(t *testing.T) {
		t.Parallel()
		a.browser().signUp(t, eve)
		got := post(a.browser(), "acme", "token", p.IDToken(openidtest.Person{Subject: "6", Email: eve, Verified: true}, ""))
		got.wants(t, http.StatusUnauthorized, "OAUTH_LINK_ERROR")
		if !strings.Contains(got.body, `"account not linked"`) {
			t.Errorf("it says %s", got.body)
		}
	})
}

// member signs up a user whose address is confirmed.
func (a *app) member(t *testing.T, email string) *browser {
	t.Helper()
	b := a.browser()
	id := b.signUp(t, email).User.ID
	a.Identity.Change(id, func(u *identityapi.User) { u.EmailVerified = true })
	return b
}

func TestLinkSocial(t *testing.T) {
	t.Parallel()
	link := func(t *testing.T, b *browser) string {
		t.Helper()
		got := b.do(t, request{path: "/link-social", body: object("provider", "acme", "callbackURL", "/settings", "errorCallbackURL", "/oops", "scopes", []string{"calendar"})})
		got.wants(t, http.StatusOK, "")
		var to struct{ URL string }
		got.decode(t, &to)
		return to.URL
	}
	t.Run("links an account, whose scopes are listed", func(t *testing.T) {
		t.Parallel()
		a, p := socialApp(t)
		b := a.member(t, ada)
		b.through(t, p, link(t, b)).leads(t, "/settings")
		got := b.do(t, request{path: "/list-accounts"})
		if !strings.Contains(got.body, `"providerId":"acme"`) || !strings.Contains(got.body, `"accountId":"1001"`) || !strings.Contains(got.body, `"calendar"`) {
			t.Errorf("the accounts are %s", got.body)
		}
		b.through(t, p, link(t, b)).leads(t, "/settings")
		if n := a.Count(t, "linked_account"); n != 1 {
			t.Errorf("%d accounts after linking twice", n)
		}
	})
	t.Run("refuses what would let somebody else in", func(t *testing.T) {
		t.Parallel()
		for code, who := range map[string]openidtest.Person{
			"unable_to_link_account": {Subject: "1", Email: ada}, "email_does_not_match": {Subject: "1", Email: eve, Verified: true},
		} {
			a, p := socialApp(t)
			p.SignedIn(who)
			b := a.member(t, ada)
			b.through(t, p, link(t, b)).leads(t, "/oops?error="+code)
			if a.Count(t, "linked_account") != 0 {
				t.Errorf("%s: it is linked", code)
			}
		}
	})
	t.Run("leaves an account with whom it belongs to", func(t *testing.T) {
		t.Parallel()
		a, p := socialApp(t)
		p.SignedIn(openidtest.Person{Subject: "1", Email: eve, Verified: true})
		other := a.browser()
		other.through(t, p, other.begin(t, "acme"))
		p.SignedIn(openidtest.Person{Subject: "1", Email: ada, Verified: true})
		b := a.member(t, ada)
		b.through(t, p, link(t, b)).leads(t, "/oops?error=account_already_linked_to_different_user")
	})
	t.Run("refuses whoever is not signed in any more", func(t *testing.T) {
		t.Parallel()
		a, p := socialApp(t)
		b := a.member(t, ada)
		address := link(t, b)
		b.do(t, request{path: "/sign-out", body: "{}"}).wants(t, http.StatusOK, "")
		b.through(t, p, address).leads(t, "/oops?error=unable_to_link_account")
		a.browser().do(t, request{path: "/link-social", body: object("provider", "acme")}).wants(t, http.StatusUnauthorized, "UNAUTHORIZED")
	})
	t.Run("links by an id token", func(t *testing.T) {
		t.Parallel()
		a, p := socialApp(t)
		b := a.member(t, ada)
		post := func(who openidtest.Person) answer {
			return b.do(t, request{path: "/link-social", body: object("provider", "acme", "idToken", map[string]any{"token": p.IDToken(who, "")})})
		}
		post(openidtest.Person{Subject: "1", Email: ada}).wants(t, http.StatusUnauthorized, "LINKING_NOT_ALLOWED")
		post(openidtest.Person{Subject: "1", Email: eve, Verified: true}).wants(t, http.StatusUnauthorized, "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED")
		got := post(openidtest.Person{Subject: "1", Email: ada, Verified: true})
		if got.body != `{"url":"","status":true,"redirect":false}` {
			t.Errorf("status %d, body %s", got.status, got.body)
		}
		c := a.member(t, eve)
		c.do(t, request{path: "/link-social", body: object("provider", "acme", "idToken", map[string]any{"token": p.IDToken(openidtest.Person{Subject: "1", Email: eve, Verified: true}, "")})}).
			wants(t, http.StatusConflict, "SOCIAL_ACCOUNT_ALREADY_LINKED")
	})
}

func TestProviderTokens(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	b.through(t, p, b.begin(t, "acme")).leads(t, "/welcome")
	id := a.accountID(t)
	type tokens struct {
		AccessToken, RefreshToken, IDToken, Scope, AccountID, ProviderID string
		Scopes                                                           []string
		AccessTokenExpiresAt                                             time.Time
	}
	ask := func(path string) (got tokens) {
		answer := b.do(t, request{path: path, body: object("accountId", id)})
		answer.wants(t, http.StatusOK, "")
		answer.decode(t, &got)
		return got
	}
	first := ask("/get-access-token")
	if _, known := p.Granted(first.AccessToken); !known || first.IDToken == "" || !slices.Equal(first.Scopes, []string{"openid", "profile", "email"}) {
		t.Errorf("the tokens are %+v", first)
	}
	a.Clock.Advance(time.Hour - 4*time.Second)
	var renewed [16]tokens
	authtest.Parallel(len(renewed), func(i int) { renewed[i] = ask("/get-access-token") })
	for _, other := range renewed {
		if other.AccessToken == first.AccessToken || other.AccessToken != renewed[0].AccessToken || !other.AccessTokenExpiresAt.After(a.Clock.Now()) {
			t.Errorf("a token that is about to end is answered with %+v", other)
		}
	}
	p.Turn(openidtest.Knobs{FewerScopes: "openid"})
	second := ask("/refresh-token")
	if second.AccessToken == renewed[0].AccessToken || second.RefreshToken == "" || second.AccountID != id || second.ProviderID != "acme" || second.Scope != "openid,profile,email" {
		t.Errorf("refreshing answers %+v", second)
	}

	info := b.do(t, request{path: "/account-info?accountId=" + id})
	info.wants(t, http.StatusOK, "")
	var about struct {
		User    struct{ Name, Email string }
		Data    json.RawMessage
		Account struct{ ID, ProviderID, AccountID string }
	}
	info.decode(t, &about)
	if about.User.Email != ada || about.Account.AccountID != "1001" || about.Account.ID != id || !strings.Contains(string(about.Data), `"sub":"1001"`) {
		t.Errorf("the account is %s", info.body)
	}
	p.Turn(openidtest.Knobs{UserInfo: []byte(`{"sub":"somebody else"}`)})
	b.do(t, request{path: "/account-info?accountId=" + id}).wants(t, http.StatusUnauthorized, "FAILED_TO_GET_USER_INFO")
	p.Turn(openidtest.Knobs{RefuseTokens: true})
	b.do(t, request{path: "/refresh-token", body: object("accountId", id)}).wants(t, http.StatusBadRequest, "FAILED_TO_REFRESH_ACCESS_TOKEN")
	a.Clock.Advance(time.Hour)
	b.do(t, request{path: "/get-access-token", body: object("accountId", id)}).wants(t, http.StatusBadRequest, "FAILED_TO_GET_ACCESS_TOKEN")
	p.Turn(openidtest.Knobs{Down: true})
	unavailable(t, "refresh-token of a provider that is down", b.do(t, request{path: "/refresh-token", body: object("accountId", id)}))
}

// TestProviderTokens_OfOthers covers Zitadel CVE-2025-27507 (row 49): an id of somebody else's
// account names nothing.
func TestProviderTokens_OfOthers(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	b.through(t, p, b.begin(t, "acme"))
	id, thief := a.accountID(t), a.browser()
	thief.signUp(t, eve)
	for _, who := range []*browser{thief, a.browser()} {
		status, code := http.StatusBadRequest, "ACCOUNT_NOT_FOUND"
		if who != thief {
			status, code = http.StatusUnauthorized, ""
		}
		for _, r := range []request{
			{path: "/get-access-token", body: object("accountId", id, "userId", b.who(t).ID)},
			{path: "/refresh-token", body: object("accountId", id)},
			{path: "/account-info?accountId=" + id},
		} {
			got := who.do(t, r)
			got.wants(t, status, code)
			if status == http.StatusUnauthorized && got.body != "" {
				t.Errorf("%s: the bare 401 says %q", r.path, got.body)
			}
		}
	}
}

// TestSignOut_AtTheProvider: who signs out is led to where the provider signs them out too, if it
// can (OpenID Connect RP-Initiated Logout 1.0); a provider that is down holds nobody back.
func TestSignOut_AtTheProvider(t *testing.T) {
	t.Parallel()
	in := func(t *testing.T, k openidtest.Knobs) (*app, *openidtest.Provider, *browser) {
		t.Helper()
		a, p := socialApp(t)
		p.Turn(k)
		b := a.browser()
		b.through(t, p, b.begin(t, "acme")).leads(t, "/welcome")
		return a, p, b
	}
	end := openidtest.Knobs{Metadata: func(m map[string]any) { m["end_session_endpoint"] = m["issuer"].(string) + "/end?x=y" }} //nolint:forcetypeassert // a text
	t.Run("leads there, and back", func(t *testing.T) {
		t.Parallel()
		_, p, b := in(t, end)
		got := b.do(t, request{path: "/sign-out", body: object("callbackURL", "/bye", "state", "s")})
		var to struct {
			Success, Redirect bool
			URL               string
		}
		got.decode(t, &to)
		address, err := url.Parse(to.URL)
		if err != nil || !to.Success || !to.Redirect || got.header.Get("Location") != to.URL || !strings.HasPrefix(to.URL, p.URL+"/end?") {
			t.Fatalf("%v, %s", err, got.body)
		}
		q := address.Query()
		if q.Get("post_logout_redirect_uri") != authtest.Base+"/bye" || q.Get("state") != "s" || q.Get("client_id") != openidtest.ClientID || q.Get("id_token_hint") == "" || q.Get("x") != "y" {
			t.Errorf("the request is %v", q)
		}
		if b.who(t).ID != "" {
			t.Error("the session lives")
		}
	})
	t.Run("leads nobody to places that are not trusted", func(t *testing.T) {
		t.Parallel()
		_, _, b := in(t, end)
		b.do(t, request{path: "/sign-out", body: object("callbackURL", evil)}).wants(t, http.StatusForbidden, "INVALID_CALLBACK_URL")
	})
	t.Run("leads nowhere else", func(t *testing.T) {
		t.Parallel()
		a, p, b := in(t, openidtest.Knobs{})
		if got := b.do(t, request{path: "/sign-out", body: "{}"}); got.body != `{"success":true}` {
			t.Errorf("a provider that cannot: %s", got.body)
		}
		b.through(t, p, b.begin(t, "acme"))
		p.Turn(openidtest.Knobs{Down: true})
		a.Clock.Advance(13 * time.Hour) // its metadata are too old by then
		if got := b.do(t, request{path: "/sign-out", body: "{}"}); got.body != `{"success":true}` {
			t.Errorf("a provider that is down: %s", got.body)
		}
	})
}

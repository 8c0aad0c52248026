package httpapi_test

import (
	"net/http"
	"net/url"
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
			"additionalParams", map[string]string{"prompt": "login", "request_uri": evil, "request": "x"})})
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
		if q.Has("request") || q.Has("request_uri") {
			t.Error("another request takes the place of this one (RFC 9101)")
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

// TestSocial_KnowsPeopleBySubject: who somebody is, their subject says, not their
// address (ASVS V6.8.1, V10.5.2).
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

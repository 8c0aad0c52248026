package httpapi_test

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
)

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
		"a provider that grants nothing":  {set: func(p *openidtest.Provider) { p.Turn(openidtest.Knobs{RefuseTokens: true}) }, want: oops("invalid_code")},
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
// the provider that was asked (RFC 9700, sections 4.4, 4.7; ASVS V10.1.2, V10.2.1, V10.2.2).
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

// TestSocial_SecretsAreNowhere covers Keycloak CVE-2020-1698 (row 55) for what a flow and a
// provider's tokens are made of: neither rows nor events nor the log hold it, errors included.
func TestSocial_SecretsAreNowhere(t *testing.T) {
	t.Parallel()
	a, p := socialApp(t)
	b := a.browser()
	address, err := url.Parse(b.begin(t, "acme"))
	if err != nil {
		t.Fatal(err)
	}
	stored := a.dump(t)
	back := comeBack(t, p, address.String())
	b.do(t, request{path: back}).leads(t, "/welcome")
	stored += a.dump(t)
	answered, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	var tokens struct{ AccessToken, RefreshToken, IDToken string }
	b.do(t, request{path: "/refresh-token", body: object("accountId", a.accountID(t))}).decode(t, &tokens)
	stored += a.dump(t)
	posted := p.IDToken(openidtest.Person{Subject: "9", Email: eve, Verified: true}, "")
	p.Turn(openidtest.Knobs{Down: true})
	b.do(t, request{path: "/refresh-token", body: object("accountId", a.accountID(t))})
	b.do(t, request{path: "/callback/acme?code=" + answered.Query().Get("code") + "&state=" + b.state(t)})
	a.Pool.Close()
	b.do(t, request{path: "/sign-in/social", body: object("provider", "acme", "idToken", map[string]any{"token": posted})})
	b.do(t, request{path: back})
	log := a.log.String()
	if !strings.Contains(log, "token endpoint answers 503") {
		t.Fatalf("the outage is not in the log: the test would prove nothing: %s", log)
	}
	for name, secret := range map[string]string{
		"state": address.Query().Get("state"), "nonce": address.Query().Get("nonce"), "code": answered.Query().Get("code"), "access token": tokens.AccessToken,
		"refresh token": tokens.RefreshToken, "id token": tokens.IDToken, "posted id token": posted, "client's secret": openidtest.ClientSecret,
	} {
		if secret == "" || strings.Contains(log, secret) || strings.Contains(stored, secret) {
			t.Errorf("the %s %q is in the log (%t) or in the database (%t)", name, secret, strings.Contains(log, secret), strings.Contains(stored, secret))
		}
	}
}

// state begins another flow and returns its state.
func (b *browser) state(t *testing.T) string {
	t.Helper()
	address, err := url.Parse(b.begin(t, "github"))
	if err != nil {
		t.Fatal(err)
	}
	return address.Query().Get("state")
}

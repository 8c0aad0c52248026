package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

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

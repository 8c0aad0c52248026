package social_test

import (
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
)

func TestGitHub_SaysWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		verified any
		want     bool
	}{"with an address that GitHub vouches for": {true, true}, "with one that it does not": {false, false}} {
		p := openidtest.Start(t)
		p.SignedIn(openidtest.Person{Subject: "42", Email: "Ada@Example.com", Verified: tc.verified})
		g, err := social.NewGitHub(p.URL, p.URL+"/", client(time.Now))
		if err != nil {
			t.Fatal(err)
		}
		got, err := g.Redeem(t.Context(), social.Redeem{Code: code(t, p, g), Verifier: verifier, Nonce: nonce, Redirect: redirect})
		if err != nil {
			t.Fatal(err)
		}
		if id := got.Identity; id.AccountID != "42" || id.Email != "ada@example.com" || id.EmailVerified != tc.want || id.Name != "ada" {
			t.Errorf("%s: %+v", name, id)
		}
		if len(got.Scope) != 2 || got.Tokens.AccessExpires == nil {
			t.Errorf("%s: scope %v, expires %v", name, got.Scope, got.Tokens.AccessExpires)
		}
	}
}

func TestGitHub_RefusesWhatNamesNobody(t *testing.T) {
	t.Parallel()
	p := openidtest.Start(t)
	p.SignedIn(openidtest.Person{Subject: "none", Email: "ada@example.com", Verified: true})
	g, err := social.NewGitHub(p.URL, p.URL, client(time.Now))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := g.Redeem(t.Context(), social.Redeem{Code: code(t, p, g), Verifier: verifier, Redirect: redirect}); err == nil {
		t.Errorf("a profile without an id is %+v", got.Identity)
	}
}

package social_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var ada = openidtest.Person{Subject: "1001", Email: "ada@example.com", Verified: true, Name: "Ada"} //nolint:gochecknoglobals // a constant

// world is a World whose users sign in through a provider named acme.
func world(t *testing.T) (*authtest.World, *openidtest.Provider) {
	t.Helper()
	p := openidtest.Start(t)
	return authtest.New(t, authtest.Options{Providers: func(now func() time.Time) map[string]social.Provider {
		p.Now = now
		acme, err := social.NewOpenID(p.URL, client(now))
		if err != nil {
			t.Fatal(err)
		}
		return map[string]social.Provider{"acme": acme}
	}}), p
}

// arrive signs somebody in by an id token.
func arrive(t *testing.T, w *authtest.World, p *openidtest.Provider, who openidtest.Person) (account.SignedIn, error) {
	t.Helper()
	return w.Social.SignIn(t.Context(), "acme", social.IDToken{Token: p.IDToken(who, "")}, account.Origin{Remember: true})
}

// TestService_SignsUpOnce: however often somebody new arrives at once, through two replicas, they
// are one user (past-vulnerabilities row 6, Better Auth GHSA-7w99-5wm4-3g79, on this way in).
func TestService_SignsUpOnce(t *testing.T) {
	t.Parallel()
	for name, vouched := range map[string]bool{"whose address the provider vouches for": true, "whose address nobody vouches for": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := world(t)
			other := w.Replica(t)
			who := ada
			who.Verified = vouched
			ids, failures := make([]string, 32), make([]error, 32)
			authtest.Parallel(len(ids), func(i int) {
				at := w
				if i%2 == 1 {
					at = other
				}
				signed, err := arrive(t, at, p, who)
				ids[i], failures[i] = signed.User.ID, err
			})
			active := w.Identity.Active(ada.Email)
			if len(active) != 1 || w.Count(t, "linked_account") != 1 {
				t.Fatalf("users %v, %d linked accounts", active, w.Count(t, "linked_account"))
			}
			in := 0
			for i, id := range ids {
				switch {
				case failures[i] == nil && id == active[0]:
					in++
				case failures[i] == nil:
					t.Errorf("arrival %d is user %q, not %q", i, id, active[0])
				case !social.Refused(failures[i]):
					t.Errorf("arrival %d: %v", i, failures[i])
				}
			}
			if in == 0 {
				t.Errorf("nobody is in: %v", failures)
			}
			if _, err := arrive(t, w, p, who); err != nil {
				t.Errorf("and cannot come back: %v", err)
			}
		})
	}
}

// TestService_SurvivesCuts breaks a sign-up off at every call to identity: whoever tries again is in,
// as one user, and the address is never stuck.
func TestService_SurvivesCuts(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"find_user", "reserve_user", "activate_user"} {
		for name, where := range map[string]authtest.Cut{"before it": authtest.BeforeCall, "before its answer": authtest.BeforeAnswer} {
			t.Run(fmt.Sprintf("at %s, %s", method, name), func(t *testing.T) {
				t.Parallel()
				w, p := world(t)
				w.Identity.CutOff(method, where)
				if signed, err := arrive(t, w, p, ada); fault.KindOf(err) != fault.Unavailable || signed.Token != "" {
					t.Fatalf("got %v, %v", signed.User.ID, err)
				}
				w.Identity.CutOff(method, authtest.Whole)
				signed, err := arrive(t, w, p, ada)
				if err != nil || signed.Token == "" {
					t.Fatalf("again: %v", err)
				}
				if active := w.Identity.Active(ada.Email); len(active) != 1 || active[0] != signed.User.ID || w.Count(t, "linked_account") != 1 {
					t.Errorf("users %v, %d linked accounts", active, w.Count(t, "linked_account"))
				}
			})
		}
	}
	t.Run("and leaves the address to whoever signs up with it otherwise", func(t *testing.T) {
		t.Parallel()
		w, p := world(t)
		w.Identity.CutOff("activate_user", authtest.BeforeCall)
		if _, err := arrive(t, w, p, ada); err == nil {
			t.Fatal("it was not cut off")
		}
		w.Identity.CutOff("activate_user", authtest.Whole)
		owner := w.SignUp(t, ada.Email)
		if _, err := arrive(t, w, p, ada); !errors.Is(err, social.ErrNotLinked) {
			t.Errorf("the account of before opens it: %v", err)
		}
		if active := w.Identity.Active(ada.Email); len(active) != 1 || active[0] != owner.User.ID {
			t.Errorf("users %v", active)
		}
	})
}

// TestService_KeepsNamesHarmless: what a provider calls somebody is cut to what a user can have.
func TestService_KeepsNamesHarmless(t *testing.T) {
	t.Parallel()
	w, p := world(t)
	who := ada
	who.Name, who.Picture = "  A\x00d\u0007a "+string(make([]rune, 300)), "javascript:alert(1)"
	signed, err := arrive(t, w, p, who)
	if err != nil || signed.User.Name != "Ada" || signed.User.Image != nil {
		t.Errorf("got %q, %v, %v", signed.User.Name, signed.User.Image, err)
	}
}

// FuzzOpenID_VerifyToken: no text that is not signed by the provider is a token of it.
func FuzzOpenID_VerifyToken(f *testing.F) {
	p := openidtest.Start(f)
	o, err := social.NewOpenID(p.URL, client(time.Now))
	if err != nil {
		f.Fatal(err)
	}
	good := p.IDToken(ada, "")
	f.Add(good)
	f.Add(good + ".")
	f.Add("e30.e30.")
	f.Add("....")
	f.Add(`{"payload":"e30","signatures":[]}`)
	f.Fuzz(func(t *testing.T, token string) {
		_, err := o.VerifyToken(t.Context(), social.IDToken{Token: token})
		if token == good {
			return
		}
		if !errors.Is(err, social.ErrToken) {
			t.Errorf("%q: %v", token, err)
		}
	})
}

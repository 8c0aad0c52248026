package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
)

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

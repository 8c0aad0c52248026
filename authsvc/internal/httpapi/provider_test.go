package httpapi_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
)

// accountID returns the row id of the one linked account.
func (a *app) accountID(t *testing.T) string {
	t.Helper()
	var id string
	if err := a.Pool.QueryRow(t.Context(), "select id::text from linked_account").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
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

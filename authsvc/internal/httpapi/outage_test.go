package httpapi_test

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/social"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
)

// calls are requests of a user who is signed in, one for each route that needs storage or
// identity to answer. Those that work without both are left out.
func calls(in signed, p pair, secret string) map[string]request {
	post := func(path string, body string) request {
		return request{method: http.MethodPost, path: path, body: body}
	}
	oauth := func(path string, body string) request {
		return request{method: http.MethodPost, path: "/oauth2/" + path, body: body, header: map[string]string{"Content-Type": typeForm, "Cookie": ""}}
	}
	all := map[string]request{
		"sign-up-email":             post("/sign-up/email", object("email", eve, "password", newWords, "name", "Eve")),
		"sign-in-email":             post("/sign-in/email", object("email", ada, "password", authtest.Password)),
		"sign-out":                  post("/sign-out", "{}"),
		"get-session":               {path: "/get-session"},
		"list-sessions":             {path: "/list-sessions"},
		"revoke-session":            post("/revoke-session", object("token", in.Token)),
		"revoke-sessions":           post("/revoke-sessions", "{}"),
		"revoke-other-sessions":     post("/revoke-other-sessions", "{}"),
		"send-verification-email":   post("/send-verification-email", object("email", ada)),
		"verify-email":              {path: "/verify-email?token=" + secret, header: map[string]string{"Cookie": ""}},
		"verify-email in a browser": {path: "/verify-email?callbackURL=/&token=" + secret, header: map[string]string{"Cookie": ""}},
		"request-password-reset":    post("/request-password-reset", object("email", ada)),
		"reset-password-callback":   {path: "/reset-password/guess?callbackURL=/"},
		"reset-password":            post("/reset-password", object("newPassword", newWords, "token", "guess")),
		"multi-session-set-active":  post("/multi-session/set-active", object("sessionToken", in.Token)),
		"multi-session-revoke":      post("/multi-session/revoke", object("sessionToken", in.Token)),
		"multi-session-list":        {path: "/multi-session/list-device-sessions"},
		"one-time-token-generate":   {path: "/one-time-token/generate"},
		"one-time-token-verify":     post("/one-time-token/verify", object("token", "guess")),
		"sign-in-anonymous":         post("/sign-in/anonymous", "{}"),
		"delete-anonymous-user":     post("/delete-anonymous-user", "{}"),
		"not-me-page":               {path: "/not-me/guess"},
		"not-me":                    post("/not-me/guess", "{}"),
		"not-me-password":           post("/not-me", object("newPassword", newWords, "token", "guess")),
		"token":                     {path: "/token"},
		"change-password":           post("/change-password", object("currentPassword", authtest.Password, "newPassword", newWords)),
		"verify-password":           post("/verify-password", object("password", authtest.Password)),
		"update-user":               post("/update-user", object("name", "Ada")),
		"update-session":            post("/update-session", "{}"),
		"change-email":              post("/change-email", object("newEmail", eve)),
		"delete-user":               post("/delete-user", "{}"),
		"delete-user-callback":      {path: "/delete-user/callback?token=guess"},
		"sign-in-username":          post("/sign-in/username", object("username", "ada", "password", authtest.Password)),
		"is-username-available":     post("/is-username-available", object("username", "ada")),
		"sign-in-social":            post("/sign-in/social", object("provider", "github")),
		"link-social":               post("/link-social", object("provider", "github")),
		"callback":                  {path: "/callback/github?code=guess&state=guess"},
		"get-access-token":          post("/get-access-token", object("accountId", "guess")),
		"refresh-token":             post("/refresh-token", object("accountId", "guess")),
		"account-info":              {path: "/account-info?accountId=guess"},
		"list-accounts":             {path: "/list-accounts"},
		"unlink-account":            post("/unlink-account", object("accountId", "guess")),
		"two-factor-enable":         post("/two-factor/enable", object("password", authtest.Password)),
		"two-factor-enable by mail": post("/two-factor/enable", object("password", authtest.Password, "method", "otp")),
		"two-factor-disable":        post("/two-factor/disable", object("password", authtest.Password)),
		"two-factor-get-totp-uri":   post("/two-factor/get-totp-uri", object("password", authtest.Password)),
		"two-factor-verify-totp":    post("/two-factor/verify-totp", object("code", "000000")),
		"two-factor-send-otp":       post("/two-factor/send-otp", "{}"),
		"two-factor-verify-otp":     post("/two-factor/verify-otp", object("code", "000000")),

		"two-factor-verify-backup-code":    post("/two-factor/verify-backup-code", object("code", "aaaaa-bbbbb")),
		"two-factor-generate-backup-codes": post("/two-factor/generate-backup-codes", object("password", authtest.Password)),

		"oauth2-token":      oauth("token", form("grant_type", "refresh_token", "refresh_token", p.RefreshToken)),
		"oauth2-revoke":     oauth("revoke", form("token", p.RefreshToken)),
		"oauth2-introspect": oauth("introspect", form("token", p.RefreshToken)),
	}
	maps.Copy(all, passwordlessCalls(post))
	return all
}

// sessionCookies returns the cookies by which the browser holds sessions.
func (b *browser) sessionCookies() map[string]string {
	cookies := maps.Clone(b.cookies)
	maps.DeleteFunc(cookies, func(name, _ string) bool { return !strings.HasPrefix(name, sessionID) })
	return cookies
}

// gitHub is a provider that needs nobody to answer before the browser is there.
func gitHub(t *testing.T) func(func() time.Time) map[string]social.Provider {
	t.Helper()
	return func(now func() time.Time) map[string]social.Provider {
		provider, err := social.NewGitHub("https://github.invalid", "https://api.github.invalid", social.Client{ID: "id", Secret: "secret", Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return map[string]social.Provider{"github": provider}
	}
}

// TestOutage_IsNeverSuccess covers Fosite CVE-2020-15223 and Zitadel CVE-2024-32967 (rows 15
// and 54): without its database no route answers 2xx, 3xx or "not found", and none says
// where the database is.
//
// Covers ASVS V16.5.1.
func TestOutage_IsNeverSuccess(t *testing.T) {
	t.Parallel()
	withoutStorage := []string{"ok", "error", "post-get-session", "post-callback", "open-api-generate-schema", "reference", "oauth2-metadata", "openid-metadata", "jwks"} // jwks answers from memory for a while
	a := newApp(t, authtest.Options{Providers: gitHub(t)})
	b := a.browser()
	in := b.signUp(t, ada)
	p := a.exchanged(t, in.Token)
	link := a.link(t, ada)
	proof := link[strings.Index(link, "=")+1 : strings.Index(link, "&")]
	all := calls(in, p, proof)
	maps.Copy(all, adminOutages(in))
	for _, route := range a.table.Routes() {
		if _, called := all[route.ID]; !called && !slices.Contains(withoutStorage, route.ID) {
			t.Errorf("%s is not tried", route.ID)
		}
	}
	a.Pool.Close()
	for id, r := range all {
		a.Identity.Change(in.User.ID, func(u *identityapi.User) { u.EmailVerified = false }) // or the second use of the link needs no storage
		holder := &browser{app: a, origin: frontEnd, cookies: b.sessionCookies()}
		got := patiently(func() answer { return holder.do(t, r) })
		unavailable(t, id, got)
	}
}

func unavailable(t *testing.T, id string, got answer) {
	t.Helper()
	after, err := strconv.Atoi(got.header.Get("Retry-After"))
	if got.status != http.StatusServiceUnavailable || err != nil || after < 1 {
		t.Errorf("%s: status %d, Retry-After %q, body %s; want 503 and a pause", id, got.status, got.header.Get("Retry-After"), got.body)
	}
	for _, hint := range []string{"postgres", "authsvc", "pool", "sql", "/tmp", "dial"} {
		if strings.Contains(strings.ToLower(got.body), hint) {
			t.Errorf("%s: the answer tells of %q: %s", id, hint, got.body)
		}
	}
	for _, c := range got.cookies {
		if c.Name == sessionID {
			t.Errorf("%s: an outage changes the session's cookie", id)
		}
	}
}

// TestOutage_OfIdentity: without identity nobody is signed in or out, and nobody is told that
// they do not exist.
func TestOutage_OfIdentity(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	in := b.signUp(t, ada)
	p := a.exchanged(t, in.Token)
	for _, method := range []string{"find_user", "reserve_user", "verify_email"} {
		a.Identity.CutOff(method, authtest.BeforeCall)
	}
	link := a.link(t, ada)
	proof := link[strings.Index(link, "=")+1 : strings.Index(link, "&")]
	for _, id := range []string{"sign-up-email", "sign-in-email", "get-session", "list-sessions", "revoke-sessions", "token", "oauth2-token", "request-password-reset", "verify-email", "verify-email in a browser"} {
		r := calls(in, p, proof)[id]
		holder := &browser{app: a, origin: frontEnd, cookies: b.sessionCookies()}
		unavailable(t, id, patiently(func() answer { return holder.do(t, r) }))
	}
	a.Identity.CutOff("find_user", authtest.Whole)
	if b.session(t) == "" {
		t.Error("the outage ended the session")
	}
}

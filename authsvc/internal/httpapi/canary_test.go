package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

// TestSecrets_AreNowhere covers Keycloak CVE-2020-1698 and others (row 55): after a life of a
// user, and an outage in it, no secret is in the log, the events or a row.
func TestSecrets_AreNowhere(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	b := a.browser()
	in := b.signUp(t, ada)
	p := a.exchanged(t, in.Token)
	link := a.link(t, ada)
	b.do(t, request{path: "/request-password-reset", body: object("email", ada)})
	reset, _, _ := strings.Cut(strings.TrimPrefix(a.link(t, ada), "/reset-password/"), "?")
	otp := a.mailedCode(t, ada)
	b.do(t, request{path: "/sign-in/magic-link", body: object("email", ada)})
	magic, _, _ := strings.Cut(strings.TrimPrefix(a.link(t, ada), "/magic-link/verify?token="), "&")
	b.signIn(t, ada, "canary wrong password")
	b.signIn(t, ada, authtest.Password)
	app := b.enrol(t)
	b.signIn(t, ada, authtest.Password)
	challenge := b.cookies[challengeID]
	b.post(t, "/two-factor/send-otp").wants(t, http.StatusOK, "")
	mails := a.Mails(t, ada)
	mailed := mails[len(mails)-1].Code
	b.post(t, "/two-factor/verify-backup-code", "code", app.BackupCodes[0], "trustDevice", true).wants(t, http.StatusOK, "")
	cookie := b.cookies[sessionID]
	secrets := map[string]string{
		"password": authtest.Password, "wrong password": "canary wrong password", "session token": in.Token, "refresh token": p.RefreshToken,
		"access token": p.AccessToken, "cookie": cookie, "reset secret": reset, "mailed proof": link[strings.Index(link, "=")+1 : strings.Index(link, "&")],
		"new password": newWords, "authenticator": app.Secret, "backup code": app.BackupCodes[0], "another backup code": app.BackupCodes[1],
		"challenge": challenge, "id of the challenge": "2fa-" + strings.Split(strings.TrimPrefix(challenge, "2fa-"), ".")[0],
		"trusted device": b.cookies[trustID], "mailed code": `"` + mailed + `"`,
		"one-time code": `"` + otp + `"`, "magic link": magic,
	}
	stored := a.dump(t)
	patiently(func() answer {
		return a.do(t, request{path: "/reset-password", body: object("newPassword", newWords, "token", reset)})
	}).wants(t, http.StatusOK, "")
	stored += a.dump(t)
	a.Pool.Close()
	for _, r := range calls(in, p, "proof") {
		b.do(t, r)
	}
	b.do(t, request{path: "/reset-password/" + reset + "?callbackURL=/"})
	log := a.log.String()
	if !strings.Contains(log, "request failed") {
		t.Fatal("the outage is not in the log: the test would prove nothing")
	}
	for name, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds the %s", name)
		}
		if strings.Contains(stored, secret) {
			t.Errorf("the database holds the %s", name)
		}
	}
}

// dump returns all that the module has stored, as text.
func (a *app) dump(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, table := range []string{"credential", "session", "password_reset", "used_proof", "refresh_family", "signing_key", "outbox", "river_job",
		"two_factor", "backup_code", "two_factor_challenge", "two_factor_code", "trusted_device", "one_time_code", "magic_link"} {
		var rows string
		if err := a.Pool.QueryRow(t.Context(), "select coalesce(json_agg(t)::text, '') from "+table+" t").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		all.WriteString(rows)
	}
	return all.String()
}

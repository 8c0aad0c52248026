package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
)

const (
	challengeID = "__Secure-better-auth.two_factor"
	trustID     = "__Secure-better-auth.trust_device"
	step        = 30 * time.Second // of an authenticator
	forgetID    = "__Secure-better-auth.dont_remember"
	methodID    = "better-auth.last_used_login_method"
)

// enrol sets an authenticator up in a browser that is signed in. The clock moves on by a
// time step.
func (b *browser) enrol(t *testing.T) authtest.Authenticator {
	t.Helper()
	got := b.post(t, "/two-factor/enable", "password", authtest.Password)
	got.wants(t, http.StatusOK, "")
	var enabled struct {
		TOTPURI     string   `json:"totpURI"`
		BackupCodes []string `json:"backupCodes"`
	}
	got.decode(t, &enabled)
	app := authtest.ReadAuthenticator(t, enabled.TOTPURI, enabled.BackupCodes)
	b.post(t, "/two-factor/verify-totp", "code", b.code(t, app)).wants(t, http.StatusOK, "")
	b.app.Clock.Advance(step)
	return app
}

func (b *browser) code(t *testing.T, app authtest.Authenticator) string {
	t.Helper()
	return app.Code(t, b.app.Clock.Now())
}

// passed is the answer to a second factor.
type passed struct {
	Token string
	User  struct {
		ID               string
		TwoFactorEnabled bool
	}
}

func TestTwoFactor_SignIn(t *testing.T) {
	t.Parallel()

	t.Run("asks instead of signing in, and signs in after the factor", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		home := a.browser()
		in := home.signUp(t, ada)
		app := home.enrol(t)
		b := a.browser()
		got := b.signIn(t, ada, authtest.Password, "callbackURL", "/home")
		got.wants(t, http.StatusOK, "")
		if strings.TrimSpace(got.body) != `{"twoFactorRedirect":true,"twoFactorMethods":["totp","otp"]}` {
			t.Errorf("body %s", got.body)
		}
		if c := got.cookie(sessionID); c == nil || c.Value != "" || got.header.Get("Set-Auth-Token") != "" || b.session(t) != "" {
			t.Errorf("a session leaves with the question: %v, %q", c, got.header.Get("Set-Auth-Token"))
		}
		if c := got.cookie(challengeID); c == nil || c.MaxAge != 600 || !c.HttpOnly || !strings.HasPrefix(c.Value, "2fa-") {
			t.Errorf("the challenge: %v", c)
		}
		got = b.post(t, "/two-factor/verify-totp", "code", b.code(t, app))
		got.wants(t, http.StatusOK, "")
		var answered passed
		got.decode(t, &answered)
		if answered.Token == "" || answered.User.ID != in.User.ID || !answered.User.TwoFactorEnabled || b.session(t) == "" {
			t.Errorf("body %s", got.body)
		}
		if c := got.cookie(challengeID); c == nil || c.MaxAge >= 0 {
			t.Errorf("the challenge stays: %v", c)
		}
		if b.cookies[methodID] != "email" {
			t.Errorf("the last method is %q", b.cookies[methodID])
		}
	})

	t.Run("does so by a mailed link, which leads to the page with a parameter", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		home := a.browser()
		home.signUp(t, ada)
		link := a.link(t, ada)
		app := home.enrol(t)
		b := a.browser()
		got := b.do(t, request{path: strings.Replace(link, "callbackURL=%2F", "callbackURL="+url.QueryEscape(frontEnd+"/in?a=b"), 1)})
		got.wants(t, http.StatusFound, "")
		if to := got.header.Get("Location"); to != frontEnd+"/in?a=b&twoFactorRedirect=true" || b.session(t) != "" {
			t.Errorf("to %s, signed in: %t", to, b.session(t) != "")
		}
		b.post(t, "/two-factor/send-otp").wants(t, http.StatusBadRequest, "OTP_NOT_CONFIGURED")
		b.post(t, "/two-factor/verify-totp", "code", b.code(t, app)).wants(t, http.StatusOK, "")
		if b.session(t) == "" {
			t.Error("the factor did not sign in")
		}
	})

	t.Run("keeps what was said about remembering", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		home := a.browser()
		home.signUp(t, ada)
		app := home.enrol(t)
		b := a.browser()
		got := b.signIn(t, ada, authtest.Password, "rememberMe", false)
		if c := got.cookie(forgetID); c == nil || c.Value == "" {
			t.Errorf("the mark is missing: %v", c)
		}
		b.post(t, "/two-factor/send-otp").wants(t, http.StatusOK, "")
		got = b.post(t, "/two-factor/verify-totp", "code", b.code(t, app))
		if c := got.cookie(sessionID); c == nil || c.MaxAge != 0 || c.Value == "" {
			t.Errorf("the session's cookie outlives the browser: %v", c)
		}
	})

	// Better Auth GHSA-xg6x-h9c9-2m83 (past-vulnerabilities row 14) and Keycloak CVE-2025-3910
	// (row 30): nothing counts before the step that is missing.
	t.Run("opens no other route before the factor", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		home := a.browser()
		in := home.signUp(t, ada)
		home.enrol(t)
		b := a.browser()
		b.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
		challenge, _, _ := strings.Cut(b.cookies[challengeID], ".")
		for id, r := range calls(in, pair{}, "proof") {
			signs := id == "sign-up-email" || id == "sign-in-anonymous" // somebody new
			if strings.HasPrefix(id, "two-factor-verify") || strings.HasPrefix(id, "two-factor-send") || strings.HasPrefix(id, "oauth2") || signs {
				continue
			}
			for name, header := range map[string]string{"cookie": "", "id as bearer": "Bearer " + challenge, "cookie as bearer": "Bearer " + b.cookies[challengeID]} {
				r.header = map[string]string{"Authorization": header}
				holder := &browser{app: a, origin: frontEnd, cookies: map[string]string{challengeID: b.cookies[challengeID]}}
				got := patiently(func() answer { return holder.do(t, r) })
				if c := got.cookie(sessionID); c != nil && c.Value != "" || strings.Contains(got.body, in.User.ID) {
					t.Errorf("%s with the %s: %s", id, name, got.body)
				}
			}
		}
	})
}

func TestTwoFactor_TrustedDevice(t *testing.T) {
	t.Parallel()
	a := newApp(t, authtest.Options{})
	home := a.browser()
	home.signUp(t, ada)
	app := home.enrol(t)
	b := a.browser()
	b.signIn(t, ada, authtest.Password, "rememberMe", false).wants(t, http.StatusOK, "")
	got := b.post(t, "/two-factor/verify-backup-code", "code", app.BackupCodes[0], "trustDevice", true)
	got.wants(t, http.StatusOK, "")
	if c := got.cookie(trustID); c == nil || c.MaxAge != 2592000 {
		t.Fatalf("the device: %v", c)
	}
	if c := got.cookie(forgetID); c == nil || c.MaxAge >= 0 {
		t.Errorf("the mark of a session that is not remembered stays: %v", c)
	}
	first := b.cookies[trustID]
	got = b.signIn(t, ada, authtest.Password)
	got.wants(t, http.StatusOK, "")
	if strings.Contains(got.body, "twoFactorRedirect") || b.session(t) == "" || b.cookies[trustID] == first {
		t.Errorf("the device is not trusted, or its id stays: %s", got.body)
	}
	thief := a.browser()
	thief.cookies[trustID] = first
	got = thief.signIn(t, ada, authtest.Password)
	if !strings.Contains(got.body, "twoFactorRedirect") || thief.cookies[trustID] != "" {
		t.Errorf("an id that was used is trusted: %s", got.body)
	}
	got = b.post(t, "/two-factor/disable", "password", authtest.Password)
	got.wants(t, http.StatusOK, "")
	if c := got.cookie(trustID); c == nil || c.MaxAge >= 0 {
		t.Errorf("the device stays: %v", c)
	}
}

func TestTwoFactor_Refusals(t *testing.T) {
	t.Parallel()

	t.Run("name what is wrong", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		for _, c := range []struct {
			path    string
			members []any
			status  int
			code    string
		}{
			{"enable", []any{"password", "wrong password"}, 400, "INVALID_PASSWORD"},
			{"enable", []any{"password", authtest.Password, "method", "sms"}, 400, "VALIDATION_ERROR"},
			{"enable", []any{"password", authtest.Password, "issuer", "a\nb"}, 400, "VALIDATION_ERROR"},
			{"get-totp-uri", []any{"password", authtest.Password}, 400, "TOTP_NOT_ENABLED"},
			{"generate-backup-codes", []any{"password", authtest.Password}, 400, "TWO_FACTOR_NOT_ENABLED"},
			{"verify-totp", []any{"code", "000000"}, 400, "TOTP_NOT_ENABLED"},
			{"verify-otp", []any{"code", "000000"}, 400, "OTP_HAS_EXPIRED"},
			{"verify-backup-code", []any{"code", "000000"}, 400, "BACKUP_CODES_NOT_ENABLED"},
		} {
			b.post(t, "/two-factor/"+c.path, c.members...).wants(t, c.status, c.code)
		}
		for _, path := range []string{"verify-totp", "verify-otp", "verify-backup-code"} {
			a.browser().post(t, "/two-factor/"+path, "code", "000000").wants(t, http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
		}
		a.browser().post(t, "/two-factor/send-otp").wants(t, http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
	})

	t.Run("end a challenge, and lock the account with 429", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		home := a.browser()
		home.signUp(t, ada)
		home.enrol(t)
		b := a.browser()
		for range 2 {
			b.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
			for range 5 {
				got := b.post(t, "/two-factor/verify-backup-code", "code", "aaaaa-bbbbb")
				got.wants(t, http.StatusUnauthorized, "INVALID_BACKUP_CODE")
			}
		}
		b.post(t, "/two-factor/verify-totp", "code", "000000").wants(t, http.StatusTooManyRequests, "ACCOUNT_TEMPORARILY_LOCKED")
	})

	t.Run("take the cookie of a challenge back that is over", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		home := a.browser()
		home.signUp(t, ada)
		home.enrol(t)
		b := a.browser()
		b.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
		for range 5 {
			b.post(t, "/two-factor/verify-totp", "code", "no code").wants(t, http.StatusUnauthorized, "INVALID_CODE")
		}
		b.post(t, "/two-factor/verify-totp", "code", "no code").wants(t, http.StatusBadRequest, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE")
		if b.cookies[challengeID] != "" {
			t.Error("the cookie stays")
		}
	})
}

func TestTwoFactor_Enrolment(t *testing.T) {
	t.Parallel()

	t.Run("answers with the session and the user from before, and sets the new session", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		before := b.session(t)
		got := b.post(t, "/two-factor/enable", "password", authtest.Password, "issuer", "My App")
		got.wants(t, http.StatusOK, "")
		var enabled struct {
			Method      string
			TOTPURI     string `json:"totpURI"`
			BackupCodes []string
		}
		got.decode(t, &enabled)
		if enabled.Method != "totp" || len(enabled.BackupCodes) != 10 || !strings.HasPrefix(enabled.TOTPURI, "otpauth://totp/My%20App:ada%40example.com?secret=") {
			t.Errorf("body %s", got.body)
		}
		app := authtest.ReadAuthenticator(t, enabled.TOTPURI, nil)
		held := b.cookies[sessionID]
		got = b.post(t, "/two-factor/verify-totp", "code", b.code(t, app))
		got.wants(t, http.StatusOK, "")
		var verified passed
		got.decode(t, &verified)
		if verified.User.TwoFactorEnabled || verified.Token == "" || strings.HasPrefix(held, verified.Token) {
			t.Errorf("body %s", got.body)
		}
		if after := b.session(t); after == "" || after == before {
			t.Errorf("the session was %s and is %s", before, after)
		}
	})

	t.Run("by mailed code answers with the new session", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		b.do(t, request{method: http.MethodPost, path: "/two-factor/send-otp"}).wants(t, http.StatusOK, "")
		mails := a.Mails(t, ada)
		got := b.post(t, "/two-factor/verify-otp", "code", mails[len(mails)-1].Code)
		got.wants(t, http.StatusOK, "")
		var verified passed
		got.decode(t, &verified)
		bearer := a.do(t, request{path: "/get-session", header: map[string]string{"Authorization": "Bearer " + verified.Token}})
		if !verified.User.TwoFactorEnabled || !strings.Contains(bearer.body, verified.User.ID) {
			t.Errorf("body %s, session %s", got.body, bearer.body)
		}
	})

	t.Run("of mailed codes works at once", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		b := a.browser()
		b.signUp(t, ada)
		got := b.post(t, "/two-factor/enable", "password", authtest.Password, "method", "otp")
		got.wants(t, http.StatusOK, "")
		if diff := cmp.Diff(`{"method":"otp"}`, strings.TrimSpace(got.body)); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
		if b.session(t) == "" || got.cookie(sessionID) == nil {
			t.Error("no new session was set")
		}
		if other := a.browser().signIn(t, ada, authtest.Password); !strings.Contains(other.body, `"twoFactorMethods":["otp"]`) {
			t.Errorf("body %s", other.body)
		}
	})

	t.Run("a check of a backup code opens no session", func(t *testing.T) {
		t.Parallel()
		a := newApp(t, authtest.Options{})
		home := a.browser()
		home.signUp(t, ada)
		app := home.enrol(t)
		b := a.browser()
		b.signIn(t, ada, authtest.Password).wants(t, http.StatusOK, "")
		got := b.post(t, "/two-factor/verify-backup-code", "code", app.BackupCodes[0], "disableSession", true)
		got.wants(t, http.StatusOK, "")
		if strings.Contains(got.body, `"token"`) || b.session(t) != "" {
			t.Errorf("body %s", got.body)
		}
	})
}

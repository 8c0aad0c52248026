package test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// twoFactor enrols an authenticator, signs in with it, with a mailed code and with a backup
// code, trusts a browser, and gives the factor up (ASVS V6.3.3, V6.4.3).
func (s *suite) twoFactor(t *testing.T) {
	p := s.signUp(t)
	s.confirm(t, p)
	other := s.signIn(t, p)
	secret, codes := s.enrol(t, p)
	s.status(t, "the session that enrolled goes on", p.send(t, "GET /api/v1/me", nil), 200)
	s.status(t, "a session from before", other.send(t, "GET /api/v1/me", nil), 401)

	first := s.asked(t, p)
	s.status(t, "before the second factor", first.send(t, "GET /api/v1/me", nil), 401)
	s.is(t, "a wrong code", first.send(t, "POST /api/auth/two-factor/verify-totp", map[string]any{"code": "no code"}).at("code"), "INVALID_CODE")
	shown := codeOf(t, secret, 0)
	verified := first.send(t, "POST /api/auth/two-factor/verify-totp", map[string]any{"code": shown})
	s.status(t, "a code", verified, 200)
	s.hide(verified.at("token"))
	s.is(t, "the factor is on", first.send(t, "GET /api/auth/get-session", nil).at("user.twoFactorEnabled"), "true")
	s.is(t, "both proofs are in the token", amr(t, s.exchange(t, verified.at("token")).access), "pwd otp")
	replay := s.asked(t, p).send(t, "POST /api/auth/two-factor/verify-totp", map[string]any{"code": shown})
	s.status(t, "the code again", replay, 401)

	s.mailedFactor(t, p)
	s.everyWay(t, p)
	browser := s.asked(t, p)
	backup := map[string]any{"code": codes[0], "trustDevice": true}
	s.status(t, "a backup code", browser.send(t, "POST /api/auth/two-factor/verify-backup-code", backup), 200)
	s.status(t, "the backup code again", s.asked(t, p).send(t, "POST /api/auth/two-factor/verify-backup-code", backup), 401)
	credentials := map[string]any{"email": p.email, "password": p.password}
	trusted := browser.send(t, "POST /api/auth/sign-in/email", credentials)
	s.holds(t, "a trusted browser is not asked", trusted.at("token") != "")

	s.resetKeepsFactor(t, p)
	off := p.send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	s.is(t, "still asked", off.at("twoFactorRedirect"), "true")
	s.status(t, "the last code", p.send(t, "POST /api/auth/two-factor/verify-backup-code", map[string]any{"code": codes[1]}), 200)
	s.status(t, "disable", p.send(t, "POST /api/auth/two-factor/disable", map[string]any{"password": p.password}), 200)
	s.signIn(t, p)
}

// enrol sets an authenticator up and returns its secret and the backup codes. It gives the
// code of the time step before, so that the one of now is still good.
func (s *suite) enrol(t *testing.T, p *person) (secret string, codes []string) {
	t.Helper()
	got := p.send(t, "POST /api/auth/two-factor/enable", map[string]any{"password": p.password})
	s.status(t, "enable", got, 200)
	uri, err := url.Parse(got.at("totpURI"))
	if err != nil {
		t.Fatal(err)
	}
	secret = uri.Query().Get("secret")
	if err := json.Unmarshal([]byte(got.at("backupCodes")), &codes); err != nil || len(codes) != 10 {
		t.Fatalf("backup codes %q: %v", got.at("backupCodes"), err)
	}
	s.hide(secret)
	s.hide(codes[0])
	s.status(t, "the first code", p.send(t, "POST /api/auth/two-factor/verify-totp", map[string]any{"code": codeOf(t, secret, -1)}), 200)
	return secret, codes
}

// asked signs in with the password, in another browser, and is asked for the factor.
func (s *suite) asked(t *testing.T, p *person) *visitor {
	t.Helper()
	v := s.visitor()
	got := v.send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	s.status(t, "sign in", got, 200)
	s.is(t, "what is asked", got.at("twoFactorMethods"), `["totp","otp"]`)
	return v
}

// mailedFactor finishes a sign-in with a mailed code.
func (s *suite) mailedFactor(t *testing.T, p *person) {
	t.Helper()
	v := s.asked(t, p)
	s.status(t, "send", v.send(t, "POST /api/auth/two-factor/send-otp", nil), 200)
	s.status(t, "a mailed code", v.send(t, "POST /api/auth/two-factor/verify-otp", map[string]any{"code": s.mailedCode(t, p.email, "second factor")}), 200)
	s.status(t, "signed in", v.send(t, "GET /api/v1/me", nil), 200)
}

// everyWay signs in by mail: the factor is asked for all the same, and a code to the same
// mailbox is not offered as one (ASVS V6.3.4).
func (s *suite) everyWay(t *testing.T, p *person) {
	t.Helper()
	byLink := s.visitor()
	ask := map[string]any{"email": p.email, "callbackURL": "/in"}
	s.status(t, "ask for a link", byLink.send(t, "POST /api/auth/sign-in/magic-link", ask), 200)
	led := byLink.send(t, "GET "+s.path(t, s.mailed(t, p.email, "sign in")), nil)
	s.status(t, "follow it", led, 302)
	s.holds(t, "the link leads to the question: "+led.header.Get("Location"), strings.HasSuffix(led.header.Get("Location"), "/in?twoFactorRedirect=true"))
	s.status(t, "a link alone", byLink.send(t, "GET /api/v1/me", nil), 401)
	s.status(t, "a code to the same mailbox", byLink.send(t, "POST /api/auth/two-factor/send-otp", nil), 400)

	byCode := s.visitor()
	wish := map[string]any{"email": p.email, "type": "sign-in"}
	s.status(t, "ask for a code", byCode.send(t, "POST /api/auth/email-otp/send-verification-otp", wish), 200)
	got := byCode.send(t, "POST /api/auth/sign-in/email-otp", map[string]any{"email": p.email, "otp": s.mailedCode(t, p.email, "your code")})
	s.status(t, "give it", got, 200)
	s.is(t, "what is asked", got.at("twoFactorMethods"), `["totp"]`)
	s.status(t, "a code alone", byCode.send(t, "GET /api/v1/me", nil), 401)
}

// mailedCode returns the code in the newest mail to an address whose subject has the words.
func (s *suite) mailedCode(t *testing.T, to, words string) (code string) {
	t.Helper()
	shape.Until(t, 30*time.Second, func(context.Context) error {
		for _, mail := range s.visitor().send(t, "GET /dev/mailbox.json?to="+to, nil).list("") {
			subject, _ := mail["subject"].(string)
			if code, _ = mail["code"].(string); code != "" && strings.Contains(strings.ToLower(subject), words) {
				return nil
			}
		}
		return fmt.Errorf("no mail about %q with a code", words)
	})
	return code
}

// resetKeepsFactor chooses a new password by mail: the factor stays.
func (s *suite) resetKeepsFactor(t *testing.T, p *person) {
	t.Helper()
	ask := map[string]any{"email": p.email, "redirectTo": shape.Origin + "/reset"}
	s.status(t, "ask for a reset", s.visitor().send(t, "POST /api/auth/request-password-reset", ask), 200)
	led := s.visitor().send(t, "GET "+s.path(t, s.mailed(t, p.email, "reset")), nil)
	s.status(t, "follow the link", led, 302)
	p.password = "a-phrase-that-is-new-3"
	s.hide(p.password)
	choice := map[string]any{"newPassword": p.password, "token": tokenOf(t, led.header.Get("Location"))}
	s.status(t, "choose", s.visitor().send(t, "POST /api/auth/reset-password", choice), 200)
	s.asked(t, p)
}

// codeOf returns what an authenticator shows, some time steps from now.
func codeOf(t *testing.T, secret string, steps time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(steps*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// amr returns how an access token says that its user proved who they are (RFC 8176).
func amr(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	var read struct{ AMR []string }
	if err != nil || json.Unmarshal(claims, &read) != nil {
		t.Fatalf("claims %s: %v", claims, err)
	}
	return strings.Join(read.AMR, " ")
}

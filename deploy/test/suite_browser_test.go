package test

import (
	"net/url"
	"strings"
	"testing"
)

// manyAccounts signs one browser in as several people and switches between them.
func (s *suite) manyAccounts(t *testing.T) {
	first := s.signUp(t)
	second := first.visitor // the same browser
	email := "second-" + first.email
	s.status(t, "sign up in the same browser", second.send(t, "POST /api/auth/sign-up/email", map[string]any{"name": "Other", "email": email, "password": goodPassword}), 200)
	held := second.send(t, "GET /api/auth/multi-session/list-device-sessions", nil).list("")
	s.is(t, "how many sessions the browser holds", len(held), 2)
	handle := func(i int) string {
		members, _ := held[i]["session"].(map[string]any)
		token, _ := members["token"].(string)
		return token
	}
	s.status(t, "go back to the first", second.send(t, "POST /api/auth/multi-session/set-active", map[string]string{"sessionToken": handle(0)}), 200)
	s.is(t, "who is signed in", second.send(t, "GET /api/auth/get-session", nil).at("user.email"), first.email)
	s.status(t, "end the active one", second.send(t, "POST /api/auth/multi-session/revoke", map[string]string{"sessionToken": handle(0)}), 200)
	s.is(t, "who is signed in then", second.send(t, "GET /api/auth/get-session", nil).at("user.email"), email)
	s.status(t, "the ended one, as bearer", s.visitor().with(first.token).send(t, "GET /api/v1/me", nil), 401)
	stranger := s.signUp(t)
	s.status(t, "somebody else's handle", stranger.send(t, "POST /api/auth/multi-session/set-active", map[string]string{"sessionToken": handle(1)}), 401)
}

// handover passes a session on by a token that works once.
func (s *suite) handover(t *testing.T) {
	here, there := s.signUp(t), s.visitor()
	issued := here.send(t, "GET /api/auth/one-time-token/generate", nil)
	s.status(t, "a one-time token", issued, 200)
	s.hide(issued.at("token"))
	body := map[string]string{"token": issued.at("token")}
	s.status(t, "use it", there.send(t, "POST /api/auth/one-time-token/verify", body), 200)
	s.is(t, "who is signed in there", there.send(t, "GET /api/auth/get-session", nil).at("user.email"), here.email)
	s.status(t, "use it again", s.visitor().send(t, "POST /api/auth/one-time-token/verify", body), 400)
}

// strangers are users without an account, and end when their browser has one.
func (s *suite) strangers(t *testing.T) {
	browser := s.visitor()
	got := browser.send(t, "POST /api/auth/sign-in/anonymous", map[string]string{})
	s.status(t, "sign in without an account", got, 200)
	s.hide(got.at("token"))
	s.is(t, "the user says so", got.at("user.isAnonymous"), "true")
	s.status(t, "a guarded route", browser.send(t, "GET /api/v1/me", nil), 200)
	email := "no-stranger-" + got.at("user.id") + "@example.com"
	s.status(t, "sign up", browser.send(t, "POST /api/auth/sign-up/email", map[string]any{"name": "Some Body", "email": email, "password": goodPassword}), 200)
	s.status(t, "the stranger is gone", s.visitor().with(got.at("token")).send(t, "GET /api/v1/me", nil), 401)
}

// notMe tells the owner of a new device and lets them throw it out, by mail alone.
//
// Covers ASVS V6.3.5, V7.4.3.
func (s *suite) notMe(t *testing.T) {
	owner, thief := s.signUp(t), s.visitor()
	s.status(t, "sign in from elsewhere", thief.send(t, "POST /api/auth/sign-in/email",
		map[string]any{"email": owner.email, "password": owner.password}, "User-Agent", "curl/8"), 200)
	link := s.path(t, s.mailed(t, owner.email, "new sign-in"))
	s.hide(link[strings.LastIndex(link, "/")+1:])
	page := s.visitor().send(t, "GET "+link, nil)
	s.status(t, "the page behind the link", page, 200)
	s.holds(t, "its form may be sent here only", strings.Contains(page.header.Get("Content-Security-Policy"), "form-action 'self'"))
	s.status(t, "looking changes nothing", thief.send(t, "GET /api/v1/me", nil), 200)
	s.status(t, "another site's form", owner.send(t, "POST "+link, url.Values{}, "Origin", "https://evil.example"), 403)
	ended := s.visitor().send(t, "POST "+link, url.Values{}, "Origin", s.system.URL)
	s.status(t, "this was not me", ended, 200)
	s.status(t, "the thief", thief.send(t, "GET /api/v1/me", nil), 401)
	s.status(t, "the owner, who signs in again", owner.send(t, "GET /api/v1/me", nil), 401)

	_, rest, _ := strings.Cut(string(ended.body), `name="token" value="`)
	secret, _, _ := strings.Cut(rest, `"`)
	s.hide(secret)
	chosen := url.Values{"token": {secret}, "newPassword": {goodPassword + "!"}}
	s.status(t, "a new password", s.visitor().send(t, "POST /api/auth/not-me", chosen, "Origin", s.system.URL), 200)
	s.status(t, "the old one", thief.send(t, "POST /api/auth/sign-in/email", map[string]any{"email": owner.email, "password": owner.password}), 401)
	s.status(t, "the link again", s.visitor().send(t, "POST "+link, url.Values{}, "Origin", s.system.URL), 404)
}

// reference shows the protocol's endpoints as a document and as a page.
func (s *suite) reference(t *testing.T) {
	document := s.visitor().send(t, "GET /api/auth/open-api/generate-schema", nil)
	s.status(t, "the document", document, 200)
	s.is(t, "its version", document.at("openapi"), "3.1.1")
	page := s.visitor().send(t, "GET /api/auth/reference", nil)
	s.status(t, "the page", page, 200)
	s.holds(t, "the page shows endpoints and runs nothing", strings.Contains(string(page.body), "/sign-in/email") && !strings.Contains(string(page.body), "<script"))
}

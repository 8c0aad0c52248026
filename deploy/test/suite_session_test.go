package test

import (
	"testing"
)

// sessions lists and ends the sessions of one person with three browsers.
//
// Covers ASVS V7.5.2, V8.2.2.
func (s *suite) sessions(t *testing.T) {
	first := s.signUp(t)
	second, third := s.signIn(t, first), s.signIn(t, first)
	listed := first.send(t, "GET /api/auth/list-sessions", nil)
	s.status(t, "list sessions", listed, 200)
	s.is(t, "how many there are", len(listed.list("")), 3)

	handle := third.send(t, "GET /api/auth/get-session", nil).at("session.token")
	s.status(t, "a handle is no credential", s.visitor().with(handle).send(t, "GET /api/v1/me", nil), 401)
	s.status(t, "end one session", first.send(t, "POST /api/auth/revoke-session", map[string]string{"token": handle}), 200)
	s.is(t, "the ended session", string(third.send(t, "GET /api/auth/get-session", nil).body), "null")
	s.status(t, "its guarded routes", third.send(t, "GET /api/v1/me", nil), 401)
	s.status(t, "another session", second.send(t, "GET /api/v1/me", nil), 200)

	s.status(t, "end the others", first.send(t, "POST /api/auth/revoke-other-sessions", nil), 200)
	s.status(t, "one of the others", second.send(t, "GET /api/v1/me", nil), 401)
	s.status(t, "this one", first.send(t, "GET /api/v1/me", nil), 200)

	stranger := s.signUp(t)
	own := first.send(t, "GET /api/auth/get-session", nil).at("session.token")
	s.status(t, "end somebody else's session", stranger.send(t, "POST /api/auth/revoke-session", map[string]string{"token": own}), 200)
	s.status(t, "it lives on", first.send(t, "GET /api/v1/me", nil), 200)

	s.status(t, "end all", first.send(t, "POST /api/auth/revoke-sessions", nil), 200)
	s.status(t, "nothing is left", first.send(t, "GET /api/v1/me", nil), 401)
	s.status(t, "sessions of nobody", s.visitor().send(t, "GET /api/auth/list-sessions", nil), 401)
	s.status(t, "a session that is asked for by POST", first.send(t, "POST /api/auth/get-session", nil), 405)
}

// signIn opens another session of somebody, in another browser.
func (s *suite) signIn(t *testing.T, p *person) *visitor {
	t.Helper()
	v := s.visitor()
	got := v.send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	s.status(t, "sign in", got, 200)
	s.hide(got.at("token"))
	return v
}

// refusals checks that a refusal does not tell who exists (ASVS V6.3.8).
func (s *suite) refusals(t *testing.T) {
	p := s.signUp(t)
	attempt := func(email, password string) answer {
		return s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": email, "password": password})
	}
	wrong, unknown := attempt(p.email, "not-the-password-1"), attempt("nobody-at-all@example.com", "not-the-password-1")
	s.status(t, "a wrong password", wrong, 401)
	s.is(t, "an unknown address", unknown.String(), wrong.String())
	s.is(t, "the code", wrong.at("code"), "INVALID_EMAIL_OR_PASSWORD")
	s.is(t, "the letters of an address are no different in upper case", attempt("PERSON"+p.email[len("person"):], p.password).status, 200)
	again := s.visitor().send(t, "POST /api/auth/sign-up/email", map[string]any{"name": "x", "email": p.email, "password": goodPassword})
	s.status(t, "an address that is taken", again, 422)
	s.is(t, "its code", again.at("code"), "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
}

// reset chooses a new password by mail.
//
// Covers ASVS V7.4.3.
func (s *suite) reset(t *testing.T) {
	p := s.signUp(t)
	ask := func(email string) answer {
		return s.visitor().send(t, "POST /api/auth/request-password-reset", map[string]any{"email": email, "redirectTo": "http://localhost:3001/reset"})
	}
	known, unknown := ask(p.email), ask("nobody-at-all@example.com")
	s.status(t, "ask for a reset", known, 200)
	s.is(t, "ask for nobody's", unknown.String(), known.String())

	led := s.visitor().send(t, "GET "+s.path(t, s.mailed(t, p.email, "reset")), nil)
	s.status(t, "follow the link", led, 302)
	token := tokenOf(t, led.header.Get("Location"))
	s.hide(token)
	choose := func(password string) answer {
		return s.visitor().send(t, "POST /api/auth/reset-password", map[string]any{"newPassword": password, "token": token})
	}
	s.status(t, "a short password", choose("short"), 400)
	const chosen = "another-fine-phrase-7"
	s.hide(chosen)
	s.status(t, "a good one", choose(chosen), 200)
	s.status(t, "the link again", choose("a-third-fine-phrase-5"), 400)
	s.status(t, "the session from before", p.send(t, "GET /api/v1/me", nil), 401)
	old := s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	s.status(t, "the old password", old, 401)
	p.password = chosen
	s.signIn(t, p)
}

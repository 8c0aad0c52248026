package test

import (
	"maps"
	"strings"
	"testing"
	"time"
)

// proofs are all that somebody can show for one session.
type proofs struct {
	cookie, session, access, client *visitor
}

// prove gathers the proofs of a new session of somebody.
func (s *suite) prove(t *testing.T, p *person) proofs {
	t.Helper()
	v := s.visitor()
	got := v.send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	s.status(t, "sign in", got, 200)
	s.hide(got.at("token"))
	client := v.send(t, "GET /api/auth/token", nil)
	s.status(t, "the client's token", client, 200)
	return proofs{v, v.with(got.at("token")), v.with(s.exchange(t, got.at("token")).access), v.with(client.at("token"))}
}

func (p proofs) each() map[string]*visitor {
	return map[string]*visitor{"cookie": p.cookie, "session token": p.session, "access token": p.access, "client's token": p.client}
}

// at returns the same proofs for the same system at another address.
func (p proofs) at(base string) proofs {
	move := func(v *visitor) *visitor {
		other := newVisitor(base)
		other.bearer, other.cookies = v.bearer, maps.Clone(v.cookies)
		return other
	}
	return proofs{move(p.cookie), move(p.session), move(p.access), move(p.client)}
}

// tokensEndedEverywhere presents the tokens of a session that has ended to every route there
// is: to all of them they are nobody, at once, although they have minutes left and the
// gateway verifies them by itself (ASVS V7.4.1, V9.2.1, V10.4.5).
func (s *suite) tokensEndedEverywhere(t *testing.T) {
	p := s.signUp(t)
	shown := s.prove(t, p)
	for kind, v := range shown.each() {
		s.status(t, "the "+kind+" while the session lives", v.send(t, "GET /api/v1/gateway/caller", nil), 200)
	}
	s.status(t, "sign out", shown.cookie.send(t, "POST /api/auth/sign-out", nil), 200)
	for _, op := range s.operations(t) {
		nobody := s.visitor().send(t, op.what(), nil)
		for _, kind := range []string{"access token", "client's token"} {
			got := shown.each()[kind].send(t, op.what(), nil)
			s.is(t, op.what()+" with the "+kind+" of a session that ended: "+got.String(), got.status, nobody.status)
		}
	}
}

// effectiveBy checks what revoke calls say, and that what they say holds.
func (s *suite) effectiveBy(t *testing.T) {
	p := s.signUp(t)
	for call, body := range map[string]any{
		"POST /api/auth/sign-out?wait=all":              nil,
		"POST /api/auth/revoke-sessions":                nil,
		"POST /api/auth/revoke-session?wait=all":        "handle",
		"POST /api/auth/revoke-sessions?wait=all":       nil,
		"POST /api/auth/revoke-other-sessions?wait=all": nil,
	} {
		shown, other := s.prove(t, p), s.prove(t, p)
		by, gone := shown, shown
		if strings.Contains(call, "other") {
			by = other
		}
		if body == "handle" {
			body = map[string]any{"token": shown.cookie.send(t, "GET /api/auth/get-session", nil).at("session.token")}
		}
		got := by.cookie.send(t, call, body)
		s.status(t, call, got, 200)
		at, err := time.Parse("2006-01-02T15:04:05.000Z", got.header.Get("Gatehouse-Effective-By"))
		s.holds(t, call+" says by when it holds: "+got.header.Get("Gatehouse-Effective-By"), err == nil && !at.After(time.Now().Add(3*time.Second)))
		s.holds(t, call+" says its number", got.header.Get("Gatehouse-Revocation") != "")
		for kind, v := range gone.each() {
			s.status(t, "the "+kind+" after "+call, v.send(t, "GET /api/v1/gateway/caller", nil), 401)
		}
	}
	shown := s.prove(t, p)
	s.is(t, "a call that ends nothing says nothing", shown.cookie.send(t, "GET /api/auth/get-session", nil).header.Get("Gatehouse-Revocation"), "")
}

// changesShow checks that what follows a write reads it, whatever is kept in memory, and
// that tokens with former roles do not count (criterion R8).
func (s *suite) changesShow(t *testing.T) {
	boss := s.administrator(t)
	p := s.signUp(t)
	shown := s.prove(t, p)
	role := "POST /api/v1/roles"
	s.status(t, "make a role", boss.send(t, role, map[string]any{"name": "archivist", "permissions": []string{"audit:read"}}), 201)
	log := "GET /api/v1/audit/events?limit=1"
	for round := range 3 {
		for kind, v := range shown.each() {
			s.status(t, "read the log with the "+kind+" and without the role", v.send(t, log, nil), 403)
		}
		s.status(t, "give the role", boss.send(t, "PUT /api/v1/users/"+p.id+"/roles/archivist", nil), 200)
		s.status(t, "the cookie, now", shown.cookie.send(t, log, nil), 200)
		s.is(t, "the roles in the session, now", shown.cookie.send(t, "GET /api/auth/get-session", nil).at("user.role"), "archivist")
		stale := shown.access.send(t, log, nil)
		s.status(t, "a token from before", stale, 401)
		s.is(t, "its code", stale.at("code"), "gateway.token_stale")
		shown = s.prove(t, p)
		s.status(t, "a token from after", shown.access.send(t, log, nil), 200)
		s.status(t, "take what the role holds", boss.send(t, "PUT /api/v1/roles/archivist", map[string]any{"permissions": []string{}}), 200)
		for kind, v := range shown.each() {
			s.status(t, "read the log with the "+kind+" when the role holds nothing", v.send(t, log, nil), 403)
		}
		s.status(t, "give it back", boss.send(t, "PUT /api/v1/roles/archivist", map[string]any{"permissions": []string{"audit:read"}}), 200)
		s.status(t, "the token, again", shown.access.send(t, log, nil), 200)
		s.status(t, "take the role", boss.send(t, "DELETE /api/v1/users/"+p.id+"/roles/archivist", nil), 200)
		s.status(t, "a token with the role that was taken", shown.access.send(t, log, nil), 401)
		s.status(t, "the cookie after that", shown.cookie.send(t, log, nil), 403)
		name := strings.Repeat("x", round+1)
		s.status(t, "another name", shown.cookie.send(t, "POST /api/auth/update-user", map[string]any{"name": name}), 200)
		s.is(t, "the name, now", shown.session.send(t, "GET /api/auth/get-session", nil).at("user.name"), name)
		shown = s.prove(t, p)
	}
}

package test

import (
	"fmt"
	"strings"
	"testing"
)

// profile is what people say about themselves, usernames included, and what they do not
// (ASVS V15.3.3; Zitadel CVE-2026-27946, row 43).
func (s *suite) profile(t *testing.T) {
	p, other := s.signUp(t), s.signUp(t)
	username := fmt.Sprintf("Person.%d", s.people.Add(1))
	change := map[string]any{"name": "The Countess", "username": username}
	s.status(t, "change name and username", p.send(t, "POST /api/auth/update-user", change), 200)
	seen := p.send(t, "GET /api/auth/get-session", nil)
	s.is(t, "the name", seen.at("user.name"), "The Countess")
	s.is(t, "the username", seen.at("user.username"), strings.ToLower(username))
	for field, value := range map[string]any{"role": "admin", "email": "boss@example.com", "banned": true, "emailVerified": true} {
		s.status(t, "set "+field, p.send(t, "POST /api/auth/update-user", map[string]any{field: value}), 400)
	}
	s.is(t, "the user afterwards", p.send(t, "GET /api/auth/get-session", nil).at("user.role"), "user")

	taken := other.send(t, "POST /api/auth/update-user", map[string]any{"username": strings.ToUpper(username)})
	s.is(t, "a username that is taken", taken.at("code"), "USERNAME_IS_ALREADY_TAKEN")
	available := other.send(t, "POST /api/auth/is-username-available", map[string]any{"username": username})
	s.is(t, "whether it is available", strings.TrimSpace(string(available.body)), `{"available":false}`)
	signIn := func(name, password string) answer {
		return s.visitor().send(t, "POST /api/auth/sign-in/username", map[string]any{"username": name, "password": password})
	}
	in := signIn(strings.ToUpper(username), p.password)
	s.status(t, "sign in by username", in, 200)
	s.hide(in.at("token"))
	s.is(t, "a wrong password", signIn(username, "not-the-password-1").String(), signIn("nobody.at.all", "not-the-password-1").String())
}

// newPassword changes a password (ASVS V6.2.2, V6.2.3, V7.4.3).
func (s *suite) newPassword(t *testing.T) {
	p := s.signUp(t)
	other := s.signIn(t, p)
	const chosen = "another-fine-phrase-8"
	s.hide(chosen)
	change := func(current string) answer {
		return p.send(t, "POST /api/auth/change-password", map[string]any{"currentPassword": current, "newPassword": chosen, "revokeOtherSessions": true})
	}
	s.is(t, "with a wrong one", change("not-the-password-1").at("code"), "INVALID_PASSWORD")
	s.status(t, "the other session lives", other.send(t, "GET /api/v1/me", nil), 200)
	changed := change(p.password)
	s.status(t, "with the right one", changed, 200)
	s.hide(changed.at("token"))
	s.status(t, "the other session", other.send(t, "GET /api/v1/me", nil), 401)
	s.status(t, "the token from before", s.visitor().with(p.token).send(t, "GET /api/v1/me", nil), 401)
	s.status(t, "this browser", p.send(t, "GET /api/v1/me", nil), 200)
	s.status(t, "the new password", p.send(t, "POST /api/auth/verify-password", map[string]any{"password": chosen}), 200)
	p.password = chosen
	s.signIn(t, p)
	listed := p.send(t, "GET /api/auth/list-accounts", nil)
	s.is(t, "the only way in", listed.list("")[0]["providerId"], any("credential"))
	unlink := p.send(t, "POST /api/auth/unlink-account", map[string]any{"accountId": listed.list("")[0]["id"]})
	s.is(t, "taking it away", unlink.at("code"), "FAILED_TO_UNLINK_LAST_ACCOUNT")
}

// newAddress changes an address; the link that does it does it once.
func (s *suite) newAddress(t *testing.T) {
	p, other := s.signUp(t), s.signUp(t)
	fresh := fmt.Sprintf("fresh-%d@example.com", s.people.Add(1))
	ask := func(address string) answer {
		return p.send(t, "POST /api/auth/change-email", map[string]any{"newEmail": address, "callbackURL": "http://localhost:3001/done"})
	}
	s.is(t, "a taken address", ask(other.email).String(), ask(fresh).String())
	link := s.path(t, s.mailed(t, fresh, "confirm"))
	s.is(t, "the address before the yes", p.send(t, "GET /api/auth/get-session", nil).at("user.email"), p.email)
	s.is(t, "where the link leads", p.send(t, "GET "+link, nil).header.Get("Location"), "http://localhost:3001/done")
	s.is(t, "the address afterwards", p.send(t, "GET /api/auth/get-session", nil).at("user.email"), fresh)
	s.is(t, "where it leads then", p.send(t, "GET "+link, nil).header.Get("Location"), "http://localhost:3001/done?error=INVALID_TOKEN")
	old := s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	s.status(t, "sign in with the old address", old, 401)
	p.email = fresh
	s.signIn(t, p)
}

// deletion is somebody who leaves (Better Auth GHSA-2vg6-77g8-24mp, row 13).
func (s *suite) deletion(t *testing.T) {
	p := s.signUp(t)
	other := s.signIn(t, p)
	wrong := p.send(t, "POST /api/auth/delete-user", map[string]any{"password": "not-the-password-1"})
	s.is(t, "with a wrong password", wrong.at("code"), "INVALID_PASSWORD")
	s.status(t, "with the right one", p.send(t, "POST /api/auth/delete-user", map[string]any{"password": p.password}), 200)
	for what, v := range map[string]*visitor{"this browser": p.visitor, "the other one": other, "the token": s.visitor().with(p.token)} {
		s.status(t, what, v.send(t, "GET /api/v1/me", nil), 401)
	}
	in := s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
	s.status(t, "sign in", in, 401)
	s.holds(t, "the address is free, and the id is another", s.signUpAs(t, p.email).id != p.id)
}

package test

import (
	"net/url"
	"sync"
	"testing"
)

// pair is what the token endpoint grants.
type pair struct{ access, refresh string }

func (s *suite) grant(t *testing.T, form url.Values) (pair, answer) {
	t.Helper()
	got := s.visitor().send(t, "POST /api/auth/oauth2/token", form)
	granted := pair{got.at("access_token"), got.at("refresh_token")}
	s.hide(granted.access)
	s.hide(granted.refresh)
	return granted, got
}

// exchange turns a session token into a token pair (RFC 8693).
func (s *suite) exchange(t *testing.T, token string) pair {
	t.Helper()
	granted, got := s.grant(t, url.Values{
		"grant_type":    {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token": {token}, "subject_token_type": {"urn:gatehouse:token-type:session"},
	})
	s.status(t, "exchange a session", got, 200)
	s.is(t, "the token's type", got.at("token_type"), "Bearer")
	s.is(t, "nobody stores the answer", got.header.Get("Cache-Control"), "no-store")
	return granted
}

func (s *suite) refresh(t *testing.T, token string) (pair, answer) {
	t.Helper()
	return s.grant(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

func (s *suite) active(t *testing.T, token string) string {
	t.Helper()
	got := s.visitor().send(t, "POST /api/auth/oauth2/introspect", url.Values{"token": {token}})
	s.status(t, "introspect", got, 200)
	return got.at("active")
}

// tokens goes through the life of a refresh family (RFC 6749, RFC 7009, RFC 7662).
//
// Covers ASVS V10.4.9, V7.4.1.
func (s *suite) tokens(t *testing.T) {
	p := s.signUp(t)
	first := s.exchange(t, p.token)
	s.is(t, "a fresh access token", s.active(t, first.access), "true")
	s.is(t, "a fresh refresh token", s.active(t, first.refresh), "true")

	second, got := s.refresh(t, first.refresh)
	s.status(t, "refresh", got, 200)
	s.holds(t, "the refresh token is another one", second.refresh != "" && second.refresh != first.refresh)
	again, got := s.refresh(t, first.refresh)
	s.status(t, "refresh again, within the grace of ten seconds", got, 200)
	s.is(t, "the successor is the same", again.refresh, second.refresh)
	s.is(t, "a token that was rotated away", s.active(t, first.refresh), "false")

	s.inParallel(t, second)
	s.status(t, "revoke", s.visitor().send(t, "POST /api/auth/oauth2/revoke", url.Values{"token": {second.refresh}}), 200)
	_, got = s.refresh(t, second.refresh)
	s.status(t, "refresh after that", got, 400)
	s.is(t, "the error", got.at("error"), "invalid_grant")
	s.status(t, "revoke something unknown", s.visitor().send(t, "POST /api/auth/oauth2/revoke", url.Values{"token": {"nonsense"}}), 200)

	third := s.exchange(t, p.token)
	s.status(t, "sign out", p.send(t, "POST /api/auth/sign-out", nil), 200)
	_, got = s.refresh(t, third.refresh)
	s.status(t, "refresh for a session that is over", got, 400)
	s.is(t, "an access token of a session that is over", s.active(t, third.access), "false")
}

// inParallel refreshes one token from many places at once: the family never forks.
func (s *suite) inParallel(t *testing.T, from pair) {
	t.Helper()
	successors := make(chan string, 16)
	var group sync.WaitGroup
	for range cap(successors) {
		group.Go(func() {
			v := s.visitor()
			got, err := v.try(t, "POST /api/auth/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {from.refresh}})
			if err != nil || got.status != 200 {
				t.Errorf("refresh at once: %v %s", err, got)
			}
			successors <- got.at("refresh_token")
		})
	}
	group.Wait()
	close(successors)
	different := map[string]bool{}
	for token := range successors {
		different[token] = true
		s.hide(token)
	}
	s.is(t, "how many successors one token got", len(different), 1)
}

// reuse presents a token whose successor has been used: a thief is at work, and both lose.
//
// Covers ASVS V10.4.5.
func (s *suite) reuse(t *testing.T) {
	p := s.signUp(t)
	first := s.exchange(t, p.token)
	second, got := s.refresh(t, first.refresh)
	s.status(t, "refresh", got, 200)
	third, got := s.refresh(t, second.refresh)
	s.status(t, "refresh again", got, 200)
	_, got = s.refresh(t, first.refresh)
	s.status(t, "the first token once more", got, 400)
	s.is(t, "the error", got.at("error"), "invalid_grant")
	_, got = s.refresh(t, third.refresh)
	s.status(t, "the newest token after that", got, 400)
	s.is(t, "the newest token is worth nothing", s.active(t, third.refresh), "false")
	s.status(t, "the session lives on", p.send(t, "GET /api/v1/me", nil), 200)
}

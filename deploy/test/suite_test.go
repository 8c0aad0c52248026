package test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/openidtest"
	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// suite is the black-box suite over one system. It looks at it over HTTP only.
type suite struct {
	system *shape.System
	checks atomic.Int64
	people atomic.Int64

	provider *openidtest.Provider // through which people sign in; of TestShapes only

	boss struct { // whom the settings appoint
		once  sync.Once
		token string
	}

	mutex   sync.Mutex
	secrets []string // what must never show in a log
}

func newSuite(system *shape.System) *suite { return &suite{system: system} }

// is checks one answer's one property.
func (s *suite) is(t testing.TB, what string, got, want any) {
	t.Helper()
	s.checks.Add(1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// status checks the status of an answer and shows all of it if it is another.
func (s *suite) status(t testing.TB, what string, got answer, want int) {
	t.Helper()
	s.checks.Add(1)
	if got.status != want {
		t.Fatalf("%s: %d expected, answered %s", what, want, got)
	}
}

// holds checks that something is so.
func (s *suite) holds(t testing.TB, what string, so bool) {
	t.Helper()
	s.checks.Add(1)
	if !so {
		t.Errorf("it does not hold that %s", what)
	}
}

// hide remembers a secret, for the check that no log shows it.
func (s *suite) hide(secret string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if secret != "" {
		s.secrets = append(s.secrets, secret)
	}
}

func (s *suite) visitor() *visitor { return newVisitor(s.system.URL) }

// person is a visitor with an account.
type person struct {
	*visitor
	email, password string
	id              string
	token           string // of the session that signing up opened
}

const goodPassword = "correct-horse-battery-9"

// signUp makes somebody new.
func (s *suite) signUp(t testing.TB) *person {
	t.Helper()
	return s.signUpAs(t, fmt.Sprintf("person-%d@example.com", s.people.Add(1)))
}

func (s *suite) signUpAs(t testing.TB, email string) *person {
	t.Helper()
	p := &person{visitor: s.visitor(), email: email, password: goodPassword}
	got := p.send(t, "POST /api/auth/sign-up/email", map[string]any{"name": "Some Body", "email": p.email, "password": p.password})
	s.status(t, "sign up", got, 200)
	p.id, p.token = got.at("user.id"), got.at("token")
	s.hide(p.password)
	s.hide(p.token)
	return p
}

// mailed returns the newest mail to an address whose subject has the word, and waits for
// it: mail leaves a moment after the answer.
func (s *suite) mailed(t testing.TB, to, word string) (link string) {
	t.Helper()
	shape.Until(t, 30*time.Second, func(context.Context) error {
		for _, mail := range s.visitor().send(t, "GET /dev/mailbox.json?to="+to, nil).list("") {
			subject, _ := mail["subject"].(string)
			links, _ := mail["links"].([]any)
			if strings.Contains(strings.ToLower(subject), word) && len(links) > 0 {
				link, _ = links[0].(string)
				return nil
			}
		}
		return fmt.Errorf("no mail about %q to %s", word, to)
	})
	return link
}

// path is a mailed link below the system's own address.
func (s *suite) path(t testing.TB, link string) string {
	t.Helper()
	path, own := strings.CutPrefix(link, s.system.URL)
	s.holds(t, "a mailed link "+link+" leads to the public address", own)
	return path
}

// tokenOf returns the token that a link hands to the front end.
func tokenOf(t testing.TB, link string) string {
	t.Helper()
	parsed, err := url.Parse(link)
	if err != nil || parsed.Query().Get("token") == "" {
		t.Fatalf("no token in %q: %v", link, err)
	}
	return parsed.Query().Get("token")
}

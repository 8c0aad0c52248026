package test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// TestDatabase_LostAndFound takes the database away while people sign up.
func TestDatabase_LostAndFound(t *testing.T) {
	t.Parallel()
	for _, kind := range []shape.Kind{shape.Direct, shape.Processes} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newSuite(shape.Start(t, kind, map[string]string{"GATEHOUSE_ADMIN_EMAILS": administrator}))
			p, boss := s.signUp(t), s.administrator(t)
			tokens := s.exchange(t, p.token)

			crowd := s.crowd(t)
			s.system.Database.Stop(t)
			crowd.stop()
			s.unavailable(t, p, tokens)
			for name, ops := range owners(s.system) {
				shape.Until(t, 10*time.Second, func(ctx context.Context) error {
					if ready, _ := shape.Ready(ctx, ops); ready {
						return fmt.Errorf("%s says that it is ready", name)
					}
					return nil
				})
				s.status(t, name+" is alive", newVisitor(ops).send(t, "GET /livez", nil), 200)
			}

			s.system.Database.Start(t)
			s.system.AwaitReady(t)
			s.status(t, "the session from before", p.send(t, "GET /api/v1/me", nil), 200)
			_, got := s.refresh(t, tokens.refresh)
			s.status(t, "the refresh token from before", got, 200)
			s.notLost(t, boss, crowd.acknowledged)
			t.Logf("summary: lost database, %s: %d sign-ups acknowledged before and none lost, %d checks", kind, len(crowd.acknowledged), s.checks.Load())
		})
	}
}

// owners lists the private listeners of the parts that own a schema.
func owners(system *shape.System) map[string]string {
	if system.OpsOf == nil {
		return map[string]string{"the system": system.Ops}
	}
	all := maps.Clone(system.OpsOf)
	delete(all, "gateway") // owns nothing
	return all
}

// unavailable checks that everything that takes a database says: not now, and when.
func (s *suite) unavailable(t *testing.T, p *person, tokens pair) {
	t.Helper()
	rows := []struct {
		what string
		body any
	}{
		{"POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password}},
		{"POST /api/auth/sign-up/email", map[string]any{"name": "x", "email": "meanwhile@example.com", "password": goodPassword}},
		{"GET /api/auth/get-session", nil},
		{"POST /api/auth/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.refresh}}},
		{"GET /api/v1/me", nil},
	}
	for _, row := range rows {
		got := p.send(t, row.what, row.body)
		if strings.HasPrefix(row.what, "GET ") { // who is known already may be shown for as long as a lease lasts
			for began := time.Now(); got.status == 200 && time.Since(began) < bound+room; got = p.send(t, row.what, row.body) {
				time.Sleep(20 * time.Millisecond)
			}
		}
		s.is(t, row.what+" without what it needs: "+got.String(), got.status, 503)
		seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
		s.holds(t, row.what+" says when to come back", err == nil && seconds >= 1)
	}
}

// crowd are people who sign up one after the other until they are stopped.
type crowd struct {
	stop         func()
	acknowledged map[string]string // id by address, of those who were told that it worked
}

// crowd lets people sign up and returns when the first are in.
func (s *suite) crowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{acknowledged: map[string]string{}}
	enough, ended := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-ended:
				return
			default:
			}
			email := fmt.Sprintf("crowd-%d@example.com", i)
			got, err := s.visitor().try(t, "POST /api/auth/sign-up/email", map[string]any{"name": "x", "email": email, "password": goodPassword})
			if err == nil && got.status == 200 {
				c.acknowledged[email] = got.at("user.id")
			}
			if len(c.acknowledged) == 5 {
				select {
				case <-enough:
				default:
					close(enough)
				}
			}
		}
	})
	select {
	case <-enough:
	case <-time.After(30 * time.Second):
		t.Error("five people could not sign up within 30 seconds")
	}
	c.stop = sync.OnceFunc(func() { close(ended); group.Wait() })
	t.Cleanup(c.stop)
	return c
}

// notLost checks that everybody who was told so is in, and in the log.
func (s *suite) notLost(t *testing.T, boss *visitor, acknowledged map[string]string) {
	t.Helper()
	for _, email := range slices.Sorted(maps.Keys(acknowledged)) {
		got := s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": email, "password": goodPassword})
		s.status(t, email+" was told that it worked", got, 200)
		shape.Until(t, 30*time.Second, func(context.Context) error {
			events := boss.send(t, "GET /api/v1/audit/events?action=identity.user_created.v1&subject="+acknowledged[email], nil)
			if len(events.list("events")) != 1 {
				return fmt.Errorf("the log of %s: %s", email, events)
			}
			return nil
		})
	}
}

// TestBus_LostAndFound cuts the bus between the processes, and ends processes.
func TestBus_LostAndFound(t *testing.T) {
	t.Parallel()
	s := newSuite(shape.Start(t, shape.Processes, nil))
	p := s.signUp(t)
	tokens := s.exchange(t, p.token)
	back := func(t *testing.T) {
		t.Helper()
		s.system.AwaitReady(t)
		s.status(t, "the session from before", p.send(t, "GET /api/v1/me", nil), 200)
		s.signIn(t, p)
	}
	lost := func(t *testing.T, parts ...string) {
		t.Helper()
		shape.Until(t, 20*time.Second, func(ctx context.Context) error {
			for _, name := range parts {
				if ready, _ := shape.Ready(ctx, s.system.OpsOf[name]); ready {
					return errors.New(name + " says that it is ready")
				}
			}
			return nil
		})
	}
	t.Run("a cut bus", func(t *testing.T) {
		s.system.Bus.Cut()
		t.Cleanup(s.system.Bus.Heal)
		lost(t, "identity", "authsvc", "audit")
		s.unavailable(t, p, tokens)
		s.system.Bus.Heal()
		back(t)
	})
	t.Run("authsvc killed", func(t *testing.T) {
		s.system.KillPart(t, "authsvc")
		s.unavailable(t, p, tokens)
		lost(t, "gateway")
		s.system.StartPart(t, "authsvc")
		back(t)
	})
	t.Run("identity killed", func(t *testing.T) {
		s.system.KillPart(t, "identity")
		got := p.send(t, "GET /api/v1/me", nil)
		s.is(t, "a route of identity: "+got.String(), got.status, 503)
		s.holds(t, "it says when to come back", got.header.Get("Retry-After") != "")
		s.system.StartPart(t, "identity")
		back(t)
	})
	t.Run("the gateway killed, and the bus with it", func(t *testing.T) {
		s.system.KillPart(t, "gateway")
		lost(t, "identity", "authsvc", "audit")
		s.system.StartPart(t, "gateway")
		back(t)
	})
	t.Logf("summary: lost bus: %d checks", s.checks.Load())
}

// TestSignUp_Crashes kills a process at many points of a sign-up, which crosses two
// schemas. Whatever happens, the address is usable or free, never stuck.
func TestSignUp_Crashes(t *testing.T) {
	t.Parallel()
	s := newSuite(shape.Start(t, shape.Processes, nil))
	began := time.Now()
	s.signUp(t)
	usual := time.Since(began)
	const crashes = 10
	outcomes := map[string]int{}
	for i := range crashes {
		victim := []string{"authsvc", "identity"}[i%2]
		email := fmt.Sprintf("crash-%d@example.com", i)
		// From the first step to a little after the usual end.
		outcome := s.crash(t, victim, email, usual*time.Duration(i/2)*5/(2*crashes))
		outcomes[outcome]++
	}
	var told []string
	for _, outcome := range slices.Sorted(maps.Keys(outcomes)) {
		told = append(told, fmt.Sprintf("%d %s", outcomes[outcome], outcome))
	}
	t.Logf("summary: crashes around a sign-up: %s", strings.Join(told, ", "))
}

// crash signs up, kills the victim after a while, starts it again and says what became of
// the address.
func (s *suite) crash(t *testing.T, victim, email string, after time.Duration) string {
	t.Helper()
	credentials := map[string]any{"name": "x", "email": email, "password": goodPassword}
	acknowledged := make(chan bool, 1)
	go func() {
		got, err := s.visitor().try(t, "POST /api/auth/sign-up/email", credentials)
		acknowledged <- err == nil && got.status == 200
	}()
	time.Sleep(after) // where in the sign-up the crash comes
	s.system.KillPart(t, victim)
	told := <-acknowledged
	s.system.StartPart(t, victim)
	s.system.AwaitReady(t)

	signedIn := s.visitor().send(t, "POST /api/auth/sign-in/email", credentials)
	if signedIn.status == 200 {
		return "usable"
	}
	if told {
		t.Fatalf("%s was told that the sign-up worked, and signing in answers %s", email, signedIn)
	}
	again := s.visitor().send(t, "POST /api/auth/sign-up/email", credentials)
	if again.status != 200 {
		t.Fatalf("%s is stuck after a crash of %s %s into the sign-up: sign-in answers %s, sign-up %s", email, victim, after, signedIn, again)
	}
	return "free"
}

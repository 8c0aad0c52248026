package test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// Sign-ins beyond what the cores can hash wait in a bounded queue and are then told when to
// come back; whoever is signed in already does not notice (ASVS V15.2.2).
func TestPasswords_UnderLoad(t *testing.T) {
	t.Parallel()
	s := newSuite(shape.Start(t, shape.Direct, nil))
	p := s.signUp(t)
	shown := s.prove(t, p)
	const crowd = 400
	var in, later atomic.Int64
	var group sync.WaitGroup
	for range crowd {
		group.Go(func() {
			got := s.visitor().send(t, "POST /api/auth/sign-in/email", map[string]any{"email": p.email, "password": p.password})
			switch got.status {
			case 200:
				in.Add(1)
			case 503:
				later.Add(1)
				if seconds, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || seconds < 1 {
					t.Errorf("a full queue does not say when to come back: %s", got)
				}
			default:
				t.Errorf("a sign-in in the crowd: %s", got)
			}
		})
	}
	over := make(chan struct{})
	go func() { group.Wait(); close(over) }()
	looks := 0
	for crowded := true; crowded; looks++ {
		select {
		case <-over:
			crowded = false
		default:
		}
		s.is(t, "the session, meanwhile", shown.cookie.send(t, "GET /api/auth/get-session", nil).at("user.email"), p.email)
		s.status(t, "a route guarded by a token, meanwhile", shown.access.send(t, "GET /api/v1/gateway/caller", nil), 200)
	}
	if in.Load() == 0 || later.Load() == 0 {
		t.Errorf("%d got in and %d were told to come back; both must happen", in.Load(), later.Load())
	}
	t.Logf("summary: passwords under load: of %d sign-ins at once %d got in, %d were told when to come back; %d looks meanwhile", crowd, in.Load(), later.Load(), looks)
}

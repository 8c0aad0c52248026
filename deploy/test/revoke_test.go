package test

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// bound is how late a revocation may be under any fault: a lease, and a quarter of a second
// (revocation.md, R2). room is what a busy test machine may add to a time that is measured
// from outside.
const (
	bound = 2250 * time.Millisecond
	room  = 4 * time.Second
)

// soaking reports whether the long forms are asked for (make soak).
func soaking() bool { return os.Getenv("GATEHOUSE_SOAK") == "1" }

func times(short, long int) int {
	if soaking() {
		return long
	}
	return short
}

// replicas starts n whole systems as processes over one PostgreSQL, with no bus between
// them. They share a public origin, as behind a balancer.
func replicas(t *testing.T, n int) []*suite {
	t.Helper()
	database := shape.NewDatabase(t)
	common := map[string]string{
		"GATEHOUSE_MODE": "development", "GATEHOUSE_SECRET": strings.Repeat("a secret of this test ", 2),
		"GATEHOUSE_DATABASE_URL": database.URL(), "GATEHOUSE_BASE_URL": "http://gatehouse.test", "GATEHOUSE_ADMIN_EMAILS": administrator,
	}
	var all []*suite
	for range n {
		all = append(all, newSuite(shape.Start(t, shape.Alone, maps.Clone(common))))
	}
	return all
}

// Criteria R1, R6 and R8, short: two replicas without a bus; whatever ends or changes at one
// has ended or changed at the other when the answer is there, and nobody else notices.
func TestRevocation_ReplicasWithoutABus(t *testing.T) {
	t.Parallel()
	all := replicas(t, 2)
	here, there := all[0], all[1]
	p, bystander := here.signUp(t), here.signUp(t)
	live := here.prove(t, bystander).at(there.system.URL)
	stop, watching := make(chan struct{}), sync.WaitGroup{}
	var looked atomic.Int64
	watching.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			for kind, v := range live.each() {
				got := v.send(t, "GET /api/v1/gateway/caller", nil)
				if looked.Add(1); got.status != 200 {
					t.Errorf("the %s of somebody who is still signed in: %s", kind, got)
				}
			}
		}
	})
	var slowest time.Duration
	for i := range times(8, 1000) {
		shown := here.prove(t, p)
		elsewhere := shown.at(there.system.URL)
		for kind, v := range elsewhere.each() {
			there.status(t, "the "+kind+" at the other replica", v.send(t, "GET /api/v1/gateway/caller", nil), 200)
		}
		name := fmt.Sprintf("Name %d", i)
		here.status(t, "another name", shown.cookie.send(t, "POST /api/auth/update-user", map[string]any{"name": name}), 200)
		there.is(t, "the name at the other replica", elsewhere.cookie.send(t, "GET /api/auth/get-session", nil).at("user.name"), name)
		began := time.Now()
		here.status(t, "sign out", shown.cookie.send(t, "POST /api/auth/sign-out", nil), 200)
		slowest = max(slowest, time.Since(began))
		for kind, v := range elsewhere.each() {
			there.status(t, "the "+kind+" of a session that ended at the first replica", v.send(t, "GET /api/v1/gateway/caller", nil), 401)
		}
		there.is(t, "the session at the other replica", string(elsewhere.cookie.send(t, "GET /api/auth/get-session", nil).body), "null")
	}
	close(stop)
	watching.Wait()
	if slowest > room {
		t.Errorf("the slowest sign-out took %s without a fault", slowest)
	}
	t.Logf("summary: two replicas without a bus: slowest sign-out %s, %d looks of a bystander", slowest.Round(time.Millisecond), looked.Load())
}

// Criteria R2 and R3: a replica that is paused holds a revocation up for as long as its
// lease may last, and when it wakes it lets nobody in who was revoked meanwhile, not even
// with a request that was on its way when it slept.
func TestRevocation_PausedReplica(t *testing.T) {
	t.Parallel()
	all := replicas(t, 2)
	here, there := all[0], all[1]
	p := here.signUp(t)
	for range times(2, 50) {
		shown := here.prove(t, p)
		elsewhere := shown.at(there.system.URL)
		for kind, v := range elsewhere.each() {
			there.status(t, "the "+kind+" before the pause", v.send(t, "GET /api/v1/gateway/caller", nil), 200)
		}
		there.system.PausePart(t, shape.Whole)
		waiting := sync.WaitGroup{}
		for kind, v := range elsewhere.each() { // on their way before the session ends
			waiting.Go(func() {
				// It may be answered only after the pause; which answer is right depends on
				// whether the session lives by then, and it does not.
				if got := v.send(t, "GET /api/v1/gateway/caller", nil); got.status != 401 {
					t.Errorf("the %s, sent to a sleeping replica and answered after the revocation: %s", kind, got)
				}
			})
		}
		began := time.Now()
		here.status(t, "sign out", shown.cookie.send(t, "POST /api/auth/sign-out?wait=all", nil), 200)
		took := time.Since(began)
		there.system.ResumePart(t, shape.Whole)
		waiting.Wait()
		for kind, v := range elsewhere.each() {
			there.status(t, "the "+kind+" after the pause", v.send(t, "GET /api/v1/gateway/caller", nil), 401)
		}
		if took > bound+room {
			t.Errorf("signing out took %s with a replica that sleeps", took)
		}
		t.Logf("summary: a sleeping replica held a sign-out up for %s", took.Round(time.Millisecond))
	}
}

// Past vulnerability 19 (Vault CVE-2022-41316, GHSA-9mh8-9j64-443f): it takes no token before
// it knows what has been revoked.
//
// Criterion R5: a replica that is killed and comes back takes no session for good that
// ended meanwhile, and whoever writes does not wait for it for long.
func TestRevocation_KilledReplica(t *testing.T) {
	t.Parallel()
	all := replicas(t, 2)
	here, there := all[0], all[1]
	p := here.signUp(t)
	shown := here.prove(t, p)
	elsewhere := shown.at(there.system.URL)
	there.system.KillPart(t, shape.Whole)
	began := time.Now()
	here.status(t, "sign out", shown.cookie.send(t, "POST /api/auth/sign-out", nil), 200)
	if took := time.Since(began); took > bound+room {
		t.Errorf("signing out took %s with a replica that is gone", took)
	}
	there.system.StartPart(t, shape.Whole)
	there.system.AwaitReady(t)
	for kind, v := range elsewhere.each() {
		there.status(t, "the "+kind+" at the replica that came back", v.send(t, "GET /api/v1/gateway/caller", nil), 401)
	}
}

// Criterion R2, between processes: a gateway that cannot ask anybody lets nobody in once
// its lease has ended, and everybody again when it can.
func TestRevocation_CutBus(t *testing.T) {
	t.Parallel()
	s := newSuite(shape.Start(t, shape.Processes, nil))
	shown := s.prove(t, s.signUp(t))
	for kind, v := range shown.each() {
		s.status(t, "the "+kind, v.send(t, "GET /api/v1/gateway/caller", nil), 200)
	}
	s.system.Bus.Cut()
	cut := time.Now()
	for kind, v := range shown.each() {
		accepted := time.Time{}
		for time.Since(cut) < bound+room {
			if asked := time.Now(); v.send(t, "GET /api/v1/gateway/caller", nil).status == 200 {
				accepted = asked
			} else {
				break
			}
		}
		if late := accepted.Sub(cut); late > bound {
			t.Errorf("the %s was accepted %s after the bus was cut", kind, late)
		}
		got := v.send(t, "GET /api/v1/gateway/caller", nil)
		s.status(t, "the "+kind+" when nobody can say whether it counts", got, 503)
		s.holds(t, "it says when to come back", got.header.Get("Retry-After") != "")
	}
	s.system.Bus.Heal()
	s.system.AwaitReady(t)
	for kind, v := range shown.each() {
		s.status(t, "the "+kind+" after that", v.send(t, "GET /api/v1/gateway/caller", nil), 200)
	}
}

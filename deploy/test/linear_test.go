package test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
)

// A history is what clients saw of sessions: for each session, that somebody ended it and
// what others were told of it. Both have a beginning and an end.
type (
	move struct {
		session int
		kind    kind
	}
	kind    int
	outcome struct {
		in   bool // it was let in
		told bool // there was an answer at all
		who  string
		said string // in a refusal
	}
)

// A revocation is two operations, because it reaches one replica before another: from when
// it begins to when it has ended both answers are right, and may alternate. That is the
// staleness, and the answer to the revocation bounds it.
const (
	asks kind = iota
	begins
	hasEnded
)

// The states of a session.
const (
	lives = iota
	ending
	over
)

// sessionModel is a register with a staleness that is bounded: whoever asks before the
// revocation is let in, and whoever asks after its answer is not. A question without an
// answer says nothing.
func sessionModel() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			by := map[int][]porcupine.Operation{}
			for _, op := range history {
				m, _ := op.Input.(move)
				by[m.session] = append(by[m.session], op)
			}
			var parts [][]porcupine.Operation
			for _, part := range by {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() any { return lives },
		Step: func(state, input, output any) (bool, any) {
			now, _ := state.(int)
			m, _ := input.(move)
			o, _ := output.(outcome)
			switch {
			case m.kind == begins:
				return now == lives, ending
			case m.kind == hasEnded:
				return now == ending, over
			case !o.told || now == ending:
				return true, now
			}
			return o.in == (now == lives), now
		},
	}
}

func TestSessionModel_KnowsALateAcceptance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what        string
		call, done  int64
		in, allowed bool
	}{
		{"let in before the revocation", 1, 9, true, true},
		{"refused before the revocation", 1, 9, false, false},
		{"let in during the revocation", 15, 18, true, true},
		{"refused during the revocation", 15, 18, false, true},
		{"let in, having asked during the revocation", 15, 30, true, true},
		{"let in after the revocation", 30, 40, true, false},
		{"refused after the revocation", 30, 40, false, true},
	} {
		history := []porcupine.Operation{
			{Input: move{1, begins}, Call: 10, Output: outcome{}, Return: 20},
			{ClientId: 1, Input: move{1, hasEnded}, Call: 10, Output: outcome{}, Return: 20},
			{ClientId: 2, Input: move{1, asks}, Call: c.call, Output: outcome{in: c.in, told: true}, Return: c.done},
		}
		if got := porcupine.CheckOperations(sessionModel(), history); got != c.allowed {
			t.Errorf("%s: allowed is %t", c.what, got)
		}
	}
}

// Criteria R2 and R3, as a check of whole histories: while replicas are killed and paused,
// what clients are told of sessions is linearizable with bounded staleness, for every kind of
// proof: none at all after the answer to a revocation.
func TestRevocation_IsLinearizable(t *testing.T) {
	t.Parallel()
	all := replicas(t, 2)
	here, there := all[0], all[1]
	const people = 3
	var owners []*person
	for range people {
		owners = append(owners, here.signUp(t))
	}
	h := &history{began: time.Now()}
	trouble := make(chan struct{})
	var troubling sync.WaitGroup
	troubling.Go(func() { // at the second replica: the first one gives the orders
		for i := 0; ; i++ {
			select {
			case <-trouble:
				return
			case <-time.After(time.Duration(500+rand.IntN(1000)) * time.Millisecond):
			}
			if i%2 == 0 {
				there.system.PausePart(t, shape.Whole)
				time.Sleep(time.Duration(rand.IntN(2500)) * time.Millisecond) // how long it is away
				there.system.ResumePart(t, shape.Whole)
			} else {
				there.system.KillPart(t, shape.Whole)
				there.system.StartPart(t, shape.Whole)
			}
		}
	})
	var group sync.WaitGroup
	for i, owner := range owners {
		group.Go(func() {
			for round := range times(3, 40) {
				h.session(t, i*1000+round, here, there, owner)
			}
		})
	}
	group.Wait()
	close(trouble)
	troubling.Wait()
	there.system.AwaitReady(t) // one that has only begun to start does not know yet how to stop
	if result := porcupine.CheckOperationsTimeout(sessionModel(), h.operations, time.Minute); result != porcupine.Ok {
		t.Fatalf("the history of %d operations is %s\n%s", len(h.operations), result, h.suspects())
	}
	t.Logf("summary: %d operations on %d sessions, with kills and pauses: linearizable", len(h.operations), people*times(3, 40))
}

// suspects lists what was told too early or too late.
func (h *history) suspects() string {
	ends := map[int]porcupine.Operation{}
	for _, op := range h.operations {
		if m, _ := op.Input.(move); m.kind == hasEnded {
			ends[m.session] = op
		}
	}
	var list strings.Builder
	for _, op := range h.operations {
		m, _ := op.Input.(move)
		o, _ := op.Output.(outcome)
		end := ends[m.session]
		if late := op.Call - end.Return; m.kind == asks && o.told && o.in && late > 0 {
			fmt.Fprintf(&list, "session %d: %s let in, asked %s after the revocation\n", m.session, o.who, time.Duration(late))
		}
		if early := end.Call - op.Return; m.kind == asks && o.told && !o.in && early > 0 {
			fmt.Fprintf(&list, "session %d: %s refused, answered %s before the revocation: %s\n", m.session, o.who, time.Duration(early), o.said)
		}
	}
	return list.String()
}

// history collects operations.
type history struct {
	began time.Time

	mutex      sync.Mutex
	clients    int
	operations []porcupine.Operation
}

func (h *history) client() int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.clients++
	return h.clients
}

func (h *history) add(op porcupine.Operation) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.operations = append(h.operations, op)
}

func (h *history) now() int64 { return time.Since(h.began).Nanoseconds() }

// session opens a session, lets everybody ask for it at both replicas, ends it at the first
// one meanwhile, and lets them ask a little longer.
func (h *history) session(t *testing.T, number int, here, there *suite, owner *person) {
	shown := here.prove(t, owner)
	ended := make(chan struct{})
	var asking sync.WaitGroup
	for _, p := range []proofs{shown.at(here.system.URL), shown.at(there.system.URL)} {
		for kind, v := range p.each() {
			v.http.Timeout = 4 * time.Second
			asking.Go(func() { h.ask(t, number, kind, v, ended) })
		}
	}
	time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond) // when in the troubles it comes
	op := porcupine.Operation{ClientId: h.client(), Input: move{number, begins}, Call: h.now()}
	got, err := shown.cookie.try(t, "POST /api/auth/sign-out?wait=all", nil)
	op.Output, op.Return = outcome{told: err == nil && got.status == 200}, h.now()
	if err != nil || got.status != 200 {
		t.Errorf("sign out at the replica that is well: %v %s", err, got)
	}
	h.add(op)
	op.ClientId, op.Input = h.client(), move{number, hasEnded}
	h.add(op)
	close(ended)
	asking.Wait()
}

// ask asks until the session has ended, and a few times more.
func (h *history) ask(t *testing.T, number int, kind string, v *visitor, ended <-chan struct{}) {
	client := h.client()
	for after := 0; after < 5; {
		op := porcupine.Operation{ClientId: client, Input: move{number, asks}, Call: h.now()}
		got, err := v.try(t, "GET /api/v1/gateway/caller", nil)
		o := outcome{in: got.status == 200, told: err == nil && (got.status == 200 || got.status == 401)}
		if o.who = kind + " at " + v.base; !o.in {
			o.said = got.String()
		}
		op.Output, op.Return = o, h.now()
		h.add(op)
		if err == nil && !o.told && got.status != 503 {
			t.Error(fmt.Errorf("neither in nor out nor later: %s", strings.TrimSpace(got.String())))
		}
		select {
		case <-ended:
			after++
		case <-time.After(20 * time.Millisecond):
		}
	}
}

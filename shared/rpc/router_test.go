package rpc_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// script is a Caller that answers with one error after the other, then with success.
type script struct {
	errs  []error
	calls int
	at    []time.Time
}

var _ rpc.Caller = (*script)(nil)

func (s *script) Invoke(context.Context, rpc.Desc, any, any) error {
	s.calls++
	s.at = append(s.at, time.Now())
	if s.calls <= len(s.errs) {
		return s.errs[s.calls-1]
	}
	return nil
}

func TestGraph_Allows(t *testing.T) {
	t.Parallel()
	graph := rpc.Graph{"orders": {"catalog"}, "mailer": {"catalog.find"}, "catalog": nil}
	for caller, want := range map[string][2]bool{ // find, put
		"orders": {true, true}, "mailer": {true, false}, "catalog": {false, false}, "stranger": {false, false}, "": {false, false},
	} {
		got := [2]bool{graph.Allows(caller, method("find").Desc()), graph.Allows(caller, method("put").Desc())}
		if got != want {
			t.Errorf("%q may call find and put: %v, want %v", caller, got, want)
		}
	}
	other := method("find")
	other.Service = "catalogs"
	if graph.Allows("orders", other.Desc()) {
		t.Error("a service is allowed because its name begins like another")
	}
}

func TestRouter_RefusesWhatTheGraphDoesNotList(t *testing.T) {
	t.Parallel()
	graph := rpc.Graph{"orders": {"catalog.find"}, "catalog": {"orders"}}
	for from, m := range map[string]rpc.Method[none, none]{"orders": method("put"), "stranger": method("find"), "catalog": method("find")} {
		local, remote := &script{}, &script{}
		_, err := m.Call(t.Context(), rpc.NewRouter(from, graph, map[string]rpc.Caller{"catalog": local}, remote), none{})
		if !errors.Is(err, rpc.ErrNotAllowed) || fault.KindOf(err) != fault.Denied {
			t.Errorf("%s calls %s: got %v", from, m.Name, err)
		}
		if !strings.Contains(fault.From(err).Message, from) || !strings.Contains(fault.From(err).Message, m.Desc().Key()) {
			t.Errorf("the message does not say who may not call what: %v", err)
		}
		if local.calls+remote.calls > 0 {
			t.Errorf("%s reached %s all the same", from, m.Name)
		}
	}
}

func TestRouter_SendsEachCallToWhereItsServiceRuns(t *testing.T) {
	t.Parallel()
	graph := rpc.Graph{"edge": {"catalog", "orders"}}
	here, elsewhere := &script{}, &script{}
	router := rpc.NewRouter("edge", graph, map[string]rpc.Caller{"catalog": here}, elsewhere)
	toOrders := method("list")
	toOrders.Service = "orders"
	if _, err := method("find").Call(t.Context(), router, none{}); err != nil || here.calls != 1 || elsewhere.calls != 0 {
		t.Errorf("catalog: %v, %d calls here, %d elsewhere", err, here.calls, elsewhere.calls)
	}
	if _, err := toOrders.Call(t.Context(), router, none{}); err != nil || here.calls != 1 || elsewhere.calls != 1 {
		t.Errorf("orders: %v, %d calls here, %d elsewhere", err, here.calls, elsewhere.calls)
	}
	if _, err := toOrders.Call(t.Context(), rpc.NewRouter("edge", graph, nil, nil), none{}); fault.KindOf(err) != fault.Unimplemented {
		t.Errorf("without any way there: got %v", err)
	}
}

func TestRouter_RepeatsOnlyWhatDidNotRunOrIsIdempotent(t *testing.T) {
	t.Parallel()
	overloaded := fault.New(fault.Overloaded, "busy", "Later.")
	unavailable := fault.New(fault.Unavailable, "lost", "The connection was lost.")
	cases := map[string]struct {
		err              error
		once, idempotent int // calls of a method that is not idempotent, and of one that is
	}{
		"nobody was there":                {rpc.ErrUnreached, 3, 3},
		"overloaded":                      {overloaded, 3, 3},
		"overloaded, and it says when":    {overloaded.WithRetryAfter(time.Second), 1, 1},
		"the outcome is unknown":          {unavailable, 1, 3},
		"time ran out":                    {fault.New(fault.Deadline, "deadline", ""), 1, 1},
		"a bug":                           {fault.New(fault.Internal, "internal", ""), 1, 1},
		"a plain error":                   {errors.New("disk on fire"), 1, 1},
		"a refusal":                       {fault.New(fault.Denied, "no", ""), 1, 1},
		"a wrong request":                 {fault.New(fault.Invalid, "no", ""), 1, 1},
		"a conflict":                      {fault.New(fault.Conflict, "no", ""), 1, 1},
		"a limit that is used up":         {fault.New(fault.Exhausted, "no", ""), 1, 1},
		"a method that nobody serves":     {fault.New(fault.Unimplemented, "no", ""), 1, 1},
		"the name of another unreachable": {fault.New(fault.NotFound, rpc.ErrUnreached.Code, ""), 1, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for idempotent, want := range map[bool]int{false: c.once, true: c.idempotent} {
				synctest.Test(t, func(t *testing.T) {
					m := method("find")
					m.Idempotent = idempotent
					far := &script{errs: []error{c.err, c.err, c.err, c.err}}
					_, err := m.Call(t.Context(), rpc.NewRouter("edge", rpc.Graph{"edge": {"catalog"}}, nil, far), none{})
					if !errors.Is(err, c.err) {
						t.Errorf("the error became %v", err)
					}
					if far.calls != want {
						t.Errorf("idempotent %t: %d calls, want %d", idempotent, far.calls, want)
					}
				})
			}
		})
	}
}

func TestRouter_WaitsLongerBeforeEachRepetition(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far := &script{errs: []error{rpc.ErrUnreached, rpc.ErrUnreached}}
		if _, err := method("find").Call(t.Context(), rpc.NewRouter("edge", rpc.Graph{"edge": {"catalog"}}, nil, far), none{}); err != nil {
			t.Fatalf("the third try went well, and yet: %v", err)
		}
		first, second := far.at[1].Sub(far.at[0]), far.at[2].Sub(far.at[1])
		if first < 50*time.Millisecond || first >= 75*time.Millisecond || second < 100*time.Millisecond || second >= 125*time.Millisecond {
			t.Errorf("it waited %s and %s", first, second)
		}
	})
}

func TestRouter_StopsWhenTheCallerIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
		defer cancel()
		far := &script{errs: []error{rpc.ErrUnreached, rpc.ErrUnreached, rpc.ErrUnreached}}
		began := time.Now()
		_, err := method("find").Call(ctx, rpc.NewRouter("edge", rpc.Graph{"edge": {"catalog"}}, nil, far), none{})
		if !errors.Is(err, rpc.ErrUnreached) {
			t.Errorf("got %v, want the error of the last try", err)
		}
		if took := time.Since(began); took > 60*time.Millisecond || far.calls > 2 {
			t.Errorf("it went on for %s and called %d times", took, far.calls)
		}
	})
}

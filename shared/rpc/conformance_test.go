package rpc_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/rpc/rpctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The bus's Caller passes the same rules, next door.
func TestCaller_BehavesTheSameInEveryShape(t *testing.T) {
	t.Parallel()
	graph := rpc.Graph{"edge": {rpctest.Service}}
	for shape, build := range map[string]func(*testing.T, *rpc.Server) rpc.Caller{
		"direct":      func(_ *testing.T, s *rpc.Server) rpc.Caller { return rpc.NewDirect(s) },
		"codec":       func(_ *testing.T, s *rpc.Server) rpc.Caller { return rpc.NewCodec(s, false) },
		"codec twice": func(_ *testing.T, s *rpc.Server) rpc.Caller { return rpc.NewCodec(s, true) },
		"a router to a neighbor": func(_ *testing.T, s *rpc.Server) rpc.Caller {
			return rpc.NewRouter("edge", graph, map[string]rpc.Caller{rpctest.Service: rpc.NewDirect(s)}, nil)
		},
		"a router to elsewhere": func(_ *testing.T, s *rpc.Server) rpc.Caller {
			return rpc.NewRouter("edge", graph, nil, rpc.NewCodec(s, false))
		},
	} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			rpctest.Conform(t, build)
		})
	}
}

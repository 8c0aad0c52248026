package rpctest_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/rpc/rpctest"
)

// A new way between modules passes this before anything runs on it.
func ExampleConform() {
	_ = func(t *testing.T) { // TestCaller_BehavesLikeTheOthers
		rpctest.Conform(t, func(_ *testing.T, server *rpc.Server) rpc.Caller { return rpc.NewDirect(server) })
	}
}

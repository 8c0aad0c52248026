package rpctest

import (
	"flag"
	"os"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/rpc/internal/wire/wiretest"
)

var update = flag.Bool("update", false, "write contract.lock anew")

// Locked fails the test unless the methods are what contract.lock in the current
// folder says, give or take additions that -update has yet to record. A removal or a
// change of type fails even with -update: delete the line by hand with a new major. It
// also compares copies of random values, as calls in one process make them, with what
// encoding/json makes of them.
func Locked(t testing.TB, methods []rpc.Desc) {
	t.Helper()
	for _, method := range methods {
		wiretest.Copies(t, method.In)
		wiretest.Copies(t, method.Out)
	}
	const file = "contract.lock"
	current := rpc.Lock(methods)
	recorded, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := rpc.CheckLock(string(recorded), current); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, []byte(current), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(recorded) != current {
		t.Fatalf("%s is behind the contract: run the test with -update and commit it", file)
	}
}

package rpctest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/rpc/rpctest"
)

type short struct {
	Name string `json:"name"`
}

type long struct {
	Name string `json:"name"`
	Size int    `json:"size"`
}

func methods[T any]() []rpc.Desc {
	return []rpc.Desc{rpc.Method[T, T]{Service: "catalog", Name: "find", Major: 1, Timeout: time.Second}.Desc()}
}

// witness is a test that only notes how it ends.
type witness struct {
	testing.TB
	end string
}

type ended struct{}

func (w *witness) Fatal(args ...any) {
	w.end = fmt.Sprint(args...)
	panic(ended{})
}

func (w *witness) Fatalf(format string, args ...any) { w.Fatal(fmt.Sprintf(format, args...)) }

// locked runs Locked and returns what it failed with.
func locked(t *testing.T, methods []rpc.Desc) (failure string) {
	t.Helper()
	w := &witness{TB: t}
	defer func() {
		if v := recover(); v != nil && v != any(ended{}) {
			panic(v)
		}
		failure = w.end
	}()
	rpctest.Locked(w, methods)
	return ""
}

func update(t *testing.T, on string) {
	t.Helper()
	if err := flag.Set("update", on); err != nil {
		t.Fatal(err)
	}
}

// One story in order, since it is about a file of the current folder and a flag.
func TestLocked_HoldsAContractToItsFile(t *testing.T) { //nolint:paralleltest // changes folder and flag
	t.Chdir(t.TempDir())
	t.Cleanup(func() { update(t, "false") })

	if got := locked(t, methods[short]()); !strings.Contains(got, "-update") {
		t.Fatalf("without a file: %q, want advice to run with -update", got)
	}
	update(t, "true")
	if got := locked(t, methods[short]()); got != "" {
		t.Fatalf("-update of a first lock failed: %s", got)
	}
	update(t, "false")
	if got := locked(t, methods[short]()); got != "" {
		t.Fatalf("the contract as it was recorded failed: %s", got)
	}
	if got := locked(t, methods[long]()); !strings.Contains(got, "-update") {
		t.Fatalf("an addition that is not recorded: %q, want advice to run with -update", got)
	}
	update(t, "true")
	if got := locked(t, methods[long]()); got != "" {
		t.Fatalf("-update of an addition failed: %s", got)
	}
	for _, on := range []string{"false", "true"} {
		update(t, on)
		if got := locked(t, methods[short]()); !strings.Contains(got, "size") {
			t.Errorf("a removal with -update=%s: %q, want a failure that names the field", on, got)
		}
	}
	recorded, err := os.ReadFile("contract.lock")
	if err != nil {
		t.Fatal(err)
	}
	if string(recorded) != rpc.Lock(methods[long]()) {
		t.Errorf("the refused removal was written all the same:\n%s", recorded)
	}
}

func ExampleLocked() {
	find := rpc.Method[short, long]{Service: "catalog", Name: "find", Major: 1, Timeout: time.Second}
	_ = func(t *testing.T) { // TestContract_IsLocked, in the contract package
		rpctest.Locked(t, []rpc.Desc{find.Desc()})
	}
	_ = find.Handle(func(_ context.Context, in short) (long, error) { return long{Name: in.Name}, nil })
}

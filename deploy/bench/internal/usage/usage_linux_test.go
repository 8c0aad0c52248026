package usage_test

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

func read(t *testing.T, of func(int) (usage.Tree, error)) usage.Tree {
	t.Helper()
	tree, err := of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestRead_CountsWorkOfThisProcess(t *testing.T) {
	t.Parallel()
	before := read(t, usage.Alone).CPU()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if read(t, usage.Alone).CPU() >= before+50*time.Millisecond { // reading is the work
			return
		}
	}
	t.Error("ten seconds of work are not to be seen")
}

// PostgreSQL's backends and the modules of the split system are processes of their own.
func TestRead_CountsChildrenAliveAndEnded(t *testing.T) {
	t.Parallel()
	before := read(t, usage.Read)
	busy := exec.CommandContext(t.Context(), "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo; cat")
	in, err := busy.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := busy.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it has counted, and now waits
		t.Fatal(err)
	}
	during := read(t, usage.Read)
	child := slices.IndexFunc(during, func(p usage.Process) bool { return p.PID == busy.Process.Pid })
	if child < 0 || during[child].CPU == 0 || during[child].Resident == 0 {
		t.Fatalf("the child is not in the tree with its CPU time and memory: %+v", during)
	}
	_ = in.Close()
	if err := busy.Wait(); err != nil {
		t.Fatal(err)
	}
	if after := read(t, usage.Read); after.CPU() < before.CPU()+during[child].CPU {
		t.Errorf("the tree spent %s before, the child %s, the tree %s after: the ended child is lost", before.CPU(), during[child].CPU, after.CPU())
	}
}

func TestRead_RefusesAProcessThatIsNotThere(t *testing.T) {
	t.Parallel()
	read(t, usage.Alone)
	if tree, err := usage.Read(1 << 30); err == nil {
		t.Errorf("got %+v", tree)
	}
}

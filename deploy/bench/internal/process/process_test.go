package process_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/process"
)

// Started as a helper, the test starts a program on a leash and waits to be killed.
const helperFolder = "PROCESS_TEST_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(helperFolder); folder != "" {
		if _, err := process.Start(sleeper(folder)); err != nil {
			panic(err)
		}
		select {} // until it is killed
	}
	os.Exit(m.Run())
}

// sleeper writes its own id to the file pid and sleeps.
func sleeper(folder string) process.Command {
	return process.Command{
		Name: "sleeper", Path: "/bin/sh", Args: []string{"-c", "echo $$ >pid.new; mv pid.new pid; exec sleep 600"},
		Dir: folder, Env: []string{"PATH=" + os.Getenv("PATH")}, Log: filepath.Join(folder, "log"),
	}
}

func pidOf(folder string) (int, error) {
	content, err := os.ReadFile(filepath.Join(folder, "pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(bytes.TrimSpace(content)))
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// eventually asks until the answer is yes, for at most ten seconds.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-tick.C {
		if yes() {
			return
		}
	}
	t.Fatalf("not within ten seconds: %s", what)
}

func TestProcess_StopEndsTheProgram(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p, err := process.Start(sleeper(folder))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	err = p.Until(t.Context(), func(context.Context) (err error) { pid, err = pidOf(folder); return err })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if alive(pid) {
		t.Error("the program is alive")
	}
}

func TestProcess_StopKillsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	command := sleeper(folder)
	command.Args[1] = "trap '' TERM; echo $$ >pid.new; mv pid.new pid; while :; do sleep 1; done"
	p, err := process.Start(command)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	err = p.Until(t.Context(), func(context.Context) (err error) { pid, err = pidOf(folder); return err })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := p.Stop(ctx); err == nil {
		t.Error("a program that had to be killed is no error")
	}
	eventually(t, "the program is gone", func() bool { return !alive(pid) })
}

func TestProcess_EndsWithWhoeverStartedIt(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	helper := exec.CommandContext(t.Context(), self)
	helper.Env = append(os.Environ(), helperFolder+"="+folder)
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	eventually(t, "the program runs", func() bool { pid, err = pidOf(folder); return err == nil })
	if err := helper.Process.Kill(); err != nil { // not a signal that it could act on
		t.Fatal(err)
	}
	_ = helper.Wait() // it was killed
	eventually(t, "the program is gone", func() bool { return !alive(pid) })
}

func TestProcess_UntilSaysWhyItDidNotComeUp(t *testing.T) {
	t.Parallel()
	never := func(context.Context) error { return errors.New("nobody answers") }
	t.Run("shows the log of a program that ended", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		p, err := process.Start(process.Command{
			Name: "failing", Path: "/bin/sh", Args: []string{"-c", "echo the port is taken >&2; exit 1"}, Log: filepath.Join(folder, "log"),
		})
		if err != nil {
			t.Fatal(err)
		}
		err = p.Until(t.Context(), never)
		if err == nil || !strings.Contains(err.Error(), "failing is not ready") || !strings.Contains(err.Error(), "the port is taken") {
			t.Errorf("got %v", err)
		}
		if err := p.Stop(t.Context()); err != nil {
			t.Errorf("stop after the end: %v", err)
		}
	})
	t.Run("gives up with its context", func(t *testing.T) {
		t.Parallel()
		p, err := process.Start(sleeper(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Stop(t.Context()) //nolint:errcheck // not what is tested
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := p.Until(ctx, never); err == nil || !strings.Contains(err.Error(), "nobody answers") {
			t.Errorf("got %v", err)
		}
	})
}

package shape

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// PausePart stops a process in the middle of what it does, as a machine that is suspended,
// and returns when it stands still. ResumePart lets it go on. Only parts that are processes
// can be paused.
func (s *System) PausePart(t testing.TB, name string) {
	t.Helper()
	pid := s.signal(t, name, syscall.SIGSTOP)
	Until(t, 10*time.Second, func(context.Context) error { return stopped(pid) })
}

// ResumePart lets a paused process go on.
func (s *System) ResumePart(t testing.TB, name string) {
	t.Helper()
	s.signal(t, name, syscall.SIGCONT)
}

func (s *System) signal(t testing.TB, name string, signal os.Signal) int {
	t.Helper()
	p, ok := s.parts[name].(*process)
	if !ok || p.running == nil {
		t.Fatalf("%s of %s is no process that runs", name, s.Kind)
	}
	if err := p.running.Process.Signal(signal); err != nil {
		t.Fatalf("signal %s of %s: %v", name, s.Kind, err)
	}
	return p.running.Process.Pid
}

// stopped reports whether a thread of the process still runs. Where there is no /proc,
// nobody can tell, and a process has stopped when the signal was sent.
func stopped(pid int) error {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return err
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread) //nolint:gosec // of a process of ours
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if end := bytes.LastIndexByte(stat, ')'); !bytes.HasPrefix(stat[end+1:], []byte(" T")) {
			return errors.New("a thread still runs")
		}
	}
	return nil
}

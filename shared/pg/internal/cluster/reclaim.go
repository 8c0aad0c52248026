package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	reclaimPoll      = 20 * time.Millisecond
	reclaimFast      = 15 * time.Second
	reclaimImmediate = 5 * time.Second
)

// Reclaim makes a data folder ready for a start after its last owner was killed.
// A postmaster that still runs on it is stopped; a pid file that names a foreign
// process, which got the number of the dead postmaster, is disarmed. The caller
// holds a lock on the folder, so nobody alive owns what Reclaim ends.
func Reclaim(ctx context.Context, data string) error {
	left, err := readPIDFile(data)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s in %s: %w: if no PostgreSQL runs on this folder, remove that file", pidFileName, data, err)
	}
	switch {
	case serves(left.pid, data):
		if err := end(ctx, left.pid, data); err != nil {
			return err
		}
	case alive(left.pid):
		return disarm(data) // the socket may be that of a living server, if this folder is a copy
	}
	RemoveShort(left.socket)
	return nil // a dead process: PostgreSQL sees that itself
}

func end(ctx context.Context, pid int, data string) error {
	for _, step := range []struct {
		signal syscall.Signal
		limit  time.Duration
	}{{syscall.SIGINT, reclaimFast}, {syscall.SIGQUIT, reclaimImmediate}} {
		_ = syscall.Kill(pid, step.signal) // it may just have ended
		gone, err := awaitEnd(ctx, pid, data, step.limit)
		if gone || err != nil {
			return err
		}
	}
	return fmt.Errorf("a PostgreSQL of an earlier run (process %d) on %s does not stop: end it by hand", pid, data)
}

func awaitEnd(ctx context.Context, pid int, data string, limit time.Duration) (bool, error) {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	ticker := time.NewTicker(reclaimPoll)
	defer ticker.Stop()
	for serves(pid, data) {
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("wait for a PostgreSQL of an earlier run (process %d): %w", pid, ctx.Err())
		case <-deadline.C:
			return false, nil
		case <-ticker.C:
		}
	}
	return true, nil
}

// disarm writes our own number into the pid file. PostgreSQL takes its parent's
// number for a left-over, and then still checks the shared memory that the file
// names, which removing the file would prevent.
func disarm(data string) error {
	file := filepath.Join(data, pidFileName)
	content, err := os.ReadFile(file) //nolint:gosec // a folder of ours
	if err != nil {
		return fmt.Errorf("mend %s: %w", file, err)
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	mended := strconv.Itoa(os.Getpid()) + "\n" + rest
	if err := os.WriteFile(file, []byte(mended), 0o600); err != nil {
		return fmt.Errorf("mend %s: %w", file, err)
	}
	return nil
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

//go:build !linux

package system

import (
	"errors"
	"io"
	"os/exec"
	"strconv"
	"syscall"
)

// runChild runs a process that ends with this one, however this one ends: a shell waits at
// a pipe, which closes when this process is gone, and then ends the child. Ctrl-C is for
// this process, which ends its children in order.
func runChild(process *exec.Cmd) error {
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := process.Start(); err != nil {
		return err
	}
	release, err := watch(process.Process.Pid)
	if err != nil {
		return errors.Join(err, process.Process.Kill(), process.Wait())
	}
	defer release()
	return process.Wait()
}

// watch starts the shell. A line on the pipe lets it go home.
func watch(pid int) (release func(), err error) {
	const script = `read -r line || kill -TERM "$1" 2>/dev/null`
	watcher := exec.Command("/bin/sh", "-c", script, "watcher", strconv.Itoa(pid)) //nolint:gosec,noctx // outlives this process on purpose
	watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := watcher.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := watcher.Start(); err != nil {
		return nil, err
	}
	return func() {
		_, _ = io.WriteString(pipe, "done\n") // it may be gone already
		_ = pipe.Close()
		_ = watcher.Wait()
	}, nil
}

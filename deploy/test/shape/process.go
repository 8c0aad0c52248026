package shape

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// process is a part that is a program of its own. It ends when the test process does,
// however that ends.
type process struct {
	path    string
	args    []string
	environ map[string]string
	out     io.Writer

	running *exec.Cmd // nil: stopped
	ended   chan error
	watcher io.WriteCloser
}

func (p *process) start(context.Context) error {
	cmd := exec.Command(p.path, p.args...) //nolint:gosec,noctx // a program of ours, which stop ends
	cmd.Env, cmd.Stdout, cmd.Stderr = pairs(p.environ), p.out, p.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches it through stop
	if err := cmd.Start(); err != nil {
		return err
	}
	watcher, err := watch(cmd.Process.Pid)
	if err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	p.running, p.watcher, p.ended = cmd, watcher, make(chan error, 1)
	go func() { p.ended <- cmd.Wait() }()
	return nil
}

// stop asks the process to end and waits; one that does not is killed, which is an error.
func (p *process) stop(ctx context.Context) error {
	if p.running == nil {
		return nil
	}
	select {
	case err := <-p.ended:
		p.forget()
		return fmt.Errorf("it had ended by itself: %w", orNil(err))
	default:
	}
	if err := p.running.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-p.ended:
		p.forget()
		return err
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.kill())
	}
}

// orNil keeps a nil error printable.
func orNil(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

func (p *process) kill() error {
	if p.running == nil {
		return errors.New("it does not run")
	}
	err := p.running.Process.Kill()
	<-p.ended // that it was killed is no news
	p.forget()
	return err
}

func (p *process) forget() {
	_, _ = io.WriteString(p.watcher, "done\n") // it may be gone already
	_ = p.watcher.Close()
	p.running = nil
}

// watch starts a shell that ends the process when this one is gone: the kernel closes the
// pipe of a process that dies of anything. A line on the pipe lets the watcher go home.
func watch(pid int) (io.WriteCloser, error) {
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
	go func() { _ = watcher.Wait() }() // ends with the pipe
	return pipe, nil
}

// pairs are the settings with what programs need to run at all.
func pairs(environ map[string]string) []string {
	list := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	for name, value := range environ {
		list = append(list, name+"="+value)
	}
	return list
}

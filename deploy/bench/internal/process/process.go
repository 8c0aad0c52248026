package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

// Command says what to run. Secrets belong in Env, never in Args.
type Command struct {
	Name string // of the program in messages
	Path string
	Args []string
	Dir  string   // where it runs; empty: here
	Env  []string // all of its environment
	Log  string   // the file that takes what it writes
}

// Process is a running program.
type Process struct {
	PID int // of the shell; the program is below it

	command Command
	pipe    io.Closer
	ended   chan struct{}
}

// leash runs "$@" until it ends or standard input does.
const leash = `
exec 3<&0
"$@" </dev/null 3<&- & pid=$!
{ cat <&3; kill -s TERM $pid; } >/dev/null 2>&1 & watch=$!
wait $pid
kill $watch 2>/dev/null
`

// Start runs the command. It goes on until Stop, or until this process ends.
func Start(command Command) (*Process, error) {
	log, err := os.Create(command.Log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", command.Name, err)
	}
	defer log.Close()                                                                                     //nolint:errcheck // the child has its own copy
	cmd := exec.Command("/bin/sh", append([]string{"-c", leash, "sh", command.Path}, command.Args...)...) //nolint:gosec,noctx // ours; Stop ends it
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = command.Dir, command.Env, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the benchmark, which ends all in order
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", command.Name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", command.Name, err)
	}
	p := &Process{PID: cmd.Process.Pid, command: command, pipe: pipe, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // the shell's own status says nothing
		close(p.ended)
	}()
	return p, nil
}

// Stop ends the program and waits for it. When ctx ends first, everything below the shell
// is killed, which is an error.
func (p *Process) Stop(ctx context.Context) error {
	_ = p.pipe.Close() // the shell may be gone, and then ended says so
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
	}
	if err := p.kill(); err != nil {
		return fmt.Errorf("stop %s: %w", p.command.Name, err)
	}
	<-p.ended
	return fmt.Errorf("stop %s: it did not end by itself and was killed; its log:\n%s", p.command.Name, p.Tail())
}

// kill ends the shell and everything below it, each by its id.
func (p *Process) kill() error {
	tree, err := usage.Read(p.PID)
	for _, below := range tree {
		_ = syscall.Kill(below.PID, syscall.SIGKILL) // one that has ended needs no signal
	}
	if errors.Is(err, usage.ErrUnsupported) {
		return syscall.Kill(-p.PID, syscall.SIGKILL) // the shell leads a process group of its own
	}
	return err
}

// poll is how often readiness is asked for: often, because start times are measured with it.
const poll = time.Millisecond

// Until asks ready until it returns nil. It gives up when the program or ctx has ended, and
// then the error holds the end of what the program wrote.
func (p *Process) Until(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return p.notReady(errors.New("it ended"))
		case <-ctx.Done():
			return p.notReady(err)
		case <-tick.C:
		}
	}
}

func (p *Process) notReady(err error) error {
	return fmt.Errorf("%s is not ready: %w; the end of its log:\n%s", p.command.Name, err, p.Tail())
}

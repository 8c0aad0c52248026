package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	readyPoll = 5 * time.Millisecond

	// fastLimit bounds a fast shutdown, immediateLimit the immediate one after it.
	fastLimit      = 30 * time.Second
	immediateLimit = 5 * time.Second
)

// LaunchConfig says how to run a postmaster.
type LaunchConfig struct {
	Install  Install
	Account  Account
	Data     string
	Socket   string         // folder of the only socket; belongs to the account
	Log      string         // file that gets the server's log
	Settings []string       // name=value; they outrank the files in Data
	Orphan   syscall.Signal // what the postmaster gets when this process dies (Linux)
}

// StartError means that the postmaster gave up before it was ready.
type StartError struct {
	Log string // the end of its log
	Err error
}

// Error repeats the end of the server's log.
func (e *StartError) Error() string {
	return fmt.Sprintf("PostgreSQL did not start (%v): %s", e.Err, e.Log)
}

// Unwrap returns how the process ended.
func (e *StartError) Unwrap() error { return e.Err }

// Busy reports whether processes of a killed predecessor still hold the data
// folder. They notice its death and go, so it helps to try again.
func (e *StartError) Busy() bool {
	return strings.Contains(e.Log, "pre-existing shared memory block") || strings.Contains(e.Log, "lock file \""+pidFileName+"\" already exists")
}

// Process is a running postmaster.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended; readable after done
}

// Launch starts a postmaster and returns when it accepts connections. When ctx
// ends first, or the postmaster does, nothing is left running.
func Launch(ctx context.Context, cfg LaunchConfig) (*Process, error) {
	log, err := os.OpenFile(cfg.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log of PostgreSQL: %w", err)
	}
	defer log.Close()
	begin, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("open log of PostgreSQL: %w", err)
	}
	args := []string{"-D", cfg.Data, "-c", "listen_addresses=", "-c", "unix_socket_directories=" + quoteList(cfg.Socket)}
	for _, setting := range cfg.Settings {
		args = append(args, "-c", setting)
	}
	cmd := command(context.WithoutCancel(ctx), cfg.Account, filepath.Join(cfg.Install.Bin, "postgres"), args...)
	cmd.Dir = cfg.Data
	cmd.Stdout, cmd.Stderr = log, log
	orphan(cmd.SysProcAttr, cfg.Orphan)
	process := &Process{cmd: cmd, done: make(chan struct{})}
	if err := process.start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := process.awaitReady(ctx, cfg.Data); err != nil {
		return nil, &StartError{Log: tail(cfg.Log, begin), Err: err}
	}
	return process, nil
}

// quoteList makes a path one element of a setting that is a list of names.
func quoteList(path string) string { return `"` + strings.ReplaceAll(path, `"`, `""`) + `"` }

// start keeps the thread that makes the child: on Linux the child is told about
// the death of that thread, not of the process, so the thread has to live as long
// as the child does.
func (p *Process) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	return <-started
}

func (p *Process) awaitReady(ctx context.Context, data string) error {
	ticker := time.NewTicker(readyPoll)
	defer ticker.Stop()
	for {
		select {
		case <-p.done:
			if p.err == nil {
				return errors.New("it ended at once")
			}
			return p.err
		case <-ctx.Done():
			p.immediate()
			return ctx.Err()
		case <-ticker.C:
			if found, err := readPIDFile(data); err == nil && found.pid == p.PID() && found.ready {
				return nil
			}
		}
	}
}

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the postmaster has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the postmaster ended. Call it after Done only.
func (p *Process) Err() error { return p.err }

// Stop ends the postmaster with a fast shutdown: open transactions roll back and
// everything is on disk when Stop returns. When ctx ends, or after thirty seconds,
// it ends it at once instead and returns an error; the next start then recovers.
func (p *Process) Stop(ctx context.Context) error {
	_ = p.cmd.Process.Signal(syscall.SIGINT) // an ended process is what we want
	timer := time.NewTimer(fastLimit)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	case <-timer.C:
	}
	p.immediate()
	return fmt.Errorf("PostgreSQL (process %d) did not stop in time and was ended at once; its next start recovers", p.PID())
}

func (p *Process) immediate() {
	_ = p.cmd.Process.Signal(syscall.SIGQUIT)
	timer := time.NewTimer(immediateLimit)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// tail returns the end of what the log got since begin.
func tail(file string, begin int64) string {
	content, err := os.ReadFile(file) //nolint:gosec // a log of ours
	if err != nil || int64(len(content)) < begin {
		return "its log " + file + " cannot be read"
	}
	return lastLines(string(content[begin:]), 5)
}

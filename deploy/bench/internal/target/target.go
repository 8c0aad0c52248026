package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/process"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

// Target is a system that can be started.
type Target struct {
	Name      string
	Scenarios []scenario.Scenario

	folder  string // takes the log
	command func(address string) (process.Command, error)
	ready   []string // paths that answer 200 once the system works
}

// Running is a system that answers.
type Running struct {
	Address string        // host:port, on loopback
	Boot    time.Duration // from the start of the program to its first 200

	process *process.Process
}

const (
	bootLimit = time.Minute
	stopLimit = 40 * time.Second
)

// Start starts the system and returns when it answers.
func (t Target) Start(ctx context.Context) (_ *Running, err error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", t.Name, err)
	}
	command, err := t.command(address)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", t.Name, err)
	}
	command.Name, command.Log = t.Name, filepath.Join(t.folder, "log")
	if command.Dir == "" {
		command.Dir = t.folder
	}
	began := time.Now()
	running := &Running{Address: address}
	if running.process, err = process.Start(command); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, running.Stop(ctx))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	for i, path := range t.ready {
		if err := running.process.Until(ctx, answers("http://"+address+path)); err != nil {
			return nil, err
		}
		if i == 0 {
			running.Boot = time.Since(began)
		}
	}
	return running, nil
}

// Usage reads what the system's processes have spent.
func (r *Running) Usage() (usage.Tree, error) { return usage.Read(r.process.PID) }

// Stop ends the system and waits for it.
func (r *Running) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	return r.process.Stop(ctx)
}

// answers asks once whether a GET is answered with 200.
func answers(url string) func(context.Context) error {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close() //nolint:errcheck // it was read to its end
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s answered %d", url, response.StatusCode)
		}
		return nil
	}
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// makeFolder makes the folder of one target below the scratch folder.
func makeFolder(scratch, name string) (string, error) {
	folder := filepath.Join(scratch, name)
	if err := os.MkdirAll(folder, 0o711); err != nil { // passable, for a database that runs as another user
		return "", fmt.Errorf("make the folder of %s: %w", name, err)
	}
	return folder, nil
}

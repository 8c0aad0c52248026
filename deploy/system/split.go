package system

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// splitCommand runs every module as a process of its own on this machine, over NATS: the
// same system as serve, from the same settings.
func splitCommand() kit.Command {
	return kit.Command{
		Name: "split", Summary: "run the modules as four processes on this machine, over NATS",
		Run: func(ctx context.Context, env kit.Env, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: split takes no arguments", kit.ErrUsage)
			}
			return Program().Supervise(ctx, env, func(ctx context.Context, environ map[string]string) error {
				return runSplit(ctx, env, environ)
			})
		},
	}
}

// The private listeners of the processes: the gateway has the configured one, the others
// take any free port.
const anyPort = "127.0.0.1:0"

// runSplit starts the processes and waits until one ends or ctx does; then it ends all.
func runSplit(ctx context.Context, env kit.Env, environ map[string]string) error {
	folder, err := binaryFolder()
	if err != nil {
		return err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error)
	for _, name := range []string{"gateway", "identity", "authsvc", "audit"} {
		own := maps.Clone(environ)
		if name == "gateway" {
			own["GATEHOUSE_NATS_LISTEN"] = address
		} else {
			own["GATEHOUSE_NATS_URL"], own["GATEHOUSE_OPS_ADDR"] = "nats://"+address, anyPort
		}
		process := exec.CommandContext(ctx, filepath.Join(folder, name), "serve") //nolint:gosec // a program of ours beside this one
		process.Env, process.Stdout, process.Stderr = pairs(own), env.Stdout, env.Stderr
		process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
		process.WaitDelay = 25 * time.Second
		go func() { ended <- named(name, runChild(process)) }()
	}
	faults := []error{<-ended}
	stopped := ctx.Err() != nil
	cancel()
	for range 3 {
		faults = append(faults, <-ended)
	}
	if stopped {
		return nil
	}
	return faults[0] // the others ended because of it
}

func named(name string, err error) error {
	if err == nil {
		err = errors.New("ended by itself")
	}
	return fmt.Errorf("%s: %w", name, err)
}

// binaryFolder is where this program lies; make puts the others beside it.
func binaryFolder() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	folder := filepath.Dir(self)
	if _, err := os.Stat(filepath.Join(folder, "gateway")); err != nil {
		return "", fmt.Errorf("the programs of the modules are not beside %s: run make build", self)
	}
	return folder, nil
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", anyPort)
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func pairs(environ map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		list = append(list, name+"="+environ[name])
	}
	return list
}

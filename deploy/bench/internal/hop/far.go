package hop

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/process"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// far holds the ways over TCP: this process calls, two helpers are bus and service.
type far struct {
	bus     *process.Process
	service *process.Process
	calling *bus.Conn
	raw     *nats.Conn
}

const (
	anyPort    = "127.0.0.1:0"
	startLimit = 20 * time.Second
	stopLimit  = 20 * time.Second
)

func openFar(ctx context.Context, scratch string) (_ *far, err error) {
	root := secret.Text(rand.Text() + rand.Text())
	f := &far{}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close(ctx))
		}
	}()
	if f.bus, err = startHelper(BusRole, anyPort, scratch, root); err != nil {
		return f, err
	}
	starting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var url string
	if err = f.bus.Until(starting, func(context.Context) (err error) { url, err = announced(f.bus.Tail()); return err }); err != nil {
		return f, err
	}
	if f.service, err = startHelper(ServiceRole, url, scratch, root); err != nil {
		return f, err
	}
	if f.calling, err = bus.Connect(ctx, bus.ConnectConfig{URL: url, Module: caller, Root: secret.NewRoot(root), Log: zerolog.Nop()}); err != nil {
		return f, err
	}
	if f.raw, err = dialRaw(url, caller, secret.NewRoot(root)); err != nil {
		return f, err
	}
	err = f.service.Until(starting, func(ctx context.Context) error {
		return errors.Join(through(f.calling.Caller())(ctx), f.requestRaw(ctx))
	})
	return f, err
}

func (f *far) ways() []way {
	helpers := []func() (usage.Tree, error){
		func() (usage.Tree, error) { return usage.Read(f.bus.PID) },
		func() (usage.Tree, error) { return usage.Read(f.service.PID) },
	}
	return []way{
		{name: "NATS over TCP, three processes", call: through(f.calling.Caller()), helpers: helpers},
		{name: "raw NATS request-reply, three processes", call: f.requestRaw, helpers: helpers},
	}
}

// requestRaw is what NATS itself does for a message of the size of a call.
func (f *far) requestRaw(ctx context.Context) error {
	_, err := f.raw.RequestWithContext(ctx, rawSubject, make([]byte, rawSize))
	return err
}

const rawSize = 320 // bytes: a record as JSON

func (f *far) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	if f.raw != nil {
		f.raw.Close()
	}
	if f.calling != nil {
		f.calling.Close()
	}
	var err error
	for _, helper := range []*process.Process{f.service, f.bus} {
		if helper != nil {
			err = errors.Join(err, helper.Stop(ctx))
		}
	}
	return err
}

// startHelper starts this program in another role. The root secret travels in the
// environment, which only this user can read.
func startHelper(role, place, scratch string, root secret.Text) (*process.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return process.Start(process.Command{
		Name: role, Path: self, Args: []string{role, place},
		Env: []string{rootVariable + "=" + root.Reveal()}, Log: filepath.Join(scratch, role+".log"),
	})
}

// announced finds the address in what the bus wrote. It chooses its port itself, so that no
// other program can have taken it in between.
func announced(text string) (string, error) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "nats://") && strings.HasSuffix(line, "\n") {
			return strings.TrimSpace(line), nil
		}
	}
	return "", errors.New("the bus has not said where it listens")
}

// dialRaw is a connection without anything of ours but the proof of who it is, and the
// subjects at which the service may answer.
func dialRaw(url, module string, root secret.Root) (*nats.Conn, error) {
	pair, err := bus.Identity(root, module)
	if err != nil {
		return nil, err
	}
	key, err := pair.PublicKey()
	if err != nil {
		return nil, err
	}
	return nats.Connect(url, nats.Nkey(key, pair.Sign), nats.CustomInboxPrefix("_INBOX."+module+"."+service))
}

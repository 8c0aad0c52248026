package shape

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"slices"
	"testing"
	"time"
)

// Kind is a shape of the system.
type Kind string

// The shapes.
const (
	Direct     Kind = "direct"      // one process, plain calls; what ships
	Codec      Kind = "codec"       // one process, every call encoded and decoded
	Bus        Kind = "bus"         // one process, every call over NATS inside it
	Mixed      Kind = "mixed"       // authsvc alone, the rest together, NATS between them
	Split      Kind = "split"       // the processes of "gatehouse split"
	Processes  Kind = "processes"   // the same four processes, each to be killed and started
	Alone      Kind = "alone"       // "gatehouse serve" with nothing configured, its own database included
	AloneSplit Kind = "alone split" // "gatehouse split" with nothing configured
)

// All lists the shapes in which the product runs, which all pass the same tests.
func All() []Kind { return []Kind{Direct, Codec, Bus, Mixed, Split} }

// Origin is the front end that every system trusts, as development does by default.
const Origin = "http://localhost:3001"

// System is a running system. Its parts may be stopped and started; see Parts.
type System struct {
	Kind     Kind
	URL      string // of the public listener, without a slash at the end
	Ops      string // of the gateway's private listener
	Database *Database
	// OpsOf are the private listeners of the parts, and Bus is what lies between them; of
	// Processes only.
	OpsOf map[string]string
	Bus   *Proxy
	// Environ are the settings of the system, for commands beside it.
	Environ map[string]string

	log   *record
	parts map[string]part
}

// part is a piece of a system that starts and stops by itself.
type part interface {
	start(ctx context.Context) error
	stop(ctx context.Context) error
	kill() error
}

const (
	startLimit = 60 * time.Second
	readyLimit = 30 * time.Second
)

// Start starts a system of the kind and waits until it is ready. extra are settings beside
// or instead of those that every system here has.
func Start(t testing.TB, kind Kind, extra map[string]string) *System {
	t.Helper()
	if testing.Short() {
		t.Skip("needs PostgreSQL; -short leaves it out")
	}
	s := &System{Kind: kind, log: &record{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of %s:\n%s", kind, s.log.tail())
		}
	})
	public, ops := FreeAddress(t), FreeAddress(t)
	s.URL, s.Ops = "http://"+public, "http://"+ops
	s.Environ = map[string]string{
		"GATEHOUSE_DATA":       Folder(t),
		"GATEHOUSE_HTTP_ADDR":  public,
		"GATEHOUSE_OPS_ADDR":   ops,
		"GATEHOUSE_BASE_URL":   s.URL,
		"GATEHOUSE_LOG_FORMAT": "json",
	}
	s.configure(t, extra)
	maps.Copy(s.Environ, extra)
	maps.DeleteFunc(s.Environ, func(_, value string) bool { return value == "" })
	s.parts = s.plan(t)
	for _, name := range s.order() {
		t.Cleanup(func() { s.StopPart(t, name) })
		s.StartPart(t, name)
	}
	s.AwaitReady(t)
	return s
}

// configure gives the system a database and a secret from outside, unless it is one that
// makes both itself. Who brings a database URL along has a database already.
func (s *System) configure(t testing.TB, extra map[string]string) {
	if s.Kind == Alone || s.Kind == AloneSplit {
		return
	}
	s.Environ["GATEHOUSE_MODE"], s.Environ["GATEHOUSE_SECRET"] = "development", newSecret()
	if _, given := extra["GATEHOUSE_DATABASE_URL"]; !given {
		s.Database = NewDatabase(t)
		s.Environ["GATEHOUSE_DATABASE_URL"] = s.Database.URL()
	}
}

// plan lists the parts of the system's kind.
func (s *System) plan(t testing.TB) map[string]part {
	switch s.Kind {
	case Alone:
		return s.command(t, "serve")
	case Split, AloneSplit:
		return s.command(t, "split")
	case Processes:
		return s.processes(t)
	default:
		return s.inProcess(t)
	}
}

// order is the order of a start: whoever opens the bus first.
func (s *System) order() []string {
	names := s.Parts()
	if i := slices.Index(names, gatewayPart); i > 0 {
		names = slices.Concat([]string{gatewayPart}, slices.Delete(names, i, i+1))
	}
	return names
}

// Parts names the parts that can be stopped one by one: one for a system in one process,
// else modules.
func (s *System) Parts() []string { return slices.Sorted(maps.Keys(s.parts)) }

// StartPart starts a part that is not running.
func (s *System) StartPart(t testing.TB, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), startLimit)
	defer cancel()
	if err := s.parts[name].start(ctx); err != nil {
		t.Fatalf("start %s of %s: %v", name, s.Kind, err)
	}
}

// StopPart stops a part in good order. A part that does not run stays as it is.
func (s *System) StopPart(t testing.TB, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), startLimit)
	defer cancel()
	if err := s.parts[name].stop(ctx); err != nil {
		t.Errorf("stop %s of %s: %v", name, s.Kind, err)
	}
}

// KillPart ends a process as kill -9 does. Only parts that are processes can be killed.
func (s *System) KillPart(t testing.TB, name string) {
	t.Helper()
	if err := s.parts[name].kill(); err != nil {
		t.Fatalf("kill %s of %s: %v", name, s.Kind, err)
	}
}

// Log returns all that the system has logged so far.
func (s *System) Log() string { return s.log.String() }

func newSecret() string {
	random := make([]byte, 36)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(random)
}

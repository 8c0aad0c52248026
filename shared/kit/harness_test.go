package kit_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// goodSecret is one that production accepts.
const goodSecret = "vN3kq8Zt1XwYb6Rj0LhPz7MdGf5Ca2Ee9UiS4oTn"

// settings are those of a process that disturbs nobody, with changes: "NAME=value".
func settings(t testing.TB, changes ...string) map[string]string {
	t.Helper()
	environ := map[string]string{"GATEHOUSE_OPS_ADDR": "127.0.0.1:0", "GATEHOUSE_DATA": t.TempDir()}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		environ["GATEHOUSE_"+name] = value
	}
	return environ
}

// start runs a program for the test.
func start(t testing.TB, p kit.Program, o kit.Options) *kit.System {
	t.Helper()
	system, err := p.Start(t.Context(), quiet(o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, system) })
	return system
}

// startFails runs a program that cannot start and returns why.
func startFails(t testing.TB, p kit.Program, o kit.Options) error {
	t.Helper()
	system, err := p.Start(t.Context(), quiet(o))
	if err == nil {
		stop(t, system)
		t.Fatal("it started")
	}
	return err
}

func quiet(o kit.Options) kit.Options {
	o.Log = zerolog.Nop()
	return o
}

func stop(t testing.TB, system *kit.System) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	defer cancel()
	if err := system.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

type none struct{}

// spec is a module made of what build returns for its dependencies.
func spec(name string, build func(kit.Deps) *kit.Module) kit.Spec {
	return kit.Configured(kit.Spec{Name: name}, func(_ none, deps kit.Deps) (*kit.Module, error) { return build(deps), nil })
}

// stored is an idle module with a database.
func stored(name string) kit.Spec {
	s := spec(name, idle)
	s.Migrations = fstest.MapFS{}
	return s
}

// program has one module for each spec; all may call each other.
func program(specs ...kit.Spec) kit.Program {
	graph := rpc.Graph{}
	for _, from := range specs {
		graph[from.Name] = []string{}
		for _, to := range specs {
			graph[from.Name] = append(graph[from.Name], to.Name)
		}
	}
	return kit.Program{Name: "shop", Specs: specs, Graph: graph}
}

// diary notes what happens, in order.
type diary struct {
	mutex sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) read() string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return strings.Join(d.lines, ", ")
}

// diarist is a module that notes the steps of its life.
func diarist(name string, d *diary, change func(*kit.Module)) kit.Spec {
	return spec(name, func(kit.Deps) *kit.Module {
		d.note("build " + name)
		m := &kit.Module{
			Start: func(context.Context) error { d.note("start " + name); return nil },
			Stop:  func(context.Context) error { d.note("stop " + name); return nil },
		}
		if change != nil {
			change(m)
		}
		return m
	})
}

// page is a public route of a service.
func page(id, path string, handle httpx.HandlerFunc) httpx.Route {
	return httpx.Route{ID: id, Method: "GET", Path: path, Guard: httpx.Public(), Doc: httpx.Doc{Summary: "a page"}, Handle: handle}
}

// eventually asks until the answer is yes, for at most twenty seconds.
func eventually(t testing.TB, what string, yes func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-tick.C {
		if yes() {
			return
		}
	}
	t.Fatalf("not within twenty seconds: %s", what)
}

// freeAddress returns a loopback address that nobody listens on now.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

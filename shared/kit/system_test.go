package kit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

var ask = rpc.Method[none, string]{Service: "catalog", Name: "ask", Major: 1, Timeout: 10 * time.Second}

func TestSystem_StopsInTheReverseOrderOfItsStart(t *testing.T) {
	t.Parallel()
	d := &diary{}
	p := program(diarist("catalog", d, nil), diarist("orders", d, nil), diarist("edge", d, nil))
	system, err := p.Start(t.Context(), quiet(kit.Options{Environ: settings(t)}))
	if err != nil {
		t.Fatal(err)
	}
	stop(t, system)
	want := "build catalog, build orders, build edge, start catalog, start orders, start edge, stop edge, stop orders, stop catalog"
	if got := d.read(); got != want {
		t.Errorf("it did:\n%s, want\n%s", got, want)
	}
}

// A loop may need what its module holds until the loop has ended, and others may call the
// module while it stops to accept.
func TestSystem_EndsLoopsAfterModulesStoppedToAccept(t *testing.T) {
	t.Parallel()
	d := &diary{}
	running := make(chan struct{})
	p := program(diarist("catalog", d, func(m *kit.Module) {
		m.Loops = []kit.Loop{{Name: "tidy", Run: func(ctx context.Context) error {
			close(running)
			<-ctx.Done()
			d.note("loop ends")
			return ctx.Err()
		}}}
	}))
	system, err := p.Start(t.Context(), quiet(kit.Options{Environ: settings(t)}))
	if err != nil {
		t.Fatal(err)
	}
	<-running
	stop(t, system)
	if got := d.read(); !strings.HasSuffix(got, "stop catalog, loop ends") {
		t.Errorf("it did: %s", got)
	}
}

func TestSystem_OutlivesTheContextOfItsStart(t *testing.T) {
	t.Parallel()
	looping := make(chan context.Context, 1)
	p := program(spec("catalog", func(kit.Deps) *kit.Module {
		return &kit.Module{Loops: []kit.Loop{{Name: "tidy", Run: func(ctx context.Context) error {
			looping <- ctx
			<-ctx.Done()
			return nil
		}}}}
	}))
	ctx, cancel := context.WithCancel(t.Context())
	system, err := p.Start(ctx, quiet(kit.Options{Environ: settings(t)}))
	if err != nil {
		t.Fatal(err)
	}
	loop := <-looping
	cancel()
	if loop.Err() != nil {
		t.Error("the loop ended with the context of the start, before its module was stopped")
	}
	stop(t, system)
	if loop.Err() == nil {
		t.Error("the loop did not end with its system")
	}
}

func TestStart_StopsWhatHadBegunWhenItFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("the shelf is on fire")
	for name, c := range map[string]struct {
		change func(*kit.Module)
		spoil  func(*kit.Spec)
		want   string // of the error
		story  string
	}{
		"a start that fails": {
			change: func(m *kit.Module) { m.Start = func(context.Context) error { return broken } },
			want:   "orders: the shelf is on fire",
			story:  "build catalog, build orders, build edge, start catalog, stop edge, stop orders, stop catalog",
		},
		"a module that cannot be built": {
			spoil: func(s *kit.Spec) { s.Build = func(any, kit.Deps) (*kit.Module, error) { return nil, broken } },
			want:  "orders: the shelf is on fire",
			story: "build catalog, stop catalog",
		},
		"a declared method that nobody serves": {
			spoil: func(s *kit.Spec) { s.Contract = []rpc.Desc{ask.Desc()} },
			want:  "orders declares catalog.v1.ask and does not serve it",
			story: "build catalog, build orders, stop catalog",
		},
		"a method that cannot be served": {
			change: func(m *kit.Module) { m.Handlers = []rpc.Handler{{}} },
			want:   "orders: rpc: ",
			story:  "build catalog, build orders, stop catalog",
		},
		"a route without a guard": {
			change: func(m *kit.Module) {
				m.Routes = []httpx.Route{{ID: "open", Method: "GET", Path: "/open", Doc: httpx.Doc{Summary: "x"}}}
			},
			want:  "orders: route open: no valid guard",
			story: "build catalog, build orders, build edge, stop edge, stop orders, stop catalog",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &diary{}
			orders := diarist("orders", d, c.change)
			if c.spoil != nil {
				c.spoil(&orders)
			}
			err := startFails(t, program(diarist("catalog", d, nil), orders, diarist("edge", d, nil)), kit.Options{Environ: settings(t)})
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if got := d.read(); got != c.story {
				t.Errorf("it did:\n%s, want\n%s", got, c.story)
			}
		})
	}
}

func TestStart_EndsLoopsWhenItFails(t *testing.T) {
	t.Parallel()
	d := &diary{}
	p := program(diarist("catalog", d, func(m *kit.Module) {
		running := make(chan struct{})
		m.Loops = []kit.Loop{{Name: "tidy", Run: func(ctx context.Context) error {
			close(running)
			<-ctx.Done()
			d.note("loop ends")
			return nil
		}}}
		m.Start = func(context.Context) error {
			<-running
			return errors.New("the shelf is on fire")
		}
	}))
	if err := startFails(t, p, kit.Options{Environ: settings(t)}); !strings.Contains(err.Error(), "on fire") {
		t.Fatal(err)
	}
	if got := d.read(); got != "build catalog, stop catalog, loop ends" {
		t.Errorf("it did: %s", got)
	}
}

func TestSystem_StopReportsEveryFault(t *testing.T) {
	t.Parallel()
	d := &diary{}
	failing := func(name string) kit.Spec {
		return diarist(name, d, func(m *kit.Module) {
			m.Stop = func(context.Context) error { d.note("stop " + name); return errors.New(name + " does not want to") }
		})
	}
	system, err := program(failing("catalog"), failing("orders")).Start(t.Context(), quiet(kit.Options{Environ: settings(t)}))
	if err != nil {
		t.Fatal(err)
	}
	err = system.Stop(t.Context())
	if err == nil || !strings.Contains(err.Error(), "catalog does not") || !strings.Contains(err.Error(), "orders does not") {
		t.Errorf("got %v, want both", err)
	}
	if got := d.read(); !strings.HasSuffix(got, "stop orders, stop catalog") {
		t.Errorf("it did: %s", got)
	}
}

func TestStart_RunsTheModulesThatAreSelectedInTheirOrder(t *testing.T) {
	t.Parallel()
	d := &diary{}
	p := program(diarist("catalog", d, nil), diarist("orders", d, nil), diarist("edge", d, nil))
	start(t, p, kit.Options{Environ: settings(t, "MODULES=edge, catalog", "MODE=development", "NATS_LISTEN=127.0.0.1:0", "SECRET="+goodSecret)})
	if got := d.read(); got != "build catalog, build edge, start catalog, start edge" {
		t.Errorf("it did: %s", got)
	}
}

func TestStart_GivesTheClockThatItWasGiven(t *testing.T) {
	t.Parallel()
	moment := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	var got time.Time
	p := program(spec("catalog", func(deps kit.Deps) *kit.Module {
		got = deps.Now()
		return &kit.Module{}
	}))
	start(t, p, kit.Options{Environ: settings(t), Now: func() time.Time { return moment }})
	if !got.Equal(moment) {
		t.Errorf("the module's clock shows %s", got)
	}
}

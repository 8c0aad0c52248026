package kit_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

func environment(environ map[string]string) kit.Env {
	return kit.Env{Environ: environ, Stdout: io.Discard, Stderr: io.Discard}
}

func TestVisit_CallsModulesWithoutASystem(t *testing.T) {
	t.Parallel()
	w := newWorld()
	environ := settings(t, "SECRET="+goodSecret, "MODE=development", "NATS_URL=nowhere", "NATS_LISTEN=nowhere", "OPS_ADDR=nowhere")
	var title string
	err := w.program().Visit(t.Context(), environment(environ), "catalog", "orders", func(ctx context.Context, call rpc.Caller) error {
		found, err := findBook.Call(ctx, call, "1")
		title = found.Title
		return err
	})
	if err != nil || title != "Emma" {
		t.Errorf("got %q, %v", title, err)
	}
	if w.of("orders").Call != nil {
		t.Error("modules were built that nobody asked for")
	}
	err = w.program().Visit(t.Context(), environment(environ), "catalog", "stranger", func(ctx context.Context, call rpc.Caller) error {
		_, err := findBook.Call(ctx, call, "1")
		return err
	})
	if !errors.Is(err, rpc.ErrNotAllowed) {
		t.Errorf("a stranger's visit: %v", err)
	}
}

func TestVisit_BuildsAndStopsAndDoesNothingElse(t *testing.T) {
	t.Parallel()
	d := &diary{}
	p := program(diarist("catalog", d, func(m *kit.Module) {
		m.Loops = []kit.Loop{{Name: "tidy", Run: func(context.Context) error { d.note("loop"); return nil }}}
	}))
	broken := errors.New("the shelf is on fire")
	err := p.Visit(t.Context(), environment(settings(t)), "all", "catalog", func(context.Context, rpc.Caller) error {
		d.note("work")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got := d.read(); got != "build catalog, work, stop catalog" {
		t.Errorf("it did: %s", got)
	}
	if err := p.Visit(t.Context(), environment(settings(t)), "payments", "catalog", nil); err == nil || !strings.Contains(err.Error(), "GATEHOUSE_MODULES") {
		t.Errorf("a visit of a module that does not exist: %v", err)
	}
}

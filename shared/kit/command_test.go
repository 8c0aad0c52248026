package kit_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// ran is what one command line did.
type ran struct {
	stdout, stderr string
	err            error
}

// command runs one command line of a program.
func command(t testing.TB, p kit.Program, environ map[string]string, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := p.Run(t.Context(), kit.Env{Environ: environ, Stdout: &stdout, Stderr: &stderr}, args)
	return ran{stdout.String(), stderr.String(), err}
}

func shop() kit.Program {
	type config struct {
		Greeting string `envconfig:"GREETING" default:"hello" desc:"what the catalog says"`
	}
	catalog := kit.Configured(kit.Spec{Name: "catalog"}, func(config, kit.Deps) (*kit.Module, error) { return &kit.Module{}, nil })
	p := program(catalog, stored("orders"))
	p.Commands = []kit.Command{{
		Name: "stock count", Args: "SHELF...", Summary: "count what is there",
		Run: func(_ context.Context, env kit.Env, args []string) error {
			_, err := env.Stdout.Write([]byte(strings.Join(args, "+")))
			return err
		},
	}}
	return p
}

func TestProgram_ExplainsItself(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"help"}, {"-h"}, {"--help"}} {
		got := command(t, shop(), nil, args...)
		if got.err != nil {
			t.Errorf("%v: %v", args, got.err)
		}
		for _, want := range []string{"Usage: shop COMMAND", "  serve", "  config", "  health", "  version", "  stock count SHELF...   count what is there"} {
			if !strings.Contains(got.stdout, want) {
				t.Errorf("%v does not show %q:\n%s", args, want, got.stdout)
			}
		}
	}
}

func TestProgram_RefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"dance": `there is no command "dance"; run "shop help"`, "stock": `there is no command "stock"`, "stock dance": `there is no command "stock dance"`,
		"": `there is no command ""`, "Serve": `there is no command "Serve"`, "--verbose": `there is no command "--verbose"`,
		"serve 3000": "serve takes no arguments", "serve --port=3000": "serve takes no arguments", "config GATEHOUSE_MODE": "config takes no argument, or --markdown",
	} {
		args := strings.Fields(line)
		if line == "" {
			args = []string{""}
		}
		got := command(t, shop(), settings(t), args...)
		if !errors.Is(got.err, kit.ErrUsage) || !strings.Contains(got.err.Error(), want) {
			t.Errorf("%q: got %v, want %q", line, got.err, want)
		}
	}
}

func TestProgram_RunsCommandsOfTwoWords(t *testing.T) {
	t.Parallel()
	if got := command(t, shop(), nil, "stock", "count", "a", "b"); got.err != nil || got.stdout != "a+b" {
		t.Errorf("got %q, %v", got.stdout, got.err)
	}
}

func TestProgram_PrintsItsVersion(t *testing.T) {
	t.Parallel()
	if got := command(t, shop(), nil, "version"); got.err != nil || !strings.HasPrefix(got.stdout, "shop ") || !strings.Contains(got.stdout, "go1.") {
		t.Errorf("got %q, %v", got.stdout, got.err)
	}
}

func TestProgram_ListsEverySettingOnce(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"config"}, {"config", "--markdown"}} {
		got := command(t, shop(), nil, args...)
		if got.err != nil {
			t.Fatal(got.err)
		}
		var names []string
		for line := range strings.Lines(got.stdout) {
			if name := strings.Trim(strings.Fields(line + " .")[0], "|`"); strings.HasPrefix(name, "GATEHOUSE_") {
				names = append(names, strings.TrimSuffix(name, "[_FILE]"))
			} else if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], "`GATEHOUSE_") {
				names = append(names, strings.Trim(fields[1], "`"))
			}
		}
		slices.Sort(names)
		want := []string{
			"GATEHOUSE_BASE_URL", "GATEHOUSE_DATA", "GATEHOUSE_DATABASE_URL", "GATEHOUSE_GREETING", "GATEHOUSE_LOG_FORMAT", "GATEHOUSE_LOG_LEVEL",
			"GATEHOUSE_MODE", "GATEHOUSE_MODULES", "GATEHOUSE_NATS_LISTEN", "GATEHOUSE_NATS_URL", "GATEHOUSE_OPS_ADDR",
			"GATEHOUSE_ORDERS_DATABASE_CONNS", "GATEHOUSE_ORDERS_DATABASE_URL", "GATEHOUSE_ORDERS_MIGRATE_URL", "GATEHOUSE_SECRET",
		}
		if !slices.Equal(names, want) {
			t.Errorf("%v lists\n%v, want\n%v", args, names, want)
		}
	}
}

func TestServe_RefusesSettingsThatNobodyReads(t *testing.T) {
	t.Parallel()
	environ := settings(t, "MODULE=catalog")
	if got := command(t, shop(), environ, "serve"); got.err == nil || !strings.Contains(got.err.Error(), "GATEHOUSE_MODULE is not a setting; did you mean GATEHOUSE_MODULES?") {
		t.Errorf("got %v", got.err)
	}
	// A binary with a part of the modules shares its environment with the others.
	part := shop()
	part.Specs = part.Specs[:1]
	if got := command(t, part, environ, "serve"); got.err == nil || !strings.Contains(got.err.Error(), "this process runs without orders") {
		t.Errorf("a part of the program: got %v", got.err)
	}
}

func TestServe_RefusesAWrongLogSetting(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"LOG_LEVEL=loud", "LOG_FORMAT=xml"} {
		name, _, _ := strings.Cut(setting, "=")
		if got := command(t, shop(), settings(t, setting), "serve"); got.err == nil || !strings.Contains(strings.ToUpper(got.err.Error()), strings.TrimPrefix(name, "LOG_")) {
			t.Errorf("%s: got %v", setting, got.err)
		}
	}
}

func TestServe_RunsUntilItIsToldToStop(t *testing.T) {
	t.Parallel()
	d := &diary{}
	ctx, cancel := context.WithCancel(t.Context())
	p := program(diarist("catalog", d, func(m *kit.Module) {
		m.Start = func(context.Context) error { d.note("start catalog"); cancel(); return nil }
	}))
	var stderr bytes.Buffer
	if err := p.Run(ctx, kit.Env{Environ: settings(t, "LOG_FORMAT=json"), Stdout: &stderr, Stderr: &stderr}, []string{"serve"}); err != nil {
		t.Fatal(err)
	}
	if got := d.read(); got != "build catalog, start catalog, stop catalog" {
		t.Errorf("it did: %s", got)
	}
	for _, want := range []string{`"message":"ready"`, `"url":"http://localhost:3000"`, `"message":"stopping"`} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("the log lacks %s: %s", want, stderr.String())
		}
	}
}

func TestHealth_AsksTheRunningProcess(t *testing.T) {
	t.Parallel()
	var fault atomic.Pointer[error]
	p := program(spec("catalog", func(kit.Deps) *kit.Module {
		return &kit.Module{Ready: func(context.Context) error {
			if reason := fault.Load(); reason != nil {
				return *reason
			}
			return nil
		}}
	}))
	system := start(t, p, kit.Options{Environ: settings(t)})
	_, port, _ := strings.Cut(system.OpsAddr(), ":")
	for _, address := range []string{system.OpsAddr(), ":" + port, "0.0.0.0:" + port} {
		if got := command(t, p, settings(t, "OPS_ADDR="+address), "health"); got.err != nil || got.stdout != "ready\n" {
			t.Errorf("%s: got %q, %v", address, got.stdout, got.err)
		}
	}
	onFire := errors.New("the shelf is on fire")
	fault.Store(&onFire)
	if got := command(t, p, settings(t, "OPS_ADDR="+system.OpsAddr()), "health"); got.err == nil || !strings.Contains(got.err.Error(), "not ready") {
		t.Errorf("while it is not ready: got %q, %v", got.stdout, got.err)
	}
	if got := command(t, p, settings(t, "OPS_ADDR="+freeAddress(t)), "health"); got.err == nil || !strings.Contains(got.err.Error(), "nothing answers on") {
		t.Errorf("without a process: got %q, %v", got.stdout, got.err)
	}
	if got := command(t, p, settings(t, "OPS_ADDR=no where"), "health"); got.err == nil {
		t.Errorf("with a wrong address: got %q", got.stdout)
	}
}

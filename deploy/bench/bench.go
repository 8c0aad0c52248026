package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/boot"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/hop"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/machine"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/report"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/round"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/target"
)

// bench measures everything and writes the report.
func bench(ctx context.Context, s settings) (err error) {
	scratch, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := os.Chmod(scratch, 0o711); err != nil { //nolint:gosec // PostgreSQL may run as another user and has to pass
		return err
	}
	m := measurement{settings: s, scratch: scratch, began: time.Now()}
	m.report.Quick, m.report.Connections = s.Quick, s.Connections
	for _, step := range []struct {
		name string
		what string
		do   func(context.Context) error
	}{
		{"hops", "one call between modules", m.hops},
		{"embedded", "starts with the embedded database", m.embedded},
		{"systems", "systems side by side", m.systems},
		{"flat", "few and many sessions in the table", m.onDatabase(m.flat)},
		{"held", "many sessions kept in memory", m.onDatabase(m.held)},
	} {
		if !s.wants(step.name) {
			m.report.Notes = append(m.report.Notes, step.what+": BENCH_ONLY leaves it out")
			continue
		}
		m.progress(step.what)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return m.write()
}

// measurement collects the report.
type measurement struct {
	settings settings
	scratch  string
	began    time.Time
	report   report.Report
}

func (m *measurement) hops(ctx context.Context) (err error) {
	m.report.Hops, err = hop.Measure(ctx, hop.Config{
		Scratch: m.scratch, InFlight: []int{1, 16}, Warm: m.settings.warm(), Measured: m.settings.measured(),
	})
	return err
}

// embedded measures starts of the monolith with a database of its own.
func (m *measurement) embedded(ctx context.Context) error {
	system, err := target.Gatehouse{Name: "embedded", Folder: "embedded", Binaries: m.settings.Binaries, Command: "serve"}.Target(m.scratch)
	if err != nil {
		return err
	}
	m.report.Embedded, err = boot.Measure(ctx, system, m.settings.Starts)
	return err
}

// onDatabase gives a step a cluster of its own.
func (m *measurement) onDatabase(step func(context.Context, *target.Database) error) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		database, err := target.StartDatabase(ctx, m.scratch)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, database.Stop(ctx)) }()
		return step(ctx, database)
	}
}

// systems runs every system in every round, on one database cluster.
func (m *measurement) systems(ctx context.Context) (err error) {
	database, err := target.StartDatabase(ctx, m.scratch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Stop(ctx)) }()
	m.report.Machine = machine.Describe(ctx, database.Version)
	systems, err := m.prepare(ctx, database)
	if err != nil {
		return err
	}
	for number := range m.settings.Rounds {
		for _, system := range systems {
			m.progress(fmt.Sprintf("round %d of %d: %s", number+1, m.settings.Rounds, system.Name))
			one, err := round.Run(ctx, round.Config{
				Number: number, Connections: m.settings.Connections, Warm: m.settings.warm(), Measured: m.settings.measured(),
			}, system, database)
			if err != nil {
				return err
			}
			m.report.Rounds = append(m.report.Rounds, one)
		}
	}
	return nil
}

// prepare makes the systems, measures the starts of the monolith, and notes what is not here.
func (m *measurement) prepare(ctx context.Context, database *target.Database) ([]target.Target, error) {
	bare, err := target.Bare(m.scratch)
	if err != nil {
		return nil, err
	}
	monolith, err := m.gatehouse(ctx, database, "monolith", "serve")
	if err != nil {
		return nil, err
	}
	m.progress("starts on a database that is there")
	if m.report.Cold, err = boot.Measure(ctx, monolith, m.settings.Starts); err != nil {
		return nil, err
	}
	split, err := m.gatehouse(ctx, database, "split", "split")
	if err != nil {
		return nil, err
	}
	uncached, err := m.uncached(ctx, database)
	if err != nil {
		return nil, err
	}
	systems := []target.Target{bare, monolith, uncached, split}
	m.progress("installing the reference server")
	for _, tuned := range []bool{false, true} {
		url, err := database.Create(ctx, fmt.Sprintf("reference_%t", tuned))
		if err != nil {
			return nil, err
		}
		peers, err := target.Reference{Scratch: m.scratch, Source: m.settings.Reference, Database: url, Tuned: tuned}.Targets(ctx)
		if err != nil {
			m.report.Notes = append(m.report.Notes, fmt.Sprintf("The rows of the reference server (tuned: %t): %s", tuned, err))
		}
		systems = append(systems, peers...)
	}
	return systems, ctx.Err()
}

func (m *measurement) gatehouse(ctx context.Context, database *target.Database, name, command string) (target.Target, error) {
	url, err := database.Create(ctx, name)
	if err != nil {
		return target.Target{}, err
	}
	return target.Gatehouse{
		Name: "Gatehouse " + name, Folder: name, Binaries: m.settings.Binaries, Command: command, Database: url,
	}.Target(m.scratch)
}

// uncached is the monolith with both caches off.
func (m *measurement) uncached(ctx context.Context, database *target.Database) (target.Target, error) {
	url, err := database.Create(ctx, "uncached")
	if err != nil {
		return target.Target{}, err
	}
	return target.Gatehouse{
		Name: "Gatehouse monolith, caches off", Folder: "uncached", Binaries: m.settings.Binaries, Command: "serve", Database: url, Uncached: true,
	}.Target(m.scratch)
}

// write puts the report where people and scripts look for it.
func (m *measurement) write() (err error) {
	if m.report.Binaries, err = boot.Sizes(m.settings.Binaries, "gatehouse", "gateway", "authsvc", "identity", "audit"); err != nil {
		return err
	}
	text := m.report.Markdown(scenario.Names())
	if _, err := fmt.Print(text); err != nil {
		return err
	}
	if err := os.MkdirAll(m.settings.Output, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.settings.Output, "bench.md"), []byte(text), 0o644) //nolint:gosec // for everybody to read
}

// progress tells the person who waits; the report alone goes to standard output.
func (m *measurement) progress(what string) {
	fmt.Fprintf(os.Stderr, "bench: %5.0f s  %s\n", time.Since(m.began).Seconds(), what)
}

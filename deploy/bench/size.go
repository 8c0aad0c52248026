package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/report"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/target"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// The sizes that are compared, and how many sessions are kept in memory.
const (
	fewSessions  = 10_000
	manySessions = 5_000_000
	heldSessions = 100_000
	heldWorkers  = 64
)

// sized is a system over a database of its own, with one user who has many sessions.
type sized struct {
	running *target.Running
	visitor *scenario.Visitor
	url     secret.Text
	user    string
	filled  int
}

// openSized starts the monolith on a fresh database.
func (m *measurement) openSized(ctx context.Context, database *target.Database, name string, uncached bool) (*sized, error) {
	url, err := database.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	system, err := target.Gatehouse{
		Name: name, Folder: name, Binaries: m.settings.Binaries, Command: "serve", Database: url, Uncached: uncached,
	}.Target(m.scratch)
	if err != nil {
		return nil, err
	}
	s := &sized{url: url}
	if s.running, err = system.Start(ctx); err != nil {
		return nil, err
	}
	s.visitor = scenario.NewVisitor(s.running.Address, name)
	if s.user, err = s.visitor.UserID(ctx); err != nil {
		return nil, errors.Join(err, s.running.Stop(ctx))
	}
	return s, nil
}

// fill gives the user sessions until there are n.
func (s *sized) fill(ctx context.Context, n int) error {
	err := target.FillSessions(ctx, s.url, s.user, s.filled+1, n)
	s.filled = n
	return err
}

// run loads the system with a script for each of n connections.
func (s *sized) run(ctx context.Context, n int, bounds load.Bounds, script func(i int) load.Script) (load.Result, error) {
	var workers []load.Worker
	for i := range n {
		connection, err := load.NewConnection(s.running.Address, script(i))
		if err != nil {
			return load.Result{}, err
		}
		defer connection.Close()
		workers = append(workers, connection)
	}
	return load.Run(ctx, bounds, workers)
}

// flat measures get-session by one of the table's sessions at random, with no copies kept,
// with few sessions in the table and with many.
func (m *measurement) flat(ctx context.Context, database *target.Database) (err error) {
	s, err := m.openSized(ctx, database, "flat", true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.running.Stop(ctx)) }()
	few, most := fewSessions, manySessions
	if m.settings.Quick {
		few, most = 100, 1000
	}
	for _, n := range []int{few, most} {
		m.progress(fmt.Sprintf("get-session with %d sessions in the table", n))
		if err := s.fill(ctx, n); err != nil {
			return err
		}
		random := func(int) load.Script { return scenario.Held(s.visitor, n) }
		if _, err := s.run(ctx, m.settings.Connections, m.settings.warm(), random); err != nil {
			return err
		}
		for range m.settings.Rounds {
			result, err := s.run(ctx, m.settings.Connections, m.settings.measured(), random)
			if err != nil {
				return err
			}
			m.report.Flat = append(m.report.Flat, report.Size{Sessions: n, Result: result})
		}
	}
	return nil
}

// held measures the memory of a monolith that keeps copies of many sessions.
func (m *measurement) held(ctx context.Context, database *target.Database) (err error) {
	s, err := m.openSized(ctx, database, "held", false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.running.Stop(ctx)) }()
	n := heldSessions
	if m.settings.Quick {
		n = 1000
	}
	if err := s.fill(ctx, n); err != nil {
		return err
	}
	share := int(math.Ceil(float64(n) / heldWorkers))
	once := load.Bounds{For: 5 * time.Minute, Most: n}
	walked, err := s.run(ctx, heldWorkers, once, func(i int) load.Script {
		return scenario.HeldOnce(s.visitor, i*share+1, min((i+1)*share, n))
	})
	if err != nil {
		return err
	}
	random := func(int) load.Script { return scenario.Held(s.visitor, n) }
	result, err := s.run(ctx, heldWorkers, m.settings.measured(), random)
	if err != nil {
		return err
	}
	tree, err := s.running.Usage()
	if err != nil {
		return err
	}
	m.report.Held = report.Held{Sessions: walked.Done, Result: result}
	for _, process := range tree {
		if process.Name == "gatehouse" {
			m.report.Held.Resident = process.Resident
		}
	}
	return nil
}

package round

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/load"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/scenario"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/target"
	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

// Config says how hard and how long.
type Config struct {
	Number      int // of the round; part of the visitors' names
	Connections int
	Warm        load.Bounds
	Measured    load.Bounds
}

// Row is one scenario of one system in one round.
type Row struct {
	Scenario string
	Target   string
	load.Result
	Server   time.Duration // CPU time of the system's processes, for all requests of the row
	Database time.Duration // CPU time of PostgreSQL
	Metered  bool          // whether the two were measured
	Hash     time.Duration // CPU time of a password hash alone, around the row; 0: not measured
}

// Round is everything that one system showed.
type Round struct {
	Target string
	Boot   time.Duration
	Rows   []Row
	Idle   usage.Tree // after the start, quiet; nil where it is not measured
	Loaded usage.Tree // after the last scenario
}

// Run starts the system, takes it through its scenarios and stops it.
func Run(ctx context.Context, cfg Config, system target.Target, database *target.Database) (_ Round, err error) {
	running, err := system.Start(ctx)
	if err != nil {
		return Round{}, err
	}
	defer func() { err = errors.Join(err, running.Stop(ctx)) }()
	r := runner{cfg: cfg, system: system, running: running, meter: meter{running.Usage, database.Usage}}
	round := Round{Target: system.Name, Boot: running.Boot}
	if round.Idle, err = r.quietTree(ctx); err != nil {
		return Round{}, err
	}
	visitors := r.visitors()
	for _, s := range system.Scenarios {
		row, err := r.row(ctx, s, visitors)
		if err != nil {
			return Round{}, fmt.Errorf("%s, %s: %w", system.Name, s.Name, err)
		}
		round.Rows = append(round.Rows, row)
	}
	round.Loaded, err = r.quietTree(ctx)
	return round, err
}

type runner struct {
	cfg     Config
	system  target.Target
	running *target.Running
	meter   meter
}

func (r runner) visitors() []*scenario.Visitor {
	var all []*scenario.Visitor
	for i := range r.cfg.Connections {
		all = append(all, scenario.NewVisitor(r.running.Address, fmt.Sprintf("round-%d-visitor-%d", r.cfg.Number, i)))
	}
	return all
}

// row measures one scenario.
func (r runner) row(ctx context.Context, s scenario.Scenario, visitors []*scenario.Visitor) (_ Row, err error) {
	connections := cmp.Or(s.Connections, len(visitors))
	measured, err := r.open(ctx, s.Prepare, connections, visitors)
	defer measured.close()
	if err != nil {
		return Row{}, err
	}
	if _, err := load.Run(ctx, r.cfg.Warm, measured.workers()); err != nil {
		return Row{}, fmt.Errorf("warm up: %w", err)
	}
	row := Row{Scenario: s.Name, Target: r.system.Name}
	if s.Hashes {
		if row.Hash, err = hashAlone(ctx, r.cfg.Measured.For/2); err != nil {
			return Row{}, err
		}
	}
	before, err := r.meter.quiet(ctx)
	if err != nil {
		return Row{}, err
	}
	if s.Beside != nil {
		beside, err := r.open(ctx, s.Beside, connections, visitors)
		defer beside.close()
		if err != nil {
			return Row{}, err
		}
		row.Result, err = loadBeside(ctx, r.cfg.Measured, measured.workers(), beside.workers())
		return row, err
	}
	if row.Result, err = load.Run(ctx, r.cfg.Measured, measured.workers()); err != nil {
		return Row{}, err
	}
	after, err := r.meter.quiet(ctx)
	if err != nil {
		return Row{}, err
	}
	row.Metered, row.Server, row.Database = after.metered, after.server-before.server, after.database-before.database
	if row.Hash > 0 {
		again, err := hashAlone(ctx, r.cfg.Measured.For/2)
		row.Hash = (row.Hash + again) / 2
		return row, err
	}
	return row, nil
}

// connections are those of one load.
type connections []*load.Connection

func (c connections) workers() []load.Worker {
	var all []load.Worker
	for _, connection := range c {
		all = append(all, connection)
	}
	return all
}

func (c connections) close() {
	for _, connection := range c {
		connection.Close()
	}
}

// open opens n connections, each with a conversation of its own. Close them, whatever err is.
func (r runner) open(
	ctx context.Context, prepare func(context.Context, *scenario.Visitor) (load.Script, error), n int, visitors []*scenario.Visitor,
) (opened connections, err error) {
	for i := range n {
		script, err := prepare(ctx, visitors[i%len(visitors)])
		if err != nil {
			return opened, fmt.Errorf("prepare: %w", err)
		}
		connection, err := load.NewConnection(r.running.Address, script)
		if err != nil {
			return opened, err
		}
		opened = append(opened, connection)
	}
	return opened, nil
}

// loadBeside measures one load while another goes on. What fails of the other counts too.
func loadBeside(ctx context.Context, bounds load.Bounds, measured, beside []load.Worker) (load.Result, error) {
	var other load.Result
	var otherErr error
	var both sync.WaitGroup
	both.Go(func() { other, otherErr = load.Run(ctx, bounds, beside) })
	result, err := load.Run(ctx, bounds, measured)
	both.Wait()
	result.Failed += other.Failed
	return result, errors.Join(err, otherErr)
}

// quietTree reads the system's processes once it is quiet.
func (r runner) quietTree(ctx context.Context) (usage.Tree, error) {
	if _, err := r.meter.quiet(ctx); err != nil {
		return nil, err
	}
	tree, err := r.running.Usage()
	if errors.Is(err, usage.ErrUnsupported) {
		return nil, nil
	}
	return tree, err
}

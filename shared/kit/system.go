package kit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/config"
	"github.com/gatehouse-auth/gatehouse/shared/pg/embedded"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// System is a running process: its modules and everything they stand on.
type System struct {
	program  Program
	settings Settings
	here     []Spec // the modules that run in this process
	options  Options
	log      zerolog.Logger

	development bool
	origin      *url.URL
	root        secret.Root

	embedded      *embedded.Server
	administrator secret.Text // the URL of who prepares the database; empty: every module has its own
	schemas       []schema
	pools         map[string]*pgxpool.Pool // by module
	sources       map[string]*epochs       // by module
	wires         *wires
	registry      *prometheus.Registry
	modules       []running
	ops           *opsServer
	open          atomic.Bool // takes work: all modules have started, and none stops

	loops    sync.WaitGroup
	looping  context.Context //nolint:containedctx // ends all loops, at Stop
	endLoops context.CancelFunc
}

type running struct {
	spec   Spec
	module *Module
	server *rpc.Server
}

// Start brings the program up and returns when it accepts requests. On an error
// everything that had begun is stopped again.
func (p Program) Start(ctx context.Context, options Options) (*System, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &System{program: p, options: options, log: options.Log, pools: map[string]*pgxpool.Pool{}, sources: map[string]*epochs{}}
	s.looping, s.endLoops = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.start(ctx); err != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopBudget)
		defer cancel()
		return nil, errors.Join(err, s.Stop(stopping))
	}
	return s, nil
}

func (s *System) start(ctx context.Context) error {
	steps := []func(context.Context) error{s.configure, s.openDatabase, s.openWires, s.ready, s.bind}
	if !s.options.Alone {
		steps = append(steps, s.runLoops, s.openOps, s.accept)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// configure reads and checks the settings.
func (s *System) configure(context.Context) error {
	if err := config.Load(s.options.Environ, Prefix, &s.settings); err != nil {
		return err
	}
	var err error
	if s.here, err = s.settings.selected(s.program.Specs); err != nil {
		return err
	}
	if !s.options.Alone {
		if err = s.settings.checkBus(s.program.absent(s.here)); err != nil {
			return err
		}
	}
	if s.development, err = s.settings.development(s.ownDatabases()); err != nil {
		return err
	}
	if s.origin, err = s.settings.origin(); err != nil {
		return err
	}
	if s.root, err = s.settings.root(s.development); err != nil {
		return err
	}
	s.registry = prometheus.NewRegistry()
	return errors.Join(
		s.registry.Register(collectors.NewGoCollector()),
		s.registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})))
}

// ready brings the database up to date and meanwhile builds the modules, which ask it
// nothing yet.
func (s *System) ready(ctx context.Context) error {
	database := make(chan error, 1)
	go func() { database <- s.readyDatabase(ctx) }()
	built := s.build(ctx)
	return cmp.Or(<-database, built)
}

// build constructs the modules that run here and binds their calls.
func (s *System) build(context.Context) error {
	for _, spec := range s.here {
		settings := spec.NewConfig()
		if err := config.Load(s.options.Environ, Prefix, settings); err != nil {
			return err
		}
		module, err := spec.Build(settings, s.deps(spec))
		if err != nil {
			return fmt.Errorf("%s: %w", spec.Name, err)
		}
		server, err := rpc.NewServer(s.moduleLog(spec.Name), module.Handlers...)
		if err != nil {
			return fmt.Errorf("%s: %w", spec.Name, err)
		}
		if missing, yes := server.Missing(spec.Contract); yes {
			return fmt.Errorf("%s declares %s and does not serve it", spec.Name, missing.Key())
		}
		s.modules = append(s.modules, running{spec, module, server})
	}
	return nil
}

// bind makes the modules reachable for each other, and for other processes.
func (s *System) bind(ctx context.Context) error {
	for _, m := range s.modules {
		if err := s.wires.bind(ctx, m); err != nil {
			return fmt.Errorf("%s: %w", m.spec.Name, err)
		}
	}
	s.wires.bound(ctx)
	return nil
}

// accept lets modules take work from outside, now that all are bound.
func (s *System) accept(ctx context.Context) error {
	for _, m := range s.modules {
		if m.module.Start == nil {
			continue
		}
		if err := m.module.Start(ctx); err != nil {
			return fmt.Errorf("%s: %w", m.spec.Name, err)
		}
	}
	s.open.Store(true)
	return nil
}

// stopBudget bounds a stop: requests in flight, loops, bus and database together.
const stopBudget = 20 * time.Second

// Stop ends the system in the reverse order of its start. It is safe to call on a
// system that started only in part.
func (s *System) Stop(ctx context.Context) error {
	s.open.Store(false)
	var faults []error
	for _, m := range slices.Backward(s.modules) {
		if m.module.Stop != nil {
			faults = append(faults, m.module.Stop(ctx))
		}
	}
	if s.wires != nil {
		faults = append(faults, s.wires.drain(ctx))
	}
	s.endLoops()
	s.loops.Wait()
	if s.ops != nil {
		faults = append(faults, s.ops.stop(ctx))
	}
	if s.wires != nil {
		s.wires.close()
	}
	for _, name := range slices.Sorted(maps.Keys(s.pools)) {
		s.pools[name].Close()
		if joined := s.sources[name]; joined != nil && joined.pool != nil {
			joined.pool.Close()
		}
	}
	if s.embedded != nil {
		faults = append(faults, s.embedded.Stop(ctx))
	}
	return errors.Join(faults...)
}

func (s *System) moduleLog(name string) zerolog.Logger {
	return s.log.With().Str("module", name).Logger()
}

func (s *System) deps(spec Spec) Deps {
	return Deps{
		Call:        s.wires.caller(spec.Name),
		DB:          s.pools[spec.Name],
		Log:         s.moduleLog(spec.Name),
		Now:         s.options.Now,
		Root:        s.root,
		Wake:        s.wires.wake(spec.Name),
		Epochs:      s.epochs(spec.Name),
		Metrics:     prometheus.WrapRegistererWith(prometheus.Labels{"module": spec.Name}, s.registry),
		Directory:   s.wires.directoryFor(spec),
		BaseURL:     s.origin,
		Development: s.development,
	}
}

// services lists every module that the graph names, ordered.
func services(graph rpc.Graph) []string { return slices.Sorted(maps.Keys(graph)) }

package kit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// wires connect the modules of this process with each other and with other processes.
// There is a bus if the settings name one, or if the wiring puts the modules of this
// process on it; each module then has a connection in its own name.
type wires struct {
	system    *System
	local     map[string]rpc.Caller // by service; filled by bind
	nearby    events.Local
	directory *directory
	server    *bus.Server          // embedded; nil: none
	conns     map[string]*bus.Conn // by module; empty: there is no bus
	served    []*bus.Service
	remote    *bus.Directory // of the edge; nil: none
}

// openWires prepares the ways between modules. Nothing is served on them yet.
func (s *System) openWires(ctx context.Context) error {
	w := &wires{system: s, local: map[string]rpc.Caller{}, conns: map[string]*bus.Conn{}, directory: newDirectory()}
	s.wires = w
	onBus := s.options.Wiring == Bus
	if s.settings.NATSListen != "" || onBus {
		if err := w.startServer(); err != nil {
			return err
		}
	}
	if w.server == nil && s.settings.NATSURL == "" {
		return nil
	}
	for _, spec := range s.here {
		conn, err := w.connect(ctx, spec.Name)
		if err != nil {
			return err
		}
		w.conns[spec.Name] = conn
		if spec.Edge {
			w.remote = conn.Directory(bus.DirectoryConfig{Claims: spec.Claims, Except: w.mountedHere()})
			w.directory.join(w.remote)
		}
	}
	return nil
}

// mountedHere lists the services whose routes the edge reaches without the bus.
func (w *wires) mountedHere() []string {
	var names []string
	for _, spec := range w.system.here {
		if spec.Edge || w.system.options.Wiring != Bus {
			names = append(names, spec.Name)
		}
	}
	return names
}

func (w *wires) startServer() error {
	s := w.system
	edge := ""
	for _, spec := range s.program.Specs {
		if spec.Edge {
			edge = spec.Name
		}
	}
	users, err := bus.Users(s.root, s.program.Graph, edge)
	if err != nil {
		return err
	}
	w.server, err = bus.StartServer(bus.ServerConfig{Listen: s.settings.NATSListen, Users: users, Log: s.moduleLog("bus")})
	if err != nil {
		return fmt.Errorf("%s_NATS_LISTEN: %w", Prefix, err)
	}
	return nil
}

func (w *wires) connect(ctx context.Context, module string) (*bus.Conn, error) {
	s := w.system
	config := bus.ConnectConfig{Server: w.server, Module: module, Root: s.root, Now: s.options.Now, Log: s.moduleLog(module)}
	if w.server == nil {
		config.URL = s.settings.NATSURL
	}
	conn, err := bus.Connect(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("%s_NATS_URL: %w", Prefix, err)
	}
	return conn, nil
}

// bind makes a module reachable: in this process, and on the bus if there is one.
func (w *wires) bind(ctx context.Context, m running) error {
	name := m.spec.Name
	table, err := httpx.NewTable(m.module.Routes, w.system.moduleLog(name))
	if err != nil {
		return err
	}
	wiring := w.system.options.Wiring
	if len(m.module.Routes) > 0 && (wiring != Bus || m.spec.Edge) {
		w.directory.add(httpx.MountTable(name, table))
	}
	switch wiring {
	case Direct:
		w.local[name] = rpc.NewDirect(m.server)
	case Codec:
		w.local[name] = rpc.NewCodec(m.server, true)
	case Bus: // reached over the bus alone
	}
	conn, ok := w.conns[name]
	if !ok || m.spec.Edge {
		return nil
	}
	service, err := conn.Serve(ctx, bus.ServiceConfig{RPC: m.server, HTTP: table})
	if err != nil {
		return err
	}
	w.served = append(w.served, service)
	return nil
}

// bound begins to follow what other processes mount, once everything here is bound.
func (w *wires) bound(ctx context.Context) {
	if w.remote == nil {
		return
	}
	if err := w.remote.Refresh(ctx); err != nil {
		w.system.log.Info().Msg("waiting for the other modules on the bus")
	}
	w.system.loops.Go(func() { w.system.keepRunning(w.system.looping, "bus", Loop{"routes", w.remote.Run}) })
}

func (w *wires) caller(from string) rpc.Caller {
	var remote rpc.Caller
	if conn, ok := w.conns[from]; ok {
		remote = conn.Caller()
	}
	return rpc.NewRouter(from, w.system.program.Graph, w.local, remote)
}

// wake returns the module's way to tell and hear of new events: in this process, and on
// the bus for whom it does not reach.
func (w *wires) wake(module string) events.Wake {
	conn, ok := w.conns[module]
	if !ok {
		return &w.nearby
	}
	var here []string
	for _, spec := range w.system.here {
		here = append(here, spec.Name)
	}
	return &splitWake{near: &w.nearby, far: conn.Wake(), here: here}
}

// splitWake tells everybody, and hears of the services of this process directly.
type splitWake struct {
	near, far events.Wake
	here      []string
}

// Publish implements events.Wake.
func (s *splitWake) Publish(source string) {
	s.near.Publish(source)
	s.far.Publish(source)
}

// Subscribe implements events.Wake.
func (s *splitWake) Subscribe(source string) (<-chan struct{}, func()) {
	if service, _, _ := strings.Cut(source, "."); slices.Contains(s.here, service) {
		return s.near.Subscribe(source)
	}
	return s.far.Subscribe(source)
}

func (w *wires) directoryFor(spec Spec) httpx.Directory {
	if !spec.Edge {
		return nil
	}
	return w.directory
}

// status reports why the bus cannot be used now, nil if it can or there is none.
func (w *wires) status() error {
	var faults []error
	for _, conn := range w.conns {
		faults = append(faults, conn.Ready())
	}
	for _, service := range w.served {
		faults = append(faults, service.Ready())
	}
	return errors.Join(faults...)
}

// drain stops to answer on the bus: what is being worked on is finished first.
func (w *wires) drain(ctx context.Context) error {
	var faults []error
	for _, service := range w.served {
		faults = append(faults, service.Stop(ctx))
	}
	return errors.Join(faults...)
}

// close ends the connections, then the embedded server.
func (w *wires) close() {
	for _, conn := range w.conns {
		conn.Close()
	}
	if w.server != nil {
		w.server.Shutdown()
	}
}

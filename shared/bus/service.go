package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

const (
	defaultConcurrency = 256
	protocolVersion    = "1.0.0"
	startedMetadata    = "started" // of a service: Unix milliseconds
	routeMetadata      = "route"   // of an endpoint: the httpx.Route as JSON
	maxInfo            = 256 << 10 // bytes of metadata that one answer to $SRV.INFO may hold
)

// ServiceConfig says what a module serves.
type ServiceConfig struct {
	RPC         *rpc.Server  // its methods; nil: none
	HTTP        *httpx.Table // its routes; nil: none
	Concurrency int          // calls at a time, and as many requests beside them; 0: 256
}

// Service answers calls and requests. It adds to NATS's micro package what that leaves
// open: requests of one endpoint run side by side up to a bound, deadlines, recovery from
// panics, answers of a size that travels, and a stop that loses nothing.
type Service struct {
	conn    *Conn
	config  ServiceConfig
	link    *link
	parts   []micro.Service // more than one when the tables are too long for one answer
	weight  int             // bytes of metadata in the last part
	started string
	calls   *crew
	routes  *crew
	cancel  context.CancelFunc // ends the work that outlives Stop's budget
	stopped atomic.Bool
}

// Serve begins to answer for the module, on a connection of its own. Work that it starts
// ends with Stop, not with ctx.
func (c *Conn) Serve(ctx context.Context, cfg ServiceConfig) (*Service, error) {
	if cfg.Concurrency == 0 {
		cfg.Concurrency = defaultConcurrency
	}
	link, err := dial(ctx, c.cfg, "serve", announce)
	if err != nil {
		return nil, err
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &Service{
		conn: c, config: cfg, link: link, cancel: cancel,
		started: strconv.FormatInt(c.cfg.Now().UnixMilli(), 10),
		calls:   newCrew(cfg.Concurrency, base.Done()), routes: newCrew(cfg.Concurrency, base.Done()),
	}
	if err := s.bind(base); err != nil {
		cancel()
		s.link.close()
		return nil, fmt.Errorf("bus: serve %s: %w", c.cfg.Module, err)
	}
	if s.link.nats.IsConnected() {
		if err := s.link.nats.FlushTimeout(dialTimeout); err != nil {
			s.link.log.Warn().Err(err).Msg("the bus has not confirmed the subscriptions yet")
		}
		announce(s.link.nats)
	}
	return s, nil
}

// announce tells the edge to look what is mounted.
func announce(nc *nats.Conn) {
	_ = nc.Publish(upSubject, nil) // the edge also looks now and then
}

// bind subscribes to every method and route.
func (s *Service) bind(base context.Context) error {
	if err := s.bindMethods(base); err != nil {
		return err
	}
	if s.config.HTTP == nil {
		return nil
	}
	for _, route := range s.config.HTTP.Routes() {
		if err := answerable("route "+route.ID, route.Timeout); err != nil {
			return err
		}
		row, err := json.Marshal(route)
		if err != nil {
			return fmt.Errorf("describe route %s: %w", route.ID, err)
		}
		if len(row) > maxInfo {
			return fmt.Errorf("the description of route %s takes %d bytes, more than %d: shorten its schemas", route.ID, len(row), maxInfo)
		}
		handler := s.endpoint(base, s.routes, s.serveRoute(route.ID))
		err = s.add(route.ID, routeSubject(s.conn.cfg.Module, route.ID), handler, map[string]string{routeMetadata: string(row)})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) bindMethods(base context.Context) error {
	if s.config.RPC == nil {
		return nil
	}
	for _, d := range s.config.RPC.Methods() {
		if d.Service != s.conn.cfg.Module {
			return fmt.Errorf("method %s belongs to another module", d.Key())
		}
		if err := answerable("method "+d.Key(), d.Timeout); err != nil {
			return err
		}
		name, key := fmt.Sprintf("v%d_%s", d.Major, d.Name), d.Key()
		handler := s.endpoint(base, s.calls, func(ctx context.Context, patience time.Duration, request []byte) ([]byte, error) {
			return s.config.RPC.ServeJSON(ctx, key, patience, request)
		})
		if err := s.add(name, methodSubject(d, "*"), handler, nil); err != nil {
			return err
		}
	}
	return nil
}

// answerable refuses work whose answer the server would no longer let through.
func answerable(what string, timeout time.Duration) error {
	if timeout > answerWithin {
		return fmt.Errorf("%s may take %s, and the bus carries answers for %s: shorten it", what, timeout, answerWithin)
	}
	return nil
}

// add registers one endpoint, in a new part when the last one's metadata is full.
func (s *Service) add(name, subject string, handler micro.Handler, metadata map[string]string) error {
	size := len(name) + len(subject) + len(metadata[routeMetadata])
	if len(s.parts) == 0 || s.weight+size > maxInfo {
		if len(s.parts) == maxParts {
			return fmt.Errorf("the route table takes more than %d bytes: shorten its schemas", maxParts*maxInfo)
		}
		part, err := micro.AddService(s.link.nats, micro.Config{
			Name: s.conn.cfg.Module, Version: protocolVersion, QueueGroup: s.conn.cfg.Module,
			Metadata: map[string]string{startedMetadata: s.started},
		})
		if err != nil {
			return err
		}
		s.parts, s.weight = append(s.parts, part), 0
	}
	s.weight += size
	return s.parts[len(s.parts)-1].AddEndpoint(name, handler, micro.WithEndpointSubject(subject), micro.WithEndpointMetadata(metadata))
}

// Ready reports why the service cannot be reached now, nil if it can.
func (s *Service) Ready() error {
	if s.stopped.Load() || s.link.nats.IsClosed() {
		return errors.New("the service has stopped")
	}
	return s.link.ready()
}

// Stop takes no new work, waits for the work under way, sends its answers and closes the
// service's connection. When ctx ends first the rest is canceled, and an error says so.
func (s *Service) Stop(ctx context.Context) error {
	if s.stopped.Swap(true) {
		return nil
	}
	defer s.link.close()
	defer s.cancel()
	for _, part := range s.parts {
		if err := part.Stop(); err != nil {
			s.link.log.Warn().Err(err).Msg("an endpoint did not end in good order")
		}
	}
	for _, wait := range []func(context.Context) error{s.link.drained, s.calls.close, s.routes.close, s.flush} {
		if err := wait(ctx); err != nil {
			return fmt.Errorf("bus: stop %s: work was still under way: %w", s.conn.cfg.Module, err)
		}
	}
	return nil
}

// flush waits until the server has the answers. When the connection goes meanwhile there
// is nobody to send them to.
func (s *Service) flush(ctx context.Context) error {
	if !s.link.nats.IsConnected() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second) // FlushWithContext demands a deadline
	defer cancel()
	if err := s.link.nats.FlushWithContext(ctx); err != nil && s.link.nats.IsConnected() {
		return err
	}
	return nil
}

package bus

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

const (
	refreshEvery = 15 * time.Second
	defaultKeep  = 10 * time.Minute
)

// DirectoryConfig describes what an edge accepts from the bus.
type DirectoryConfig struct {
	// Claims names path prefixes that a service may publish routes below, beside
	// /api/v1/<service> which is always its own.
	Claims map[string][]string
	// Except are services that are mounted in another way.
	Except []string
	// Keep is how long the routes of a service that went stay mounted, answered with
	// 503, so that a restart does not turn them into 404; 0: 10 minutes.
	Keep time.Duration
}

// Directory is the httpx.Directory of the services on the bus. It asks them what they
// serve when one announces itself, when one that was there does not answer, after a
// reconnect and every 15 seconds.
type Directory struct {
	conn    *Conn
	up      <-chan struct{}
	doubt   chan struct{} // a service that seemed to be there was not
	changed chan struct{}

	refreshing sync.Mutex // guards chart and said
	chart      *chart
	said       map[string]bool // the refusals that are logged already

	mu     sync.RWMutex
	mounts []httpx.Mount
}

var _ httpx.Directory = (*Directory)(nil)

// Directory returns the directory of the bus, empty until Refresh or Run. Only the edge's
// connection may ask the services.
func (c *Conn) Directory(cfg DirectoryConfig) *Directory {
	if cfg.Keep == 0 {
		cfg.Keep = defaultKeep
	}
	d := &Directory{conn: c, doubt: make(chan struct{}, 1), changed: make(chan struct{}, 1), chart: newChart(cfg.Claims, cfg.Keep, cfg.Except)}
	d.up, _ = c.listen(upSubject) // for as long as the connection
	return d
}

// Mounts implements httpx.Directory.
func (d *Directory) Mounts() []httpx.Mount {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Clone(d.mounts)
}

// Changed implements httpx.Directory.
func (d *Directory) Changed() <-chan struct{} { return d.changed }

// Run keeps the directory up to date until ctx ends.
func (d *Directory) Run(ctx context.Context) error {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		// Without the bus there is nothing to learn; it rings when it is back.
		if err := d.Refresh(ctx); err != nil && ctx.Err() == nil {
			d.conn.link.log.Debug().Err(err).Msg("the services on the bus could not be asked")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.up:
		case <-d.doubt:
		case <-tick.C:
		}
	}
}

// Refresh asks the services now, which takes about 300 ms, two seconds when one does
// not answer. On an error the directory
// stays as it was.
func (d *Directory) Refresh(ctx context.Context) error {
	d.refreshing.Lock()
	defer d.refreshing.Unlock()
	offers, err := d.conn.survey(ctx, d.chart.services())
	if err != nil {
		return err
	}
	d.report(d.chart.update(offers, d.conn.cfg.Now()))
	var mounts []httpx.Mount
	for _, service := range d.chart.services() {
		if routes := d.chart.routes(service); len(routes) > 0 {
			mounts = append(mounts, d.mount(service, routes))
		}
	}
	d.publish(mounts)
	return nil
}

// report logs each refusal once, for as long as it lasts.
func (d *Directory) report(refused []string) {
	said := make(map[string]bool, len(refused))
	for _, refusal := range refused {
		if !d.said[refusal] && !said[refusal] {
			d.conn.link.log.Error().Str("refused", refusal).Msg("a route on the bus is not mounted")
		}
		said[refusal] = true
	}
	d.said = said
}

func (d *Directory) mount(service string, routes []httpx.Route) httpx.Mount {
	away := d.chart.away(service)
	unreached := func() { ring(d.doubt) }
	if away { // known already: the next survey is soon enough
		unreached = func() {}
	}
	return httpx.Mount{Service: service, Routes: routes, Away: away, Handler: func(r httpx.Route) http.Handler {
		return &remote{conn: d.conn, service: service, route: r, unreached: unreached}
	}}
}

func (d *Directory) publish(mounts []httpx.Mount) {
	d.mu.Lock()
	defer d.mu.Unlock()
	same := slices.EqualFunc(d.mounts, mounts, func(a, b httpx.Mount) bool {
		return a.Service == b.Service && a.Away == b.Away && reflect.DeepEqual(a.Routes, b.Routes)
	})
	if same {
		return
	}
	d.mounts = mounts
	ring(d.changed)
}

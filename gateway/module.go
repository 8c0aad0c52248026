// Package gateway wires the gateway: the only public listener of a system. It owns no
// data; it routes to the modules, enforces the guards of their route tables, and writes
// the one log line of each request.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/authn"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/clientip"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/front"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/listen"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
	"github.com/gatehouse-auth/gatehouse/shared/weborigin"
)

// Spec is the module for composition roots.
func Spec() kit.Spec {
	return kit.Configured(kit.Spec{Name: gatewayapi.Service, Edge: true, Claims: gatewayapi.Claims()}, New)
}

// New wires the gateway.
func New(c Config, deps kit.Deps) (*kit.Module, error) {
	trusted, err := c.origins(deps.Development)
	if err != nil {
		return nil, err
	}
	proxies, err := c.proxies()
	if err != nil {
		return nil, err
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return nil, errors.New("GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY go together: give both or neither")
	}
	routes := route.NewSwitch(deps.Directory, deps.Log)
	own := weborigin.New(append([]string{weborigin.Of(deps.BaseURL.String())}, trusted...)...)
	face, err := front.New(front.Config{
		Routes: routes, Authn: authn.New(deps.Call, deps.BaseURL.String(), own.TrustsOrigin, deps.Now),
		Address: clientip.New(proxies), Origins: weborigin.New(trusted...), HTTPS: deps.BaseURL.Scheme == "https",
		Expected: slices.Sorted(maps.Keys(gatewayapi.Graph())), Log: deps.Log, Metrics: deps.Metrics, Now: deps.Now,
	})
	if err != nil {
		return nil, err
	}
	listener := listen.New(listen.Config{Addr: c.Addr, Cert: c.TLSCert, Key: c.TLSKey}, face, deps.Log)
	return &kit.Module{
		Routes: httpapi.New(deps.BaseURL.String(), routes, deps.Development).Routes(),
		Loops:  []kit.Loop{{Name: "routes", Run: routes.Run}},
		Ready:  func(context.Context) error { return ready(routes) },
		Start:  listener.Start,
		Stop:   listener.Stop,
	}, nil
}

// ready reports which services of the graph have no routes yet, and which nobody serves now.
func ready(routes *route.Switch) error {
	missing := append(routes.Missing(slices.Sorted(maps.Keys(gatewayapi.Graph()))), routes.Away()...)
	if len(missing) > 0 {
		return fmt.Errorf("waiting for %s", strings.Join(missing, ", "))
	}
	return nil
}

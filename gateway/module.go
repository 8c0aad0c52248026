// Package gateway wires the gateway: the only public listener of a system. It owns no
// data; it routes to the modules, enforces the guards of their route tables, and writes
// the one log line of each request.
package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/authsvc/authapi"
	"github.com/gatehouse-auth/gatehouse/gateway/gatewayapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/authn"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/clientip"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/front"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/httpapi"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/listen"
	"github.com/gatehouse-auth/gatehouse/gateway/internal/route"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/epoch"
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
	changes := authn.Changes{
		Auth: epoch.NewFollower(epoch.FollowerConfig{
			Source: authapi.Service, Ask: authapi.Epochs.Asker(deps.Call), Wake: deps.Wake, Log: deps.Log,
		}),
		Identity: epoch.NewFollower(epoch.FollowerConfig{
			Source: identityapi.Service, Ask: identityapi.Epochs.Asker(deps.Call), Wake: deps.Wake, Log: deps.Log,
		}),
	}
	face, err := front.New(front.Config{
		Routes: routes, Authn: authn.New(authn.Config{
			Call: deps.Call, Issuer: deps.BaseURL.String(), Trusted: own.TrustsOrigin, Changes: changes, Now: deps.Now, Keep: c.SessionCache != "off",
		}),
		Address: clientip.New(proxies), Origins: weborigin.New(trusted...), HTTPS: deps.BaseURL.Scheme == "https",
		Expected: slices.Sorted(maps.Keys(gatewayapi.Graph())), Log: deps.Log, Metrics: deps.Metrics, Now: deps.Now,
	})
	if err != nil {
		return nil, err
	}
	listener := listen.New(listen.Config{Addr: c.Addr, Cert: c.TLSCert, Key: c.TLSKey}, face, deps.Log)
	return &kit.Module{
		Routes: httpapi.New(deps.BaseURL.String(), routes, deps.Development).Routes(),
		Loops: []kit.Loop{
			{Name: "routes", Run: routes.Run},
			{Name: "changes of authsvc", Run: changes.Auth.Run},
			{Name: "changes of identity", Run: changes.Identity.Run},
		},
		Ready: func(context.Context) error { return cmp.Or(ready(routes), changes.Began()) },
		Start: func(ctx context.Context) error {
			routes.Refresh() // the first request may come before the loop has begun
			return listener.Start(ctx)
		},
		Stop: listener.Stop,
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

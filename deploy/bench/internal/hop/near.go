package hop

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/bus"
	"github.com/gatehouse-auth/gatehouse/shared/rpc"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// near holds the ways that stay in this process.
type near struct {
	direct  rpc.Caller
	codec   rpc.Caller
	server  *bus.Server
	serving *bus.Conn
	calling *bus.Conn
	service *bus.Service
}

func openNear(ctx context.Context) (_ *near, err error) {
	server, err := handlers()
	if err != nil {
		return nil, err
	}
	n := &near{direct: rpc.NewDirect(server), codec: rpc.NewCodec(server, false)}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close(ctx))
		}
	}()
	root := secret.NewRoot(secret.Text(rand.Text() + rand.Text()))
	if n.server, err = startBus("", root); err != nil {
		return n, err
	}
	to := func(module string) bus.ConnectConfig {
		return bus.ConnectConfig{Server: n.server, Module: module, Root: root, Log: zerolog.Nop()}
	}
	if n.serving, err = bus.Connect(ctx, to(service)); err != nil {
		return n, err
	}
	if n.service, err = n.serving.Serve(ctx, bus.ServiceConfig{RPC: server}); err != nil {
		return n, err
	}
	n.calling, err = bus.Connect(ctx, to(caller))
	return n, err
}

func (n *near) ways() []way {
	return []way{
		{name: "direct", call: through(n.direct)},
		{name: "codec", call: through(n.codec)},
		{name: "NATS in process", call: through(n.calling.Caller())},
	}
}

// close ends what was opened, in the order that loses nothing.
func (n *near) close(ctx context.Context) error {
	var err error
	if n.service != nil {
		err = n.service.Stop(ctx)
	}
	for _, conn := range []*bus.Conn{n.calling, n.serving} {
		if conn != nil {
			conn.Close()
		}
	}
	if n.server != nil {
		n.server.Shutdown()
	}
	return err
}

package kit

import (
	"context"
	"errors"
	"maps"

	"github.com/gatehouse-auth/gatehouse/shared/rpc"
)

// Visit runs work for a command that needs modules of the program but no running system:
// it opens their databases, shared with a system that may be running, and hands out a
// Caller in the name of from.
func (p Program) Visit(ctx context.Context, env Env, modules, from string, work func(context.Context, rpc.Caller) error) error {
	log, err := p.logger(env)
	if err != nil {
		return err
	}
	environ := maps.Clone(env.Environ)
	environ[Prefix+"_MODULES"] = modules
	delete(environ, Prefix+"_NATS_URL")
	delete(environ, Prefix+"_NATS_LISTEN")
	system, err := p.Start(ctx, Options{Environ: environ, Log: log, Alone: true})
	if err != nil {
		return err
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopBudget)
	defer cancel()
	return errors.Join(work(ctx, system.wires.caller(from)), system.Stop(stopping))
}

package shape

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/deploy/system"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// Whole is the one part of a system in one process.
const Whole = "whole"

// inProcess plans the shapes that live in the test's own process.
func (s *System) inProcess(t testing.TB) map[string]part {
	switch s.Kind {
	case Codec:
		return map[string]part{Whole: s.module(nil, kit.Codec)}
	case Bus:
		return map[string]part{Whole: s.module(nil, kit.Bus)}
	case Mixed:
		nats := FreeAddress(t)
		return map[string]part{
			gatewayPart: s.module(map[string]string{"GATEHOUSE_MODULES": "gateway,identity,audit", "GATEHOUSE_NATS_LISTEN": nats}, kit.Direct),
			"authsvc": s.module(map[string]string{
				"GATEHOUSE_MODULES": "authsvc", "GATEHOUSE_NATS_URL": "nats://" + nats, "GATEHOUSE_OPS_ADDR": anyPort,
			}, kit.Direct),
		}
	default:
		return map[string]part{Whole: s.module(nil, kit.Direct)}
	}
}

const anyPort = "127.0.0.1:0"

// module plans a kit.System with settings of its own beside the common ones.
func (s *System) module(own map[string]string, wiring kit.Wiring) part {
	environ := maps.Clone(s.Environ)
	maps.Copy(environ, own)
	return &local{options: kit.Options{Environ: environ, Wiring: wiring, Log: zerolog.New(s.log)}}
}

// local is a part in the test's own process.
type local struct {
	options kit.Options
	running *kit.System // nil: stopped
}

func (l *local) start(ctx context.Context) (err error) {
	l.running, err = system.Program().Start(ctx, l.options)
	return err
}

func (l *local) stop(ctx context.Context) error {
	if l.running == nil {
		return nil
	}
	running := l.running
	l.running = nil
	return running.Stop(ctx)
}

func (l *local) kill() error { return errors.New("it is not a process of its own") }

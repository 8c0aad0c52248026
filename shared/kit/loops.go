package kit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

const (
	minPause = 200 * time.Millisecond
	maxPause = 10 * time.Second
)

// runLoops starts the background work of all modules here.
func (s *System) runLoops(context.Context) error {
	for _, m := range s.modules {
		for _, loop := range m.module.Loops {
			s.loops.Go(func() { s.keepRunning(s.looping, m.spec.Name, loop) })
		}
	}
	return nil
}

// keepRunning runs a loop until ctx ends. A loop that returns or panics earlier is
// started again, after a pause that doubles while it keeps failing.
func (s *System) keepRunning(ctx context.Context, module string, loop Loop) {
	log := s.moduleLog(module)
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		began := s.options.Now()
		err := recovered(ctx, loop.Run)
		if ctx.Err() != nil {
			return
		}
		if s.options.Now().Sub(began) > time.Minute {
			pause = minPause
		}
		log.Error().Err(err).Str("loop", loop.Name).Dur("again_in", pause).Msg("loop ended, starting it again")
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause + rand.N(pause/4)):
		}
	}
}

func recovered(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return run(ctx)
}

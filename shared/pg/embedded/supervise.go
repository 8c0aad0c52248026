package embedded

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

const (
	busyPoll  = 100 * time.Millisecond
	busyLimit = 10 * time.Second

	firstRestart = 100 * time.Millisecond // doubles up to lastRestart
	lastRestart  = 5 * time.Second
)

// supervise keeps the server running until alive ends, then stops it.
func (s *Server) supervise(alive context.Context, process *cluster.Process) {
	defer close(s.ended)
	defer s.release()
	for {
		select {
		case <-alive.Done():
			s.stopErr = process.Stop(s.stopCtx)
			return
		case <-process.Done():
		}
		s.log.Error().AnErr("ended", process.Err()).Msg("embedded database ended unexpectedly; starting it again")
		next, ok := s.restart(alive)
		if !ok {
			return
		}
		process = next
		s.log.Info().Int("pid", process.PID()).Msg("embedded database started again")
	}
}

// restart tries until the server runs. It reports false when alive ended first.
func (s *Server) restart(alive context.Context) (*cluster.Process, bool) {
	for wait := firstRestart; ; wait = min(2*wait, lastRestart) {
		if !pause(alive, wait) {
			return nil, false
		}
		process, err := s.launchPatiently(alive)
		if err == nil {
			return process, true
		}
		if alive.Err() != nil {
			return nil, false
		}
		s.log.Error().Err(err).Msg("embedded database does not start; trying again")
	}
}

// launchPatiently waits for the processes of a killed server to notice its death.
func (s *Server) launchPatiently(ctx context.Context) (*cluster.Process, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for waited := time.Duration(0); ; waited += busyPoll {
		process, err := cluster.Launch(ctx, s.launch)
		if err == nil {
			return process, nil
		}
		failed, ok := errors.AsType[*cluster.StartError](err)
		if !ok || !failed.Busy() || waited >= busyLimit || !pause(ctx, busyPoll) {
			return nil, fmt.Errorf("%w (the whole log: %s)", err, s.launch.Log)
		}
	}
}

// pause reports whether the time passed before ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

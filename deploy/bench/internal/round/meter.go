package round

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
)

// meter reads the CPU time of a system and of its database.
type meter struct {
	server   func() (usage.Tree, error)
	database func() (usage.Tree, error)
}

// reading is the CPU time that was spent so far.
type reading struct {
	server, database time.Duration
	metered          bool
}

const (
	window    = 200 * time.Millisecond
	quietness = 20 * time.Millisecond // CPU time in a window that counts as quiet: two ticks
	patience  = 10 * time.Second
)

// quiet waits until neither the system nor its database has work left, at most for
// patience, and returns the last reading.
func (m meter) quiet(ctx context.Context) (reading, error) {
	last, err := m.read()
	if err != nil || !last.metered {
		return last, err
	}
	tick := time.NewTicker(window)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return reading{}, fmt.Errorf("wait for quiet: %w", context.Cause(ctx))
		case <-tick.C:
		}
		now, err := m.read()
		if err != nil {
			return reading{}, err
		}
		spent := now.server + now.database - last.server - last.database
		last = now
		if spent <= quietness {
			break
		}
	}
	return last, nil
}

func (m meter) read() (reading, error) {
	server, err := m.server()
	if errors.Is(err, usage.ErrUnsupported) {
		return reading{}, nil
	}
	if err != nil {
		return reading{}, err
	}
	database, err := m.database()
	if err != nil {
		return reading{}, err
	}
	return reading{server: server.CPU(), database: database.CPU(), metered: true}, nil
}

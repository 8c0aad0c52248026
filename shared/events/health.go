package events

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

const (
	minPause = 100 * time.Millisecond
	maxPause = 10 * time.Second
)

// health is what a loop knows about its own success. It logs the beginning and the
// end of a trouble once, however often the loop tries in between.
type health struct {
	log zerolog.Logger

	mu       sync.Mutex
	err      error // of the last round
	failures int   // in a row
}

// worked records a round without an error.
func (h *health) worked() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		h.log.Info().Int("failed_rounds", h.failures).Msg("events flow again")
	}
	h.err, h.failures = nil, 0
}

// failed records a round that failed and returns how long to wait before the next.
func (h *health) failed(err error) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil || fault.From(h.err).Code != fault.From(err).Code {
		level := zerolog.ErrorLevel
		if passing(err) {
			level = zerolog.WarnLevel
		}
		h.log.WithLevel(level).Err(err).Msg("events do not flow, trying on")
	}
	h.err = err
	pause := min(minPause<<min(h.failures, 10), maxPause)
	h.failures++
	return pause + rand.N(pause/4)
}

// last returns the error of the last round, nil if it had none.
func (h *health) last() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// passing reports whether an error is an outage or a shortage, which ends by itself
// and says nothing about the event at hand.
func passing(err error) bool {
	switch fault.KindOf(err) { //nolint:exhaustive // every other kind is about the event
	case fault.Unavailable, fault.Overloaded, fault.Deadline:
		return true
	default:
		return false
	}
}

// around spreads a pause by a quarter to both sides, so that replicas do not move in
// step.
func around(pause time.Duration) time.Duration {
	return pause*3/4 + rand.N(pause/2+1)
}

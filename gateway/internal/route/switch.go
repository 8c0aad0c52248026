package route

import (
	"context"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

// Switch holds the current Router and follows a directory. It is safe for concurrent use.
type Switch struct {
	directory httpx.Directory
	log       zerolog.Logger
	current   atomic.Pointer[Router]
}

// NewSwitch returns a Switch with the Router of what is mounted now.
func NewSwitch(directory httpx.Directory, log zerolog.Logger) *Switch {
	s := &Switch{directory: directory, log: log}
	s.Refresh()
	return s
}

// Router returns the current Router.
func (s *Switch) Router() *Router { return s.current.Load() }

// Run swaps the Router whenever the directory changes, until ctx ends.
func (s *Switch) Run(ctx context.Context) error {
	s.Refresh()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.directory.Changed():
			s.Refresh()
		}
	}
}

// Refresh swaps the Router for one of what is mounted now.
func (s *Switch) Refresh() {
	mounts := s.directory.Mounts()
	s.current.Store(New(mounts, s.log))
	names := make([]string, 0, len(mounts))
	for _, m := range mounts {
		names = append(names, m.Service)
	}
	s.log.Debug().Strs("services", names).Int("routes", len(s.Router().targets)).Msg("routes swapped")
}

// Away returns the services whose routes are known and that nobody serves now.
func (s *Switch) Away() []string { return s.Router().away }

// Missing returns the services of want that are not mounted now.
func (s *Switch) Missing(want []string) []string {
	have := map[string]bool{}
	for _, t := range s.Router().targets {
		have[t.Service] = true
	}
	var missing []string
	for _, name := range want {
		if !have[name] {
			missing = append(missing, name)
		}
	}
	return missing
}

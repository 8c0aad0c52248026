package user

import (
	"context"
	"time"
)

const sweepEvery = 10 * time.Minute

// Sweep deletes the reservations that can no longer be activated.
func (s *Service) Sweep(ctx context.Context) error {
	return s.store.DeleteReservations(ctx, s.clock().Add(-ReservedFor))
}

// SweepRegularly sweeps at once and then every ten minutes, until ctx ends or a sweep
// fails. Any number of replicas may do so at the same time.
func (s *Service) SweepRegularly(ctx context.Context) error {
	for {
		if err := s.Sweep(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(sweepEvery):
		}
	}
}

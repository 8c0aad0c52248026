package user

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// sweptStore notes the sweeps it is asked for and fails the given one.
type sweptStore struct {
	Store
	sweeps []time.Time
	failAt int
}

var errSweep = errors.New("database is gone")

func (s *sweptStore) DeleteReservations(_ context.Context, before time.Time) error {
	s.sweeps = append(s.sweeps, before)
	if len(s.sweeps) == s.failAt {
		return errSweep
	}
	return nil
}

func TestService_SweepRegularly(t *testing.T) {
	t.Parallel()
	t.Run("sweeps at once, every ten minutes, and ends with its context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			store := &sweptStore{}
			begin := time.Now().UTC()
			ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
			defer cancel()
			if err := New(store, nil, nil, time.Now).SweepRegularly(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("ended with %v", err)
			}
			if len(store.sweeps) != 3 {
				t.Fatalf("%d sweeps in 25 minutes; want 3", len(store.sweeps))
			}
			if want := begin.Add(-ReservedFor); !store.sweeps[0].Equal(want) {
				t.Errorf("swept before %v; want %v", store.sweeps[0], want)
			}
		})
	})
	t.Run("returns when a sweep fails, for the loop's owner to report", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			if err := New(&sweptStore{failAt: 2}, nil, nil, time.Now).SweepRegularly(t.Context()); !errors.Is(err, errSweep) {
				t.Fatalf("ended with %v", err)
			}
		})
	})
}

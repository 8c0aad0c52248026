package epoch

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	firstLook  = 500 * time.Microsecond
	latestLook = 10 * time.Millisecond
)

const listBehind = `
	select id
	from epoch_holder
	where number < $1`

// Settle waits until nobody goes by copies from before the number, which a commit has just
// raised: until all holders have followed, or at most for Life, when the leases from before
// the commit have ended. It tells the holders first. When ctx ends it returns too; then a
// holder may be behind for the rest of Life.
func (s *Source) Settle(ctx context.Context, number int64) {
	began := s.cfg.Clock()
	s.saw(number)
	s.cfg.Wake.Publish(Wakes(s.cfg.Name))
	holds := time.Now().Add(Life) // at the latest, whoever waits
	defer func() { noteSettled(ctx, number, holds) }()
	for pause := firstLook; s.cfg.Clock()-began < Life; pause = min(2*pause, latestLook) {
		s.mutex.Lock()
		answered := s.answered
		s.mutex.Unlock()
		if behind, err := s.behind(ctx, number); err == nil && behind == 0 {
			holds = time.Now()
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-answered:
			timer.Stop()
		case <-timer.C:
		}
	}
}

func (s *Source) behind(ctx context.Context, number int64) (int, error) {
	rows, err := s.cfg.DB.Query(ctx, listBehind, number)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return len(ids), err
}

// Settled is what became of the changes of a request.
type Settled struct {
	Number int64     // the last that was raised; 0: none
	At     time.Time // since or from when everybody goes by it
}

type settledKey struct{}

// WithSettled returns a context in which Settle notes the last number that it waited for.
// The request that it belongs to makes its changes one after the other.
func WithSettled(ctx context.Context, note *Settled) context.Context {
	return context.WithValue(ctx, settledKey{}, note)
}

func noteSettled(ctx context.Context, number int64, at time.Time) {
	if note, ok := ctx.Value(settledKey{}).(*Settled); ok {
		note.Number, note.At = number, at
	}
}

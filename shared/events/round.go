package events

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

// maxAttempts is how often an event may fail before it is set aside.
const maxAttempts = 5

// trial is a hunt for the event that makes a batch fail: up to the position until,
// events are applied one by one, and failures of the one at pos are counted.
type trial struct {
	until    int64
	pos      int64
	attempts int
}

// Next applies at most one page of events and reports whether there is more to do at
// once. It leaves the events to another replica that is at work. Run does this by
// itself; tests call it to know when it has happened.
func (c *Consumer) Next(ctx context.Context) (more bool, err error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	after, err := c.Position(ctx)
	if err != nil {
		return false, err
	}
	c.reached(after)
	page, err := c.read(ctx, after)
	if err != nil || len(page.Events) == 0 {
		return false, err
	}
	err = c.apply(ctx, after, page.Events)
	switch {
	case errors.Is(err, errBusy):
		return false, nil
	case errors.Is(err, errMoved):
		return true, nil
	case blames(err):
		return c.blame(ctx, page.Events, err)
	case err != nil:
		return false, err
	}
	last := page.Events[len(page.Events)-1].Pos
	c.reached(last)
	return last < page.Head, nil
}

// read returns the page that follows a position, checked.
func (c *Consumer) read(ctx context.Context, after int64) (FeedOut, error) {
	in := FeedIn{Consumer: c.cfg.Name, After: after, Max: maxPage}
	if after < c.trial.until {
		in.Max = 1
	}
	page, err := c.cfg.Method.Call(ctx, c.cfg.Caller, in)
	if err != nil {
		return FeedOut{}, fmt.Errorf("read events of %s after %d: %w", c.source, after, err)
	}
	if err := page.check(after); err != nil {
		return FeedOut{}, fmt.Errorf("read events of %s after %d: %w", c.source, after, err)
	}
	c.saw(page.Head)
	return page, nil
}

// check reports a page that is not the events after a position, one by one, or that
// claims to end where the feed does not.
func (f FeedOut) check(after int64) error {
	last := after
	for _, e := range f.Events {
		if e.Pos <= last || e.Pos-1 != last { // last+1 could overflow
			return ErrGap.With(fmt.Errorf("position %d follows %d", e.Pos, last))
		}
		last = e.Pos
	}
	if last > f.Head || (len(f.Events) == 0 && f.Head > after) {
		return ErrGap.With(fmt.Errorf("page ends at %d and the feed at %d", last, f.Head))
	}
	return nil
}

// errMoved means that another replica has applied the page already.
var errMoved = errors.New("the cursor has moved")

// apply takes a page: effects, parked events and cursor in one transaction.
func (c *Consumer) apply(ctx context.Context, after int64, page []Event) error {
	return pg.InTx(ctx, c.cfg.DB, func(tx pgx.Tx) error {
		if err := c.claim(ctx, tx, after); err != nil {
			return err
		}
		batch, aside, err := c.sort(ctx, tx, page)
		if err != nil {
			return err
		}
		if err := c.handle(ctx, tx, batch); err != nil {
			return err
		}
		if err := c.park(ctx, tx, aside...); err != nil {
			return err
		}
		return c.moveCursor(ctx, tx, page[len(page)-1].Pos)
	})
}

// claim makes this the transaction that applies what follows a position.
func (c *Consumer) claim(ctx context.Context, tx pgx.Tx, after int64) error {
	at, err := c.tryCursor(ctx, tx)
	if err == nil && at != after {
		return errMoved
	}
	return err
}

// blame deals with events that the handler could not apply. A failed page is applied
// again one by one. A single event has its attempts, and is then set aside if that is
// allowed; else it stays where it is and stops the consumer.
func (c *Consumer) blame(ctx context.Context, failed []Event, cause error) (more bool, err error) {
	first, last := failed[0], failed[len(failed)-1]
	if len(failed) > 1 {
		c.trial = trial{until: last.Pos}
		return true, nil
	}
	if c.trial.pos != first.Pos {
		c.trial.pos, c.trial.attempts = first.Pos, 0
	}
	if c.trial.attempts++; c.trial.attempts < maxAttempts || !c.cfg.Park {
		return false, cause
	}
	err = pg.InTx(ctx, c.cfg.DB, func(tx pgx.Tx) error {
		if err := c.claim(ctx, tx, first.Pos-1); err != nil {
			return err
		}
		if err := c.park(ctx, tx, parked{first, reasonFailed, c.trial.attempts, cause}); err != nil {
			return err
		}
		return c.moveCursor(ctx, tx, first.Pos)
	})
	if errors.Is(err, errBusy) || errors.Is(err, errMoved) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	c.reached(first.Pos)
	c.health.log.Error().Err(cause).Int64("pos", first.Pos).Str("type", first.Type).Msg("event set aside, with all later ones of its key")
	return true, nil
}

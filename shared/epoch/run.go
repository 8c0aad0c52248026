package epoch

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const (
	lookEvery  = 500 * time.Millisecond // at the holders
	purgeEvery = time.Minute
	runAgain   = time.Second // after a failure
	leap       = 1_000_000   // more than a backup can be behind
)

// Run tells the followers of this process what other processes commit, strikes holders that
// have gone off, and deletes old entries, until ctx ends. It outlives a loss of the
// database. It uses one connection, which it takes out of the pool.
func (s *Source) Run(ctx context.Context) error {
	for failing := false; ; {
		err := s.stint(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !failing {
			s.cfg.Log.Warn().Err(pg.Fault(err)).Msg("cannot hear what other processes change")
		}
		failing = true
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(runAgain):
		}
	}
}

// stint works on one connection until that fails.
func (s *Source) stint(ctx context.Context) error {
	conn, err := s.listen(ctx)
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	if err := s.resume(ctx, conn); err != nil {
		return err
	}
	holders := map[string]observed{} // anew: a database that crashed may have forgotten the last beats
	history := past{{s.cfg.Clock(), 0}}
	for look, purge := s.cfg.Clock(), s.cfg.Clock()+purgeEvery; ; {
		now := s.cfg.Clock()
		if now >= look {
			if holders, err = s.look(ctx, conn, now, holders); err != nil {
				return err
			}
			look = now + lookEvery
		}
		if now >= purge {
			if history, err = s.purge(ctx, conn, history); err != nil {
				return err
			}
			purge = now + purgeEvery
		}
		waiting, cancel := context.WithTimeout(ctx, look-now)
		_, err := conn.WaitForNotification(waiting)
		cancel()
		switch {
		case err == nil:
			s.cfg.Wake.Publish(Wakes(s.cfg.Name))
		case ctx.Err() != nil:
			return ctx.Err()
		case conn.IsClosed():
			return fmt.Errorf("wait for changes: %w", err)
		}
	}
}

func (s *Source) listen(ctx context.Context) (*pgx.Conn, error) {
	pooled, err := s.cfg.DB.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	conn := pooled.Hijack()
	const query = `
		select 'epoch_' || current_schema`
	var channel string
	if err = conn.QueryRow(ctx, query).Scan(&channel); err == nil {
		_, err = conn.Exec(ctx, "listen "+pgx.Identifier{channel}.Sanitize())
	}
	if err != nil {
		hangUp(ctx, conn)
		return nil, fmt.Errorf("listen for changes: %w", err)
	}
	return conn, nil
}

// resumeHead goes on with the history of the database. When that is another one than the
// number belongs to, a restored backup or a standby that took over, changes may be lost:
// the number leaps over all that were ever given, and nothing from before counts.
const resumeHead = `
	with here as (
		select (select system_identifier from pg_control_system()) || '/' ||
			left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/' || 'epoch_head'::regclass::oid as origin
	), changed as (
		update epoch_head
		set origin = here.origin,
		    number = number + case when epoch_head.origin = '' then 0 else $1 end
		from here
		where epoch_head.origin <> here.origin
		returning number
	), everything as (
		insert into epoch_entry (number, scope, key)
		select number, $2, ''
		from changed
		where number > 0
	)
	select coalesce((select number from changed), (select number from epoch_head))`

func (s *Source) resume(ctx context.Context, conn *pgx.Conn) error {
	var number int64
	if err := conn.QueryRow(ctx, resumeHead, leap, ScopeAll).Scan(&number); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	s.saw(number)
	s.cfg.Wake.Publish(Wakes(s.cfg.Name))
	return nil
}

const listHolders = `
	select id, beat, (select number from epoch_head) as head
	from epoch_holder`

const strikeHolder = `
	delete from epoch_holder
	where id = $1 and beat = $2`

// look strikes the holders that have not asked for Life: their leases have ended. It goes
// by what the look before found, and returns what it finds. Time is this process's own, so
// nobody's date counts. now is from before the question, and a beat is seen when its row is
// here: a database that takes its time shortens nobody's lease.
func (s *Source) look(ctx context.Context, conn *pgx.Conn, now time.Duration, found map[string]observed) (map[string]observed, error) {
	rows, err := conn.Query(ctx, listHolders)
	if err != nil {
		return nil, fmt.Errorf("look at holders: %w", err)
	}
	seen := map[string]observed{}
	gone := map[string]int64{}
	var id string
	var beat, head int64
	_, err = pgx.ForEachRow(rows, []any{&id, &beat, &head}, func() error {
		before, known := found[id]
		if !known || before.beat != beat {
			before = observed{beat, s.cfg.Clock()}
		}
		if seen[id] = before; now-before.since > Life {
			gone[id] = beat
		}
		s.saw(head)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look at holders: %w", err)
	}
	for id, beat := range gone {
		if _, err := conn.Exec(ctx, strikeHolder, id, beat); err != nil {
			return nil, fmt.Errorf("strike holder: %w", err)
		}
	}
	return seen, nil
}

// past is which number the source had reached at which time, oldest first.
type past []struct {
	at     time.Duration
	number int64
}

const purgeEntries = `
	with gone as (
		delete from epoch_entry
		where number <= $1
	)
	update epoch_head
	set floor = greatest(floor, least($1, number))
	where floor < $1`

// purge deletes the entries that are older than anything stamped before them. How old they
// are this process has seen for itself.
func (s *Source) purge(ctx context.Context, conn *pgx.Conn, history past) (past, error) {
	now := s.cfg.Clock()
	history = append(history, struct {
		at     time.Duration
		number int64
	}{now, s.Known()})
	old := int64(0)
	for len(history) > 0 && now-history[0].at > Keep {
		old = history[0].number
		history = history[1:]
	}
	if old == 0 {
		return history, nil
	}
	if _, err := conn.Exec(ctx, purgeEntries, old); err != nil {
		return history, fmt.Errorf("purge: %w", err)
	}
	return history, nil
}

// hangUp closes a connection. There is nothing to do about an error: the server lets go
// of it when it notices.
func hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

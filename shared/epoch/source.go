package epoch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
)

const (
	pageSize  = 4000 // entries; a message of the bus holds 1 MiB
	maxHolder = 64   // bytes of a holder's name
)

// ErrQuestion means that a question makes no sense.
var ErrQuestion = fault.New(fault.Invalid, "epoch.question", "This cannot be asked.")

// SourceConfig says what a Source stands on. Name, DB and Wake are required.
type SourceConfig struct {
	Name  string // of the service
	DB    *pgxpool.Pool
	Wake  events.Wake
	Log   zerolog.Logger
	Clock Clock // nil: Boottime
}

// Source tells others what changed in the schema of one module. Any number of replicas may
// have one. It is safe for concurrent use.
type Source struct {
	cfg   SourceConfig
	known atomic.Int64

	mutex    sync.Mutex
	answered chan struct{} // closed and replaced when a holder has asked
}

// observed is how often a holder had asked, and since when that is known.
type observed struct {
	beat  int64
	since time.Duration
}

// NewSource returns the Source of a schema with the tables of Migrations.
func NewSource(cfg SourceConfig) *Source {
	if cfg.Clock == nil {
		cfg.Clock = Boottime
	}
	return &Source{cfg: cfg, answered: make(chan struct{})}
}

// Known is a number that the source has reached. Read before a copy is read from the
// database, it is the copy's stamp.
func (s *Source) Known() int64 { return s.known.Load() }

func (s *Source) saw(number int64) {
	for {
		known := s.known.Load()
		if number <= known || s.known.CompareAndSwap(known, number) {
			return
		}
	}
}

// Serve answers a holder. It reads the number after the question has arrived, and it
// writes, so that a server which must not be written to any more cannot answer.
func (s *Source) Serve(ctx context.Context, in In) (Out, error) {
	if in.Holder == "" || len(in.Holder) > maxHolder || len(in.Nonce) > maxHolder || in.Applied < 0 || in.Cursor < 0 {
		return Out{}, ErrQuestion
	}
	if in.Leave {
		return Out{}, s.forget(ctx, in.Holder)
	}
	out, held, err := s.answer(ctx, in)
	if err == nil && !held {
		// Whoever waits for holders must find this one before the number is read.
		if err = s.enlist(ctx, in); err == nil {
			out, _, err = s.answer(ctx, in)
		}
	}
	if err != nil {
		return Out{}, pg.Fault(fmt.Errorf("tell what changed: %w", err))
	}
	s.saw(out.Head)
	s.mutex.Lock()
	close(s.answered)
	s.answered = make(chan struct{})
	s.mutex.Unlock()
	return out, nil
}

const commitLater = `
	select set_config('synchronous_commit', 'off', true)`

const beatHolder = `
	update epoch_holder
	set number = $2,
	    beat = beat + 1
	where id = $1`

const readHead = `
	select number, floor, origin
	from epoch_head`

const readEntries = `
	select id, number, scope, key
	from epoch_entry
	where id > $1
	order by id
	limit $2`

// answer does everything in one round trip. The head is read before the entries: these
// hold at least all up to it. A crash of the database may forget a beat, not a holder.
func (s *Source) answer(ctx context.Context, in In) (out Out, held bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue(commitLater)
	batch.Queue(beatHolder, in.Holder, in.Applied)
	batch.Queue(readHead)
	batch.Queue(readEntries, in.Cursor, pageSize+1)
	results := s.cfg.DB.SendBatch(ctx, batch)
	defer func() { err = errors.Join(err, results.Close()) }()
	if _, err := results.Exec(); err != nil {
		return Out{}, false, err
	}
	tag, err := results.Exec()
	if err != nil {
		return Out{}, false, err
	}
	out.Nonce = in.Nonce
	if err := results.QueryRow().Scan(&out.Head, &out.Floor, &out.Origin); err != nil {
		return Out{}, false, err
	}
	rows, err := results.Query()
	if err != nil {
		return Out{}, false, err
	}
	out.Entries, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Entry])
	if len(out.Entries) > pageSize {
		out.Entries, out.More = out.Entries[:pageSize], true
	}
	return out, tag.RowsAffected() == 1, err
}

// A holder that was struck and comes back must not have asked as often as before: it would
// be taken for one that has been silent since then. So the count begins anywhere.
const enlistHolder = `
	insert into epoch_holder (id, number, beat)
	values ($1, $2, (random() * 4e18)::bigint)
	on conflict do nothing`

func (s *Source) enlist(ctx context.Context, in In) error {
	_, err := s.cfg.DB.Exec(ctx, enlistHolder, in.Holder, in.Applied)
	return err
}

const forgetHolder = `
	delete from epoch_holder
	where id = $1`

func (s *Source) forget(ctx context.Context, holder string) error {
	_, err := s.cfg.DB.Exec(ctx, forgetHolder, holder)
	return pg.Fault(err)
}

package epoch_test

import (
	"context"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/events"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// clock is a Clock that tests move.
type clock struct {
	mutex sync.Mutex
	now   time.Duration
}

func (c *clock) Now() time.Duration {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now += d
}

func libraryFiles() fstest.MapFS {
	return fstest.MapFS{"001_books.sql": {Data: []byte(`
		create table book (isbn text primary key, title text not null);
		{{ template "epoch/epoch_1.sql" . }}
		create constraint trigger epoch_book after update or delete on book
			deferrable initially deferred for each row execute function epoch_touch('book', 'isbn');
		create table opening (hours text);
		create constraint trigger epoch_opening after insert or update or delete on opening
			deferrable initially deferred for each row execute function epoch_touch('all');
		---- create above / drop below ----
		drop table opening;
		drop table book;
		{{ template "epoch/epoch_1_down.sql" . }}`)}}
}

// library is a source over a database, with the module that changes it.
type library struct {
	db     *pgxpool.Pool // whose commits wait for holders
	plain  *pgxpool.Pool // whose commits do not
	source *epoch.Source
	wake   events.Local
	clock  *clock
	asked  func(epoch.In) // called for each question
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{clock: &clock{now: time.Hour}, asked: func(epoch.In) {}}
	plain := pgtest.Schema(t, pgtest.Spec{Name: "library", Files: epoch.Migrations(libraryFiles())})
	db, err := pg.Open(t.Context(), pg.Config{
		URL: plain.Config().ConnString(), Schema: "library", MaxConns: 4,
		Settle: func(ctx context.Context, number int64) { l.source.Settle(ctx, number) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	l.db, l.plain = db, plain
	l.source = l.replica()
	return l
}

// replica is the source of another process over the same database.
func (l *library) replica() *epoch.Source {
	return epoch.NewSource(epoch.SourceConfig{Name: "library", DB: l.db, Wake: &l.wake, Log: zerolog.Nop(), Clock: l.clock.Now})
}

func (l *library) follower(limit int) *epoch.Follower {
	return epoch.NewFollower(epoch.FollowerConfig{
		Source: "library", Wake: &l.wake, Log: zerolog.Nop(), Clock: l.clock.Now, Limit: limit,
		Ask: func(ctx context.Context, in epoch.In) (epoch.Out, error) {
			l.asked(in)
			return l.source.Serve(ctx, in)
		},
	})
}

// change runs statements in one transaction, which waits for nobody.
func (l *library) change(t *testing.T, statements ...string) {
	t.Helper()
	l.commit(t, l.plain, statements)
}

// write runs statements in one transaction, as the module does.
func (l *library) write(t *testing.T, statements ...string) {
	t.Helper()
	l.commit(t, l.db, statements)
}

func (l *library) commit(t *testing.T, db *pgxpool.Pool, statements []string) {
	t.Helper()
	err := pg.InTx(t.Context(), db, func(tx pgx.Tx) error {
		for _, sql := range statements {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// add puts a book into the library, which nobody can have a copy of.
func (l *library) add(t *testing.T, isbn string) {
	t.Helper()
	l.change(t, "insert into book values ('"+isbn+"', 'a title')")
}

const rename = "update book set title = title || '!' where isbn = '1'"

func book(isbn string) epoch.Mark { return epoch.Mark{Scope: "book", Key: isbn} }

func follow(t *testing.T, f *epoch.Follower) {
	t.Helper()
	if err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

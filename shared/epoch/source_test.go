package epoch_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
	"github.com/gatehouse-auth/gatehouse/shared/pg"
	"github.com/gatehouse-auth/gatehouse/shared/pg/pgtest"
)

// run runs a source until the test ends.
func run(t *testing.T, s *epoch.Source) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	group.Go(func() { _ = s.Run(ctx) })
	t.Cleanup(func() { cancel(); group.Wait() })
}

// until repeats check until it returns nil.
func until(t *testing.T, check func() error) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// leased makes a follower whose lease lasts as long as the test wants, because its clock
// stands still.
func (l *library) running(t *testing.T) *epoch.Follower {
	t.Helper()
	f := l.follower(0)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	group.Go(func() { _ = f.Run(ctx) })
	t.Cleanup(func() { cancel(); group.Wait() })
	until(t, f.Began)
	return f
}

// What follows a write reads the write: no copy from before it counts after the commit
// returned, at any holder, whichever replica committed.
func TestSettle_WaitsForEveryHolder(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, "1")
	first, second := l.running(t), l.running(t)
	for range 20 {
		stamp := min(first.Number(), second.Number())
		l.write(t, rename)
		if first.Current(stamp, book("1")) || second.Current(stamp, book("1")) {
			t.Fatal("the write returned, and a copy from before it counts")
		}
	}
}

// Criterion R3: a holder that does not answer holds a write up for as long as its lease
// may last, and no longer.
func TestSettle_WaitsForALease(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, "1")
	f := l.follower(0)
	follow(t, f)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.write(t, rename)
	}()
	until(t, func() error { // it has committed
		var n int
		return errors.Join(l.db.QueryRow(t.Context(), "select count(*) from epoch_entry").Scan(&n), nonzero(n))
	})
	select {
	case <-done:
		t.Fatal("the write returned although a holder goes by what was before")
	case <-time.After(50 * time.Millisecond):
	}
	if !f.Live() {
		t.Fatal("the lease ended by itself")
	}
	l.clock.advance(epoch.Life)
	<-done
	if f.Live() {
		t.Error("the write returned although the lease lives")
	}
}

// Criterion R2: a database that takes its time shortens nobody's lease. The age of a beat
// counts from when its row arrived, not from when it was asked for.
func TestSource_StrikesNobodyEarlyForASlowAnswer(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	follow(t, l.follower(0))
	slow, err := l.plain.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Exec(t.Context(), "lock table epoch_holder in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
	run(t, l.source)
	until(t, func() error { // it has asked, and waits
		var n int
		const query = "select count(*) from pg_locks where relation = 'epoch_holder'::regclass and not granted"
		return errors.Join(l.plain.QueryRow(t.Context(), query).Scan(&n), nonzero(n))
	})
	l.clock.advance(time.Second)
	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // until the row has arrived; later is no fault
	l.clock.advance(1500 * time.Millisecond)
	time.Sleep(1200 * time.Millisecond) // two more looks
	if n, err := l.holders(t); err != nil || n != 1 {
		t.Errorf("%d holders, %v: struck 1.5 s after it was seen, and its lease may last 2 s", n, err)
	}
	l.clock.advance(time.Second)
	until(t, func() error {
		if n, err := l.holders(t); err != nil || n != 0 {
			return errors.Join(err, errors.New("a holder that has gone is not struck"))
		}
		return nil
	})
}

// Criterion R2: a holder that was struck while it slept, and asks again, has a new lease. It
// must not be taken for the one that had asked as often before.
func TestSource_StrikesNobodyWhoHasComeBack(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	ask := func() {
		for range 3 {
			if _, err := l.source.Serve(t.Context(), epoch.In{Holder: "reader", Nonce: "nonce"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask()
	run(t, l.source)
	time.Sleep(time.Second) // two looks
	l.clock.advance(epoch.Life - 100*time.Millisecond)
	if _, err := l.plain.Exec(t.Context(), "delete from epoch_holder"); err != nil { // as another process strikes it
		t.Fatal(err)
	}
	ask()
	l.clock.advance(500 * time.Millisecond)
	time.Sleep(1200 * time.Millisecond) // two more looks
	if n, err := l.holders(t); err != nil || n != 1 {
		t.Errorf("%d holders, %v: struck 0.5 s after it had asked, and its lease may last 2 s", n, err)
	}
}

// Criterion R2: a database that crashes may forget that a holder has asked, and not the
// lease that it got for that. So what was seen before does not count afterwards.
func TestSource_CountsAnewAfterItLostTheDatabase(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	if _, err := l.source.Serve(t.Context(), epoch.In{Holder: "reader", Nonce: "nonce"}); err != nil {
		t.Fatal(err)
	}
	run(t, l.source)
	time.Sleep(time.Second) // two looks
	l.clock.advance(epoch.Life - 100*time.Millisecond)
	const crash = `
		select count(pg_terminate_backend(pid))
		from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid()
		  and (query like 'listen %' or query like '%from epoch_holder%')`
	var n int
	if err := l.plain.QueryRow(t.Context(), crash).Scan(&n); err != nil || n != 1 {
		t.Fatalf("%d connections ended, %v: want that of the source", n, err)
	}
	time.Sleep(2 * time.Second) // it connects again after one, and looks
	l.clock.advance(500 * time.Millisecond)
	time.Sleep(1200 * time.Millisecond) // two more looks
	if n, err := l.holders(t); err != nil || n != 1 {
		t.Errorf("%d holders, %v: struck for what was seen before the loss", n, err)
	}
}

func (l *library) holders(t *testing.T) (n int, err error) {
	t.Helper()
	return n, l.plain.QueryRow(t.Context(), "select count(*) from epoch_holder").Scan(&n)
}

func nonzero(n int) error {
	if n == 0 {
		return errors.New("nothing there yet")
	}
	return nil
}

func TestSettle_WaitsForNobodyWhoHasLeft(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, "1")
	ctx, cancel := context.WithCancel(t.Context())
	f := l.follower(0)
	ended := make(chan error)
	go func() { ended <- f.Run(ctx) }()
	until(t, f.Began)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if f.Live() {
		t.Error("it kept its lease")
	}
	l.write(t, rename) // would wait for ever: the clock stands still
}

func TestRun_StrikesHoldersThatHaveGoneOff(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, "1")
	run(t, l.source)
	follow(t, l.follower(0)) // and is never heard of again
	until(t, func() error {
		l.clock.advance(time.Second)
		var n int
		if err := l.db.QueryRow(t.Context(), "select count(*) from epoch_holder").Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errors.New("the holder is still there")
		}
		return nil
	})
	l.write(t, rename) // waits for nobody
}

// Another process over the same database, without a bus between them.
func TestRun_HearsOfOtherProcesses(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, "1")
	run(t, l.source)
	news, unsubscribe := l.wake.Subscribe(epoch.Wakes("library"))
	defer unsubscribe()
	if _, err := l.db.Exec(t.Context(), "select pg_notify('epoch_library', '')"); err != nil { // until it listens
		t.Fatal(err)
	}
	<-news
	until(t, func() error {
		select {
		case <-news:
		default:
		}
		if _, err := l.db.Exec(t.Context(), "delete from book"); err != nil { // not through InTx: as a stranger does
			return err
		}
		select {
		case <-news:
			return nil
		case <-time.After(100 * time.Millisecond):
			l.add(t, "1")
			return errors.New("not heard")
		}
	})
}

// Entries are kept for longer than anything could be stamped before them; what is older
// than all of them does not count (criterion R9: the time of day plays no part).
func TestRun_PurgesWhatIsOld(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, "1")
	l.change(t, rename)
	run(t, l.source)
	until(t, func() error {
		l.clock.advance(time.Minute)
		var n int
		if err := l.db.QueryRow(t.Context(), "select count(*) from epoch_entry").Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errors.New("the entry is still there")
		}
		return nil
	})
	if past := l.clock.Now() - time.Hour; past < epoch.Keep {
		t.Errorf("purged after %s", past)
	}
	f := l.follower(0)
	follow(t, f)
	if f.Current(0, book("2")) || !f.Current(f.Number(), book("1")) {
		t.Error("the floor is not that of the source")
	}
}

func TestServe_RefusesQuestionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	for _, in := range []epoch.In{{}, {Holder: strings.Repeat("x", 65)}, {Holder: "a", Applied: -1}, {Holder: "a", Cursor: -1}, {Holder: "a", Nonce: strings.Repeat("x", 65)}} {
		if _, err := l.source.Serve(t.Context(), in); !errors.Is(err, epoch.ErrQuestion) {
			t.Errorf("%+v: %v", in, err)
		}
	}
}

// One transaction has one number, however much it changes, and a page does not lose any.
func TestServe_ManyEntries(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	const many = 10_000
	l.change(t, "insert into book select i::text, 'x' from generate_series(1, 10000) i")
	l.change(t, "update book set title = 'y'")
	f := l.follower(0)
	follow(t, f)
	if f.Number() != 1 {
		t.Errorf("number %d after one change", f.Number())
	}
	for _, isbn := range []string{"1", "4001", "10000"} {
		if f.Current(0, book(isbn)) {
			t.Errorf("book %s of %d is lost", isbn, many)
		}
	}
	small := l.follower(100)
	follow(t, small)
	if small.Current(0, book("unknown")) {
		t.Error("a follower with too little memory takes what it forgot for current")
	}
}

// What is rolled back raises nothing; a savepoint that is rolled back does not hide what
// the transaction did before it.
func TestTouch_FollowsTheTransaction(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, "1")
	l.add(t, "2")
	errUndo := errors.New("undo")
	if err := pg.InTx(t.Context(), l.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "delete from book"); err != nil {
			return err
		}
		return errUndo
	}); !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
	f := l.follower(0)
	follow(t, f)
	if f.Number() != 0 {
		t.Errorf("a rollback raised the number to %d", f.Number())
	}
	l.change(t, "savepoint s", "delete from book where isbn = '2'", "rollback to s", "update book set title = 'z' where isbn = '1'")
	follow(t, f)
	if f.Current(0, book("1")) || !f.Current(0, book("2")) {
		t.Error("not exactly what was committed was raised")
	}
}

func TestStatements_Prepare(t *testing.T) {
	t.Parallel()
	pool := pgtest.Schema(t, pgtest.Spec{Name: "library", Files: epoch.Migrations(libraryFiles())})
	statements := pgtest.Statements(t, ".")
	if len(statements) < 10 {
		t.Fatalf("found only %d statements", len(statements))
	}
	pgtest.PrepareAll(t, pool, statements)
}

package epoch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/shared/epoch"
)

func TestFollower_Current(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	l.add(t, "1")
	l.add(t, "2")
	f := l.follower(0)
	follow(t, f)
	stamp := f.Number()
	check := func(what string, want bool, marks ...epoch.Mark) {
		t.Helper()
		if got := f.Current(stamp, marks...); got != want {
			t.Errorf("%s: current is %t", what, got)
		}
	}
	check("nothing changed", true, book("1"), book("2"))
	l.change(t, rename)
	check("it has not heard of the change", true, book("1"))
	follow(t, f)
	check("the book that changed", false, book("1"))
	check("one of two that changed", false, book("2"), book("1"))
	check("the other one", true, book("2"))
	if !f.Current(f.Number(), book("1")) {
		t.Error("what was read after the change is out of date")
	}
	l.change(t, "delete from book where isbn = '2'")
	follow(t, f)
	check("the book that is gone", false, book("2"))
	l.change(t, "insert into opening values ('always')")
	follow(t, f)
	check("what concerns all", false, book("3"))
}

func TestFollower_Lease(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	f := l.follower(0)
	if f.Live() || f.Began() == nil {
		t.Error("a lease before any question")
	}
	// The answer takes a while: the lease counts from the question.
	l.asked = func(epoch.In) { l.clock.advance(epoch.Life / 2) }
	follow(t, f)
	l.asked = func(epoch.In) {}
	if !f.Live() || f.Began() != nil {
		t.Error("no lease after an answer")
	}
	l.clock.advance(epoch.Life / 2)
	if f.Live() {
		t.Error("the lease counts from the answer, not from the question")
	}
	if err := f.Ensure(t.Context()); err != nil || !f.Live() {
		t.Errorf("asked for a lease: %v", err)
	}
	// An answer that takes longer than a lease lasts is worth nothing.
	l.clock.advance(epoch.Life)
	l.asked = func(epoch.In) { l.clock.advance(epoch.Life) }
	if err := f.Ensure(t.Context()); !errors.Is(err, epoch.ErrNoLease) {
		t.Errorf("a lease that has ended before it came: %v", err)
	}
}

// Criterion R10: forged, replayed and old answers are ignored.
func TestFollower_IgnoresAnswersThatAreNotToItsQuestion(t *testing.T) {
	t.Parallel()
	clock := &clock{}
	var answer func(epoch.In) (epoch.Out, error)
	f := epoch.NewFollower(epoch.FollowerConfig{
		Source: "library", Log: zerolog.Nop(), Clock: clock.Now,
		Ask: func(_ context.Context, in epoch.In) (epoch.Out, error) { return answer(in) },
	})
	good := func(head int64) func(epoch.In) (epoch.Out, error) {
		return func(in epoch.In) (epoch.Out, error) { return epoch.Out{Nonce: in.Nonce, Origin: "a", Head: head}, nil }
	}
	answer = good(7)
	follow(t, f)
	for name, bad := range map[string]func(epoch.In) (epoch.Out, error){
		"replayed":  func(epoch.In) (epoch.Out, error) { return epoch.Out{Nonce: "of before", Origin: "a", Head: 9}, nil },
		"backwards": good(6),
		"outage":    func(epoch.In) (epoch.Out, error) { return epoch.Out{}, errors.New("down") },
	} {
		clock.advance(epoch.Life)
		answer = bad
		if err := f.Follow(t.Context()); err == nil || f.Live() || f.Number() != 7 {
			t.Errorf("%s: %v, live %t, number %d", name, err, f.Live(), f.Number())
		}
	}
}

// Criterion R11: after a restored backup nothing from before counts.
func TestFollower_StartsOverWithAnotherHistory(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	run(t, l.source)
	f := l.follower(0)
	l.add(t, "1")
	follow(t, f)
	l.change(t, rename)
	follow(t, f)
	stamp := f.Number()
	// The backup is older than the last change: its number and its entries are lost.
	l.change(t, "update epoch_head set number = number - 1, origin = 'the machine that burnt'", "delete from epoch_entry")
	run(t, l.replica())
	until(t, func() error {
		if err := f.Follow(t.Context()); err != nil { // it has gone back, until somebody notices
			return err
		}
		if f.Number() <= stamp+1000 {
			return fmt.Errorf("the number is %d and was %d", f.Number(), stamp)
		}
		return nil
	})
	if f.Current(stamp, book("2")) {
		t.Error("a copy from before the restore counts")
	}
	if !f.Current(f.Number(), book("2")) {
		t.Error("a copy from after the restore does not count")
	}
}

// Criteria R5 and R7: a burst of revocations is applied soon and takes a bounded memory.
func TestFollower_TakesABurst(t *testing.T) {
	t.Parallel()
	burst := int64(100_000)
	if os.Getenv("GATEHOUSE_SOAK") == "1" {
		burst = 1_000_000
	}
	page := func(in epoch.In) epoch.Out {
		out := epoch.Out{Nonce: in.Nonce, Head: burst}
		for id := in.Cursor + 1; id <= burst && len(out.Entries) < 4000; id++ {
			out.Entries = append(out.Entries, epoch.Entry{ID: id, Number: id, Scope: "book", Key: fmt.Sprintf("01a21458-ad48-7d6f-b738-%012d", id)})
		}
		out.More = in.Cursor+int64(len(out.Entries)) < burst
		return out
	}
	f := epoch.NewFollower(epoch.FollowerConfig{
		Source: "library", Log: zerolog.Nop(),
		Ask: func(_ context.Context, in epoch.In) (epoch.Out, error) { return page(in), nil },
	})
	before := heap()
	began := time.Now()
	follow(t, f)
	took, grown := time.Since(began), heap()-before
	if perMillion := grown * 1_000_000 / burst; perMillion > 120<<20 {
		t.Errorf("a million numbers would take %d MiB", perMillion>>20)
	}
	if perMillion := took * time.Duration(1_000_000/burst); perMillion > 10*time.Second {
		t.Errorf("a million numbers would take %s", perMillion)
	}
	if f.Current(burst-1, book(fmt.Sprintf("01a21458-ad48-7d6f-b738-%012d", burst))) || !f.Current(0, book("another")) {
		t.Error("not what came in the burst is out of date, or more")
	}
	t.Logf("summary: %d revocations applied in %s, %d MiB", burst, took.Round(time.Millisecond), grown>>20)
}

// heap is how many bytes live.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far below
}

// Past vulnerability 16 (Keycloak CVE-2026-8922, GHSA-83c4-ffjp-mxp9, CVE-2026-18218).
// Criterion R4, as a property: whatever was raised in whatever order, with however little
// memory, a copy is current only if nothing newer stands at its marks, and with enough
// memory exactly then.
func TestFollower_AgreesWithAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		clock := &clock{}
		limit := rapid.SampledFrom([]int{3, 10, 100_000}).Draw(t, "limit")
		var head int64
		var entries []epoch.Entry
		f := epoch.NewFollower(epoch.FollowerConfig{
			Source: "library", Log: zerolog.Nop(), Clock: clock.Now, Limit: limit,
			Ask: func(_ context.Context, in epoch.In) (epoch.Out, error) {
				page := entries[in.Cursor:]
				more := len(page) > 5
				if more {
					page = page[:5]
				}
				return epoch.Out{Nonce: in.Nonce, Head: head, Entries: page, More: more}, nil
			},
		})
		newest := map[epoch.Mark]int64{}
		everything := int64(0)
		mark := rapid.Custom(func(t *rapid.T) epoch.Mark {
			return epoch.Mark{Scope: rapid.SampledFrom([]string{"author", "book", "shelf"}).Draw(t, "scope"), Key: rapid.StringMatching("[a-c]").Draw(t, "key")}
		})
		t.Repeat(map[string]func(*rapid.T){
			"raise": func(t *rapid.T) {
				head++
				for range rapid.IntRange(1, 4).Draw(t, "marks") {
					m := mark.Draw(t, "mark")
					if rapid.IntRange(0, 20).Draw(t, "all") == 0 {
						m = epoch.All()
						everything = head
					}
					newest[m] = head
					entries = append(entries, epoch.Entry{ID: int64(len(entries) + 1), Number: head, Scope: m.Scope, Key: m.Key})
				}
			},
			"time passes": func(t *rapid.T) { clock.advance(time.Duration(rapid.IntRange(1, 3).Draw(t, "minutes")) * time.Minute) },
			"look": func(t *rapid.T) {
				if err := f.Follow(context.Background()); err != nil {
					t.Fatal(err)
				}
				stamp := rapid.Int64Range(0, head).Draw(t, "stamp")
				marks := []epoch.Mark{mark.Draw(t, "one"), mark.Draw(t, "two")}
				want := stamp >= max(everything, newest[marks[0]], newest[marks[1]])
				got := f.Current(stamp, marks...)
				if got && !want {
					t.Fatalf("stamp %d counts, and %v are newer", stamp, marks)
				}
				if want && !got && limit > 1000 && clock.Now() < epoch.Keep {
					t.Fatalf("stamp %d does not count, and nothing newer stands at %v", stamp, marks)
				}
				if !f.Current(head, marks...) {
					t.Fatal("what is read now does not count")
				}
			},
		})
	})
}

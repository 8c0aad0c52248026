package ledger_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-auth/gatehouse/audit/internal/audittest"
	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
)

func TestLedger_Sign(t *testing.T) {
	t.Parallel()
	t.Run("signs nothing while the log is empty", func(t *testing.T) {
		t.Parallel()
		w := audittest.New(t)
		w.Sign(t)
		if _, err := w.Ledger.Checkpoint(t.Context()); !errors.Is(err, ledger.ErrEmpty) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("signs growth, and the same size once", func(t *testing.T) {
		t.Parallel()
		w := audittest.New(t)
		var notes []string
		for i := range int64(5) {
			w.Fill(t, "library", i+1, 1)
			w.Sign(t)
			last, err := w.Ledger.Checkpoint(t.Context())
			if err != nil || last.Size != i+1 {
				t.Fatalf("checkpoint of %d leaves, %v", last.Size, err)
			}
			notes = append(notes, last.Note)
		}
		verifier, err := note.NewVerifier(w.Ledger.VerifierKey())
		if err != nil {
			t.Fatal(err)
		}
		for _, signed := range notes {
			if _, err := note.Open([]byte(signed), note.VerifierList(verifier)); err != nil {
				t.Error(err)
			}
		}
		var stored int
		if err := w.Pool.QueryRow(t.Context(), "select count(*) from checkpoint").Scan(&stored); err != nil || stored != len(notes) {
			t.Errorf("%d checkpoints are stored, want %d; %v", stored, len(notes), err)
		}
	})
}

// Audit pass criterion A1: who changes the stored log makes the signer stop.
func TestLedger_SignRefuses(t *testing.T) {
	t.Parallel()
	cut := []string{"delete from leaf where index >= 5", "update tree set size = 5", "delete from node where index >= 8"}
	for name, try := range map[string]struct {
		change []string
		says   string
	}{
		"a log that was cut":               {cut, "it was cut"},
		"a log that was cut and grew":      {cut, "does not continue its last checkpoint"},
		"a hash that was changed":          {[]string{"update node set hash = sha256(hash) where index = 6"}, "does not continue its last checkpoint"},
		"a hash that was deleted":          {[]string{"delete from node where index = 6"}, "is missing"},
		"another last checkpoint":          {[]string{"update checkpoint set root = sha256(root)"}, "does not continue its last checkpoint"},
		"a checkpoint of an older backup":  {append([]string{"update checkpoint set size = 100"}, cut...), "it was cut"},
		"two leaves' hashes that are gone": {[]string{"delete from node where index in (0, 1, 2)", "update node set hash = sha256(hash) where index = 10"}, "does not continue its last checkpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := audittest.New(t)
			w.Fill(t, "library", 1, 7)
			before, err := w.Ledger.Checkpoint(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			w.Intrude(t, try.change...)
			if try.says != "it was cut" {
				if err := w.TryTake(t.Context(), "archive", audittest.Event(t, 1), audittest.Event(t, 2), audittest.Event(t, 3), audittest.Event(t, 4)); err != nil && !strings.Contains(err.Error(), try.says) {
					t.Fatalf("take: %v", err)
				} else if err != nil {
					return // found before the log could grow
				}
			}
			if err := w.Ledger.Sign(t.Context()); err == nil || !strings.Contains(err.Error(), try.says) {
				t.Errorf("got %v", err)
			}
			after, err := w.Ledger.Checkpoint(t.Context())
			if err != nil || after.Note != before.Note {
				t.Errorf("a new checkpoint was signed: %v\n%s", err, after.Note)
			}
		})
	}
}

// late answers the size only after the log has grown and another replica has signed.
type late struct {
	ledger.Store
	meanwhile func()
}

func (l late) Size(ctx context.Context) (int64, error) {
	size, err := l.Store.Size(ctx)
	l.meanwhile()
	return size, err
}

func TestLedger_SignBesideAnotherReplica(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	w.Fill(t, "library", 1, 2)
	w.Take(t, "library", audittest.Event(t, 3))
	slow := ledger.New(late{w.Store, func() { w.Fill(t, "library", 4, 2) }}, nil, w.Signer)
	if err := slow.Sign(t.Context()); err != nil {
		t.Fatalf("an honest log was refused: %v", err)
	}
	last, err := w.Ledger.Checkpoint(t.Context())
	if err != nil || last.Size != 5 {
		t.Errorf("checkpoint of %d leaves, %v", last.Size, err)
	}
	accepted(t, w)
}

func TestLedger_SignAtOnceWithOthers(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	var work sync.WaitGroup
	for range 3 {
		work.Go(func() {
			for range 15 {
				if err := w.Ledger.Sign(t.Context()); err != nil {
					t.Errorf("an honest log was refused: %v", err)
				}
			}
		})
	}
	for pos := range int64(15) {
		w.Take(t, "library", audittest.Event(t, pos+1))
	}
	work.Wait()
	w.Sign(t)
	accepted(t, w)
}

func TestLedger_Run(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Ledger.Run(ctx) }()
	w.Take(t, "library", audittest.Event(t, 1))
	w.Ledger.Grown()
	var last tree.Checkpoint
	for end := time.Now().Add(20 * time.Second); last.Size != 1; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was signed")
		}
		var err error
		if last, err = w.Ledger.Checkpoint(t.Context()); err != nil && !errors.Is(err, ledger.ErrEmpty) {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
}

func TestLedger_VerifierKey(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	verifier, err := note.NewVerifier(w.Ledger.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(audittest.Origin, verifier.Name()); diff != "" {
		t.Error(diff)
	}
}

package ledger_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/gatehouse-auth/gatehouse/audit/internal/audittest"
	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

func nested(path []tree.Hash) [][]byte {
	all := make([][]byte, 0, len(path))
	for _, h := range path {
		all = append(all, h[:])
	}
	return all
}

// Audit pass criterion A5, over the stored log: another library than the one that made
// the proofs accepts every one of them, and none for another leaf.
func TestLedger_Proofs(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	const size = 21
	var roots []tree.Hash // by size, from 1
	for pos := range int64(size) {
		w.Fill(t, "library", pos+1, 1)
		last, err := w.Ledger.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, last.Root)
		for from := int64(1); from <= last.Size; from++ {
			grown, err := w.Ledger.ProveConsistency(t.Context(), from)
			if err != nil || grown.From != from || grown.To != last.Size {
				t.Fatalf("prove %d in %d: %d to %d, %v", from, last.Size, grown.From, grown.To, err)
			}
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(from), uint64(last.Size), nested(grown.Path), roots[from-1][:], last.Root[:]); err != nil { //nolint:gosec // positive
				t.Errorf("%d grew into %d: %v", from, last.Size, err)
			}
		}
	}
	root := roots[size-1]
	for _, record := range all(t, w) {
		held, err := w.Ledger.ProveInclusion(t.Context(), record.EventID)
		if err != nil || held.Record.Index != record.Index {
			t.Fatalf("prove leaf %d: %v", record.Index, err)
		}
		leaf, index := rfc6962.DefaultHasher.HashLeaf(record.Bytes), uint64(record.Index) //nolint:gosec // not negative
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf, nested(held.Path), root[:]); err != nil {
			t.Errorf("leaf %d: %v", index, err)
		}
		if proof.VerifyInclusion(rfc6962.DefaultHasher, (index+1)%size, size, leaf, nested(held.Path), root[:]) == nil {
			t.Errorf("the proof of leaf %d holds for the next one too", index)
		}
	}
}

func TestLedger_ProveInclusionRefuses(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	unsigned := audittest.Event(t, 1)
	w.Take(t, "library", unsigned)
	t.Run("an event that the log does not have", func(t *testing.T) {
		if _, err := w.Ledger.ProveInclusion(t.Context(), uuid.NewString()); !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a log without a checkpoint", func(t *testing.T) {
		if _, err := w.Ledger.ProveInclusion(t.Context(), unsigned.ID); !errors.Is(err, ledger.ErrEmpty) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an event that no checkpoint covers, for now", func(t *testing.T) {
		w.Sign(t)
		late := audittest.Event(t, 2)
		w.Take(t, "library", late)
		_, err := w.Ledger.ProveInclusion(t.Context(), late.ID)
		if !errors.Is(err, ledger.ErrNotYet) || fault.From(err).RetryAfter == 0 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("growth from a size that never was", func(t *testing.T) {
		for _, from := range []int64{-1, 0, 2, 1 << 62} {
			if _, err := w.Ledger.ProveConsistency(t.Context(), from); fault.KindOf(err) != fault.Invalid {
				t.Errorf("from %d: %v", from, err)
			}
		}
	})
}

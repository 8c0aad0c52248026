package ledger

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
)

// Inclusion proves that an event is in the log of a signed checkpoint.
type Inclusion struct {
	Record     Record
	Path       []tree.Hash
	Checkpoint tree.Checkpoint
}

// ProveInclusion proves an event under the newest checkpoint. ErrNotYet while no
// checkpoint covers it.
func (l *Ledger) ProveInclusion(ctx context.Context, eventID string) (Inclusion, error) {
	record, err := l.store.Find(ctx, eventID)
	if err != nil {
		return Inclusion{}, err
	}
	last, err := l.store.LastCheckpoint(ctx)
	if err != nil {
		return Inclusion{}, err
	}
	if record.Index >= last.Size {
		return Inclusion{}, ErrNotYet
	}
	path, err := tree.ProveInclusion(last.Size, record.Index, l.store.Stored(ctx))
	return Inclusion{record, path, last}, err
}

// Consistency proves that the log only grew between two sizes.
type Consistency struct {
	From, To   int64
	Path       []tree.Hash
	Checkpoint tree.Checkpoint // the newest one, whose size is To
}

// ProveConsistency proves that the log of size from grew into that of the newest checkpoint.
func (l *Ledger) ProveConsistency(ctx context.Context, from int64) (Consistency, error) {
	last, err := l.store.LastCheckpoint(ctx)
	if err != nil {
		return Consistency{}, err
	}
	if from < 1 || from > last.Size {
		return Consistency{}, ErrBadRequest.WithMessage("from must be between 1 and the size of the newest checkpoint.")
	}
	path, err := tree.ProveConsistency(from, last.Size, l.store.Stored(ctx))
	return Consistency{from, last.Size, path, last}, err
}

// Checkpoint returns the newest checkpoint; ErrEmpty if there is none.
func (l *Ledger) Checkpoint(ctx context.Context) (tree.Checkpoint, error) {
	return l.store.LastCheckpoint(ctx)
}

// VerifierKey returns the public key that checkpoints verify with.
func (l *Ledger) VerifierKey() string { return l.signer.VerifierKey() }

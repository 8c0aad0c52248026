package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
)

const signEvery = time.Second

// Grown tells the signer that there may be something to sign. It never blocks.
func (l *Ledger) Grown() {
	select {
	case l.grown <- struct{}{}:
	default:
	}
}

// Run signs a checkpoint soon after the log grew, and looks once a second for growth that
// another replica caused, until ctx ends.
func (l *Ledger) Run(ctx context.Context) error {
	ticker := time.NewTicker(signEvery)
	defer ticker.Stop()
	for {
		if err := l.Sign(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.grown:
		case <-ticker.C:
		}
	}
}

// Sign stores a checkpoint of the log as it is, if it grew since the last one. It proves to
// itself that the last one still holds, and refuses to sign a log that shrank or forked.
func (l *Ledger) Sign(ctx context.Context) error {
	// The checkpoint first: the log is never smaller than one that was read before it,
	// whatever another replica takes in and signs meanwhile.
	last, err := l.store.LastCheckpoint(ctx)
	if err != nil && !errors.Is(err, ErrEmpty) {
		return err
	}
	size, err := l.store.Size(ctx)
	if err != nil {
		return err
	}
	if size == last.Size {
		return nil
	}
	if size < last.Size {
		return fmt.Errorf("the log has %d leaves and a signed checkpoint of %d: it was cut, nothing more is signed", size, last.Size)
	}
	stored := l.store.Stored(ctx)
	root, err := tree.Root(size, stored)
	if err != nil {
		return err
	}
	if last.Size > 0 {
		proof, err := tree.ProveConsistency(last.Size, size, stored)
		if err != nil {
			return err
		}
		if err := tree.CheckGrowth(proof, size, root, last.Size, last.Root); err != nil {
			return fmt.Errorf("the log does not continue its last checkpoint, nothing more is signed: %w", err)
		}
	}
	signed, err := l.signer.Checkpoint(size, root)
	if err != nil {
		return err
	}
	return l.store.AddCheckpoint(ctx, signed)
}

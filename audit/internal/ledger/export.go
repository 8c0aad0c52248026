package ledger

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
)

const (
	exportPage = 200       // entries
	pageBytes  = 256 << 10 // of one answer: a page passes the bus as one message
)

// fitting returns how many of the entries fit one answer, at least one. A leaf counts as
// base64 would write it, which no answer exceeds.
func fitting(entries []Entry) int {
	const around = 512 // names, numbers, salt
	size := 0
	for i, e := range entries {
		size += len(e.Bytes)*4/3 + len(e.Personal) + around
		if i > 0 && size > pageBytes {
			return i
		}
	}
	return len(entries)
}

// Page is a part of an export. Next is the index that the next page begins with, or 0 if
// this is the last; the checkpoint is that of the whole export.
type Page struct {
	Entries    []Entry
	Checkpoint tree.Checkpoint
	Next       int64
}

// Export returns the entries from first on, below size, the size of the first page's
// checkpoint; size 0 begins an export under the newest checkpoint.
func (l *Ledger) Export(ctx context.Context, first, size int64) (Page, error) {
	last, err := l.store.LastCheckpoint(ctx)
	if err != nil {
		return Page{}, err
	}
	if size == 0 {
		size = last.Size
	}
	if first < 0 || size > last.Size {
		return Page{}, ErrBadRequest.WithMessage("The cursor is not one that this log gave out.")
	}
	records, err := l.store.Range(ctx, first, size, exportPage)
	if err != nil {
		return Page{}, err
	}
	entries, err := l.entries(ctx, records)
	if err != nil {
		return Page{}, err
	}
	entries = entries[:fitting(entries)]
	page := Page{Entries: entries, Checkpoint: last}
	if after := first + int64(len(entries)); after < size && len(entries) > 0 {
		page.Next = after
	}
	if page.Checkpoint.Size != size { // it grew meanwhile: sign what the export covers
		root, err := tree.Root(size, l.store.Stored(ctx))
		if err != nil {
			return Page{}, err
		}
		page.Checkpoint, err = l.signer.Checkpoint(size, root)
		if err != nil {
			return Page{}, err
		}
	}
	return page, nil
}

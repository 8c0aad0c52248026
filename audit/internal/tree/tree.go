package tree

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a hash of the tree.
type Hash = tlog.Hash

// Reader reads stored hashes by index. Read-only for as long as a proof takes.
type Reader = tlog.HashReader

// Growth collects the hashes that new leaves add to a tree of a known size.
type Growth struct {
	reader Reader
	first  int64 // index of the first new hash
	size   int64
	hashes []Hash
}

// Grow begins to add leaves to a tree of the given size.
func Grow(size int64, stored Reader) *Growth {
	return &Growth{reader: stored, first: tlog.StoredHashIndex(0, size), size: size}
}

// Add appends a leaf and returns its index.
func (g *Growth) Add(leaf []byte) (int64, error) {
	added, err := tlog.StoredHashesForRecordHash(g.size, tlog.RecordHash(leaf), tlog.HashReaderFunc(g.read))
	if err != nil {
		return 0, fmt.Errorf("hash leaf %d: %w", g.size, err)
	}
	g.hashes = append(g.hashes, added...)
	g.size++
	return g.size - 1, nil
}

// read serves hashes that are stored, and those just added.
func (g *Growth) read(indexes []int64) ([]Hash, error) {
	found := make([]Hash, len(indexes))
	var wanted []int64
	var places []int
	for i, index := range indexes {
		if index >= g.first {
			found[i] = g.hashes[index-g.first]
		} else {
			wanted, places = append(wanted, index), append(places, i)
		}
	}
	if len(wanted) == 0 {
		return found, nil
	}
	stored, err := g.reader.ReadHashes(wanted)
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		found[place] = stored[i]
	}
	return found, nil
}

// Size is the size of the tree with the new leaves.
func (g *Growth) Size() int64 { return g.size }

// New returns the hashes to store; the first has the given index, the others follow.
func (g *Growth) New() (first int64, hashes []Hash) { return g.first, g.hashes }

// Root returns the root hash of the first size leaves.
func Root(size int64, stored Reader) (Hash, error) {
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		return Hash{}, fmt.Errorf("root of %d leaves: %w", size, err)
	}
	return root, nil
}

// ProveInclusion returns the audit path of the leaf at index in the tree of the given size
// (RFC 6962, section 2.1.1).
func ProveInclusion(size, index int64, stored Reader) ([]Hash, error) {
	proof, err := tlog.ProveRecord(size, index, stored)
	if err != nil {
		return nil, fmt.Errorf("prove leaf %d in %d: %w", index, size, err)
	}
	return proof, nil
}

// ProveConsistency returns the proof that the tree of size from grew into that of size to
// (RFC 6962, section 2.1.2).
func ProveConsistency(from, to int64, stored Reader) ([]Hash, error) {
	proof, err := tlog.ProveTree(to, from, stored)
	if err != nil {
		return nil, fmt.Errorf("prove that %d grew into %d: %w", from, to, err)
	}
	return proof, nil
}

// CheckGrowth verifies that the tree of size to with root grew out of the earlier one.
func CheckGrowth(proof []Hash, to int64, root Hash, from int64, earlier Hash) error {
	return tlog.CheckTree(proof, to, root, from, earlier)
}

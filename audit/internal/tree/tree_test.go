package tree_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
)

// hashes are stored hashes, in memory.
type hashes []tree.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tree.Hash, error) {
	found := make([]tree.Hash, 0, len(indexes))
	for _, i := range indexes {
		if i >= int64(len(h)) {
			return nil, fmt.Errorf("hash %d is not stored", i)
		}
		found = append(found, h[i])
	}
	return found, nil
}

func (h hashes) grow(t testing.TB, size int64, leaves [][]byte) hashes {
	t.Helper()
	growth := tree.Grow(size, h)
	for i, leaf := range leaves {
		index, err := growth.Add(leaf)
		if err != nil || index != size+int64(i) {
			t.Fatalf("leaf %d got index %d, %v", size+int64(i), index, err)
		}
	}
	first, added := growth.New()
	if first != int64(len(h)) || growth.Size() != size+int64(len(leaves)) {
		t.Fatalf("%d hashes are stored, the new ones begin at %d", len(h), first)
	}
	return append(h, added...)
}

func nested(path []tree.Hash) [][]byte {
	all := make([][]byte, 0, len(path))
	for _, h := range path {
		all = append(all, h[:])
	}
	return all
}

// other is the root of the leaves by the other library.
func other(t interface{ Fatal(...any) }, leaves [][]byte) []byte {
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, leaf := range leaves {
		if err := r.Append(rfc6962.DefaultHasher.HashLeaf(leaf), nil); err != nil {
			t.Fatal(err)
		}
	}
	root, err := r.GetRootHash(nil)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Audit pass criterion A5: this library and github.com/transparency-dev/merkle agree on
// the roots, and that one accepts the proofs of this one, on random trees that grew in
// random steps.
func TestTree_AgreesWithAnotherLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var stored hashes
		var leaves [][]byte
		roots := map[int64][]byte{}
		for range rapid.IntRange(1, 8).Draw(r, "steps") {
			step := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), 1, 20).Draw(r, "step")
			stored = stored.grow(t, int64(len(leaves)), step)
			leaves = append(leaves, step...)
			roots[int64(len(leaves))] = other(r, leaves)
		}
		size := int64(len(leaves))
		for at, want := range roots {
			root, err := tree.Root(at, stored)
			if err != nil || !bytes.Equal(root[:], want) {
				r.Fatalf("root of %d: %x, %v; the other library has %x", at, root, err, want)
			}
			path, err := tree.ProveConsistency(at, size, stored)
			if err != nil {
				r.Fatal(err)
			}
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(at), uint64(size), nested(path), want, roots[size]); err != nil { //nolint:gosec // positive
				r.Fatalf("%d grew into %d: %v", at, size, err)
			}
			if err := tree.CheckGrowth(path, size, tree.Hash(roots[size]), at, tree.Hash(want)); err != nil {
				r.Fatalf("%d grew into %d: %v", at, size, err)
			}
			if at < size && tree.CheckGrowth(path, size, tree.Hash(roots[size]), at, tree.Hash(roots[size])) == nil {
				r.Fatalf("%d is said to have grown from another root", at)
			}
		}
		index := rapid.Int64Range(0, size-1).Draw(r, "index")
		path, err := tree.ProveInclusion(size, index, stored)
		if err != nil {
			r.Fatal(err)
		}
		hash := rfc6962.DefaultHasher.HashLeaf(leaves[index])
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(size), hash, nested(path), roots[size]); err != nil { //nolint:gosec // not negative
			r.Fatalf("leaf %d of %d: %v", index, size, err)
		}
	})
}

// Covers golang.org/x/mod CVE-2026-56865.
func TestTree_RefusesImpossibleProofs(t *testing.T) {
	t.Parallel()
	stored := hashes(nil).grow(t, 0, [][]byte{{1}, {2}, {3}})
	for _, bad := range [][2]int64{{3, 3}, {3, -1}, {9, 8}, {0, 0}} {
		if _, err := tree.ProveInclusion(bad[0], bad[1], stored); err == nil {
			t.Errorf("leaf %d of %d has a proof", bad[1], bad[0])
		}
	}
	if _, err := tree.ProveConsistency(3, 9, stored); err == nil {
		t.Error("growth into a size that was never reached has a proof")
	}
	if _, err := tree.Root(9, stored); err == nil {
		t.Error("a size that was never reached has a root")
	}
	growth := tree.Grow(9, stored)
	if _, err := growth.Add([]byte("x")); err == nil {
		t.Error("a leaf was added to hashes that are not there")
	}
}

func TestNewSigner_RefusesNamesThatNoVerifierTakes(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"", "two words", "plus+sign", "new\nline", "tab\t", "\xff", "\u00a0"} {
		if _, err := tree.NewSigner(origin, [32]byte{1}); err == nil || !strings.Contains(err.Error(), "cannot name a log") {
			t.Errorf("origin %q: %v", origin, err)
		}
	}
}

func TestSigner_SignsAsC2SPSays(t *testing.T) {
	t.Parallel()
	signer, err := tree.NewSigner("example.com/audit", [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Checkpoint(7, tree.Hash{0xff})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(signer.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open([]byte(signed.Note), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if want := "example.com/audit\n7\n/wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"; opened.Text != want {
		t.Errorf("text %q", opened.Text)
	}
	stranger, err := tree.NewSigner("example.com/audit", [32]byte{2})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err = note.NewVerifier(stranger.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	var unverified *note.UnverifiedNoteError
	if _, err := note.Open([]byte(signed.Note), note.VerifierList(verifier)); !errors.As(err, &unverified) {
		t.Errorf("another key: %v", err)
	}
}

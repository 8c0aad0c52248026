package verify

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// Report says what an export that was accepted contains.
type Report struct {
	Origin   string
	Leaves   int64
	Root     string // hex
	Personal int64  // leaves whose personal data was checked
	Erased   int64  // leaves whose personal data is gone
}

// ErrNoCheckpoint means that an export ends without its checkpoint: it was cut.
var ErrNoCheckpoint = errors.New("the export ends without a checkpoint: it was cut short")

const (
	maxLine  = 1 << 20 // bytes of one line of an export
	saltSize = 32
)

// Export reads an export and checks all of it against the log's public key. The Report
// means something only if the error is nil. Memory use does not grow with the export.
func Export(r io.Reader, verifierKey string) (Report, error) {
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return Report{}, fmt.Errorf("public key: %w", err)
	}
	c := &checker{
		verifier: verifier, positions: map[string]int64{},
		tree: (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0),
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	lines.Split(splitLines)
	for number := 1; lines.Scan(); number++ {
		if c.done {
			return Report{}, fmt.Errorf("line %d: there is more after the checkpoint", number)
		}
		if err := c.line(lines.Bytes()); err != nil {
			return Report{}, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return Report{}, fmt.Errorf("read export: %w", err)
	}
	if !c.done {
		return Report{}, ErrNoCheckpoint
	}
	return c.report, nil
}

type checker struct {
	verifier  note.Verifier
	tree      *compact.Range
	positions map[string]int64 // last position seen of each module
	report    Report
	done      bool
}

func (c *checker) line(raw []byte) error {
	line, err := decode(raw)
	if err != nil {
		return err
	}
	if line.Checkpoint != "" {
		return c.checkpoint(line.Checkpoint)
	}
	if line.Index != c.report.Leaves {
		return fmt.Errorf("leaf %d stands where leaf %d belongs", line.Index, c.report.Leaves)
	}
	if err := c.leaf(line); err != nil {
		return err
	}
	c.report.Leaves++
	return c.tree.Append(rfc6962.DefaultHasher.HashLeaf(line.Leaf), nil)
}

// leafFacts is what the verifier reads of a leaf.
type leafFacts struct {
	Version    int    `json:"v"`
	Source     string `json:"source"`
	Pos        int64  `json:"pos"`
	Commitment string `json:"pd_commit"`
}

// leaf checks a leaf. Member names count letter by letter, and none may stand there twice.
func (c *checker) leaf(line Line) error {
	var facts leafFacts
	if err := json.Unmarshal(line.Leaf, &facts); err != nil {
		return fmt.Errorf("leaf: %w", err)
	}
	if facts.Version != 1 {
		return fmt.Errorf("leaf of version %d, which this verifier does not know", facts.Version)
	}
	if want := c.positions[facts.Source] + 1; facts.Pos != want {
		return fmt.Errorf("event %d of %s stands where event %d belongs", facts.Pos, facts.Source, want)
	}
	c.positions[facts.Source] = facts.Pos
	return c.personal(line, facts.Commitment)
}

// personal checks the commitment to personal data that is there. Data without a
// commitment was slipped in, and so was a salt without data.
func (c *checker) personal(line Line, commitment string) error {
	switch {
	case commitment == "" && len(line.Personal) > 0:
		return errors.New("personal data that the leaf does not commit to")
	case len(line.Personal) == 0 && len(line.Salt) > 0:
		return errors.New("a salt without personal data")
	case commitment == "":
		return nil
	case len(line.Personal) == 0:
		c.report.Erased++
		return nil
	}
	if len(line.Salt) != saltSize { // HMAC takes a key and the same key with zeros behind it for one
		return fmt.Errorf("a salt of %d bytes, where %d belong", len(line.Salt), saltSize)
	}
	want, err := hex.DecodeString(commitment)
	if err != nil {
		return fmt.Errorf("commitment: %w", err)
	}
	mac := hmac.New(sha256.New, line.Salt)
	mac.Write(line.Personal)
	if !hmac.Equal(mac.Sum(nil), want) {
		return errors.New("personal data is not what the leaf commits to")
	}
	c.report.Personal++
	return nil
}

// checkpoint compares the signed checkpoint with what was read.
func (c *checker) checkpoint(signed string) error {
	checkpoint, err := parseCheckpoint(signed, c.verifier)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	root, err := c.tree.GetRootHash(nil)
	if err != nil {
		return fmt.Errorf("root: %w", err)
	}
	if c.report.Leaves == 0 {
		root = rfc6962.DefaultHasher.EmptyRoot()
	}
	if checkpoint.Size != uint64(c.report.Leaves) || !bytes.Equal(checkpoint.Hash, root) { //nolint:gosec // counted from 0
		return fmt.Errorf("the checkpoint signs %d leaves with another root than these %d have", checkpoint.Size, c.report.Leaves)
	}
	c.done = true
	c.report.Origin, c.report.Root = checkpoint.Origin, fmt.Sprintf("%x", root)
	return nil
}

package verify_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-auth/gatehouse/audit/internal/tree"
	"github.com/gatehouse-auth/gatehouse/audit/verify"
)

const origin = "example.com/audit"

// honest is a log as the module makes it, in memory: two modules, personal data, one
// leaf whose personal data has been erased.
type honest struct {
	signer *tree.Signer
	lines  []verify.Line // without the checkpoint
}

type hashes []tree.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tree.Hash, error) {
	found := make([]tree.Hash, 0, len(indexes))
	for _, i := range indexes {
		found = append(found, h[i])
	}
	return found, nil
}

func signer(t testing.TB, name string, seed byte) *tree.Signer {
	t.Helper()
	s, err := tree.NewSigner(name, [32]byte{seed})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newLog(t testing.TB, size int) *honest {
	t.Helper()
	h := &honest{signer: signer(t, origin, 1)}
	positions := map[string]int{}
	for i := range size {
		source := []string{"library", "archive"}[i%2]
		positions[source]++
		line := verify.Line{Index: int64(i)}
		commitment := ""
		if i%3 == 0 {
			line.Personal = json.RawMessage(fmt.Sprintf(`{"email":"reader-%d@example.com","note":"<&>%c"}`, i, 0x2028))
			line.Salt = bytes.Repeat([]byte{byte(i)}, 32)
			commitment = fmt.Sprintf(`"pd_commit":%q,`, commit(line.Salt, line.Personal))
		}
		if i == 3 { // erased
			line.Personal, line.Salt = nil, nil
		}
		line.Leaf = fmt.Appendf(nil, `{"action":"%s.book_lent.v1",%s"pos":%d,"source":%q,"v":1}`, source, commitment, positions[source], source)
		h.lines = append(h.lines, line)
	}
	return h
}

func commit(salt, personal []byte) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write(personal)
	return hex.EncodeToString(mac.Sum(nil))
}

// checkpoint signs what the lines are now, as a server could that has the key.
func (h *honest) checkpoint(t testing.TB) string {
	t.Helper()
	growth := tree.Grow(0, hashes(nil))
	for _, line := range h.lines {
		if _, err := growth.Add(line.Leaf); err != nil {
			t.Fatal(err)
		}
	}
	_, stored := growth.New()
	root, err := tree.Root(growth.Size(), hashes(stored))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := h.signer.Checkpoint(growth.Size(), root)
	if err != nil {
		t.Fatal(err)
	}
	return signed.Note
}

// export returns the lines with the checkpoint over them.
func (h *honest) export(t testing.TB) []byte {
	t.Helper()
	return encode(t, append(h.lines[:len(h.lines):len(h.lines)], verify.Line{Checkpoint: h.checkpoint(t)})...)
}

func encode(t testing.TB, lines ...verify.Line) []byte {
	t.Helper()
	var all []byte
	for _, line := range lines {
		encoded, err := line.Encode()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, encoded...)
	}
	return all
}

// resign returns a checkpoint text under a signature of the log's own key.
func (h *honest) resign(t testing.TB, text string, others ...note.Signer) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, append([]note.Signer{h.signer}, others...)...)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

package breach_test

import (
	"crypto/sha1" //nolint:gosec // the format of the lists
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/breach"
)

// written returns the name of a file with this text.
func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "hashes.txt")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestList_Breached covers ASVS V6.2.12 without asking anybody: every password of a list is
// found, and no other, in each of the forms that lists have.
func TestList_Breached(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SliceOfNDistinct(rapid.StringN(1, 20, -1), 1, 200, rapid.ID).Draw(r, "words")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(r, "line end")
		counted, ended := rapid.Bool().Draw(r, "counted"), rapid.Bool().Draw(r, "ended")
		in := words[:len(words)/2+1]
		var lines []string
		for i, word := range in {
			sum := sha1.Sum([]byte(word)) //nolint:gosec // see above
			line := strings.ToUpper(hex.EncodeToString(sum[:]))
			if counted {
				line += fmt.Sprintf(":%d", i*i*i+1)
			}
			lines = append(lines, line)
		}
		slices.Sort(lines)
		text := strings.Join(lines, end)
		if ended {
			text += end
		}
		list, err := breach.Open(written(t, text))
		if err != nil {
			r.Fatal(err)
		}
		for i, word := range words {
			if found, err := list.Breached(t.Context(), word); err != nil || found != (i < len(in)) {
				r.Errorf("%q: found %t, %v; want %t", word, found, err, i < len(in))
			}
		}
	})
}

func TestOpenList_RefusesWhatCannotBeSearched(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("A", 40), strings.Repeat("B", 40)
	for name, tc := range map[string]struct{ text, says string }{
		"nothing":          {"", "empty"},
		"other text":       {"password\n123456\n", "no hash"},
		"a wrong order":    {b + ":1\n" + a + ":2\n", "not in order"},
		"other hashes":     {strings.Repeat("C", 64) + "\n", "no hash"},
		"endless lines":    {a + ":" + strings.Repeat("1", 1000) + "\n", "too long"},
		"an empty line":    {a + "\n\n", "no hash"},
		"no hexadecimal":   {strings.Repeat("X", 40) + "\n", "no hash"},
		"a binary garbage": {strings.Repeat("\x00", 500), ""},
	} {
		if _, err := breach.OpenList(written(t, tc.text)); err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want a sentence with %q", name, err, tc.says)
		}
	}
}

func FuzzList(f *testing.F) {
	f.Add([]byte(strings.Repeat("A", 40)+":1\n"), "word")
	f.Add([]byte("\n\n"), "")
	f.Fuzz(func(t *testing.T, text []byte, word string) {
		list, err := breach.OpenList(written(t, string(text)))
		if err != nil {
			return
		}
		_, _ = list.Breached(t.Context(), word) // ends, and reads nothing beyond the file
	})
}

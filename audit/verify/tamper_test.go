package verify_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/audit/verify"
)

// refused fails the test if the verifier accepts an export that is not the honest one.
func refused(t *testing.T, log *honest, what string, export []byte) {
	t.Helper()
	if report, err := verify.Export(bytes.NewReader(export), log.signer.VerifierKey()); err == nil {
		t.Errorf("%s: accepted as %+v", what, report)
	}
}

// Past vulnerabilities 86 and 87, audit pass criterion A1: whatever byte is changed, taken
// out, put in or doubled, and wherever the export is cut, it is not accepted.
//
// Covers immudb CVE-2022-36111, gitsign CVE-2026-44310; golang.org/x/mod CVE-2026-56864.
func TestExport_RefusesEveryChangedByte(t *testing.T) {
	t.Parallel()
	log := newLog(t, 4) // one with personal data, one without, one of another module, one erased
	export := log.export(t)
	for i := range export {
		for _, bit := range []byte{1, 2, 4, 8, 16, 32, 64, 128} {
			changed := bytes.Clone(export)
			changed[i] ^= bit
			refused(t, log, fmt.Sprintf("byte %d with bit %d changed", i, bit), changed)
		}
		refused(t, log, fmt.Sprintf("cut at byte %d", i), export[:i])
		refused(t, log, fmt.Sprintf("without byte %d", i), slices.Delete(bytes.Clone(export), i, i+1))
		for _, extra := range []byte(" \r\n\",A") {
			if changed := slices.Insert(bytes.Clone(export), i, extra); !bytes.Equal(changed, export) {
				refused(t, log, fmt.Sprintf("with %q put in at %d", extra, i), changed)
			}
		}
	}
	for _, extra := range []string{"\n", " ", "\r", "{}\n", "null\n", "x"} {
		refused(t, log, fmt.Sprintf("with %q after the end", extra), append(bytes.Clone(export), extra...))
	}
}

func TestExport_RefusesLinesOutOfPlace(t *testing.T) {
	t.Parallel()
	log := newLog(t, 9)
	lines := bytes.SplitAfter(bytes.TrimSuffix(log.export(t), []byte("\n")), []byte("\n"))
	lines[len(lines)-1] = append(lines[len(lines)-1], '\n')
	join := func(all [][]byte) []byte { return bytes.Join(all, nil) }
	for i := range lines {
		refused(t, log, fmt.Sprintf("line %d dropped", i), join(slices.Delete(slices.Clone(lines), i, i+1)))
		refused(t, log, fmt.Sprintf("line %d doubled", i), join(slices.Insert(slices.Clone(lines), i, lines[i])))
		for j := range i {
			swapped := slices.Clone(lines)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			refused(t, log, fmt.Sprintf("lines %d and %d swapped", i, j), join(swapped))
		}
	}
	refused(t, log, "the lines before the last leaf only", join(append(slices.Clone(lines[:len(lines)-2]), lines[len(lines)-1])))
}

// What somebody does who understands the format and keeps the indexes in order.
func TestExport_RefusesAnotherLog(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(t *testing.T, log *honest) []byte{
		"a leaf that was changed": func(t *testing.T, log *honest) []byte {
			return changeLeaf(t, log, 4, "book_lent", "book_lost")
		},
		"a leaf that was dropped, the rest renumbered": func(t *testing.T, log *honest) []byte {
			signed := log.checkpoint(t)
			log.lines = slices.Delete(log.lines, 4, 5)
			for i := range log.lines {
				log.lines[i].Index = int64(i)
			}
			return append(encode(t, log.lines...), encode(t, verify.Line{Checkpoint: signed})...)
		},
		"a gap in a module's positions, signed": func(t *testing.T, log *honest) []byte {
			return resigned(t, log, 8, `"pos":5`, `"pos":6`)
		},
		"a position that comes twice, signed": func(t *testing.T, log *honest) []byte {
			return resigned(t, log, 8, `"pos":5`, `"pos":4`)
		},
		"a module that begins at its second event, signed": func(t *testing.T, log *honest) []byte {
			return resigned(t, log, 8, `"source":"library"`, `"source":"newcomer"`)
		},
		"a leaf with a name twice, signed": func(t *testing.T, log *honest) []byte {
			return resigned(t, log, 8, `"pos":5`, `"pos":6,"pos":5`)
		},
		"a leaf with a name in capitals, signed": func(t *testing.T, log *honest) []byte {
			return resigned(t, log, 8, `"pos":5`, `"POS":5`)
		},
		"a leaf of a later version, signed": func(t *testing.T, log *honest) []byte {
			return resigned(t, log, 8, `"v":1`, `"v":2`)
		},
		"the tail cut, with an older checkpoint of another size": func(t *testing.T, log *honest) []byte {
			signed := log.checkpoint(t)
			return append(encode(t, log.lines[:6]...), encode(t, verify.Line{Checkpoint: signed})...)
		},
		"the checkpoint of another log under the same key": func(t *testing.T, log *honest) []byte {
			return append(encode(t, log.lines...), encode(t, verify.Line{Checkpoint: changed(t, newLog(t, 9)).checkpoint(t)})...)
		},
		"another key of the same name": func(t *testing.T, log *honest) []byte {
			forged := newLog(t, 9)
			forged.signer = signer(t, origin, 2)
			return forged.export(t)
		},
		"the same key under another name": func(t *testing.T, log *honest) []byte {
			forged := newLog(t, 9)
			forged.signer = signer(t, "example.org/audit", 1)
			return forged.export(t)
		},
		"another origin in a text that our key signed": func(t *testing.T, log *honest) []byte {
			return withText(t, log, func(text string) string { return strings.Replace(text, origin, "example.org/audit", 1) })
		},
		"an extension line that our key signed": func(t *testing.T, log *honest) []byte {
			return withText(t, log, func(text string) string { return text + "more\n" })
		},
		"a size with a sign": func(t *testing.T, log *honest) []byte {
			return withText(t, log, func(text string) string { return strings.Replace(text, "\n9\n", "\n+9\n", 1) })
		},
		"a second signature that nobody checked": func(t *testing.T, log *honest) []byte {
			text, _, _ := strings.Cut(log.checkpoint(t), "\n\n")
			signed := log.resign(t, text+"\n", signer(t, "witness.example", 3))
			return append(encode(t, log.lines...), encode(t, verify.Line{Checkpoint: signed})...)
		},
		"the signature twice": func(t *testing.T, log *honest) []byte {
			signed := log.checkpoint(t)
			_, signature, _ := strings.Cut(signed, "\n\n")
			return append(encode(t, log.lines...), encode(t, verify.Line{Checkpoint: signed + signature})...)
		},
		"two exports, one after the other": func(t *testing.T, log *honest) []byte {
			return append(log.export(t), log.export(t)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := newLog(t, 9)
			refused(t, log, name, tamper(t, log))
		})
	}
}

func TestExport_NamesTheSignatureThatItCannotCheck(t *testing.T) {
	t.Parallel()
	log := newLog(t, 2)
	text, _, _ := strings.Cut(log.checkpoint(t), "\n\n")
	signed := log.resign(t, text+"\n", signer(t, "witness.example", 3))
	export := append(encode(t, log.lines...), encode(t, verify.Line{Checkpoint: signed})...)
	if _, err := verify.Export(bytes.NewReader(export), log.signer.VerifierKey()); err == nil || !strings.Contains(err.Error(), "witness.example") {
		t.Errorf("got %v", err)
	}
}

func TestExport_RefusesOtherPersonalData(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(*honest){
		"changed": func(l *honest) { l.lines[0].Personal = []byte(`{"email":"mallory@example.com"}`) },
		"spelt in another way": func(l *honest) {
			l.lines[0].Personal = bytes.Replace(l.lines[0].Personal, []byte(`<`), []byte(`\u003c`), 1)
		},
		"with another salt":         func(l *honest) { l.lines[0].Salt = bytes.Repeat([]byte{9}, 32) },
		"without its salt":          func(l *honest) { l.lines[0].Salt = nil },
		"of another leaf":           func(l *honest) { l.lines[6].Personal, l.lines[6].Salt = l.lines[0].Personal, l.lines[0].Salt },
		"slipped in":                func(l *honest) { l.lines[1].Personal = []byte(`{"email":"mallory@example.com"}`) },
		"slipped in as null":        func(l *honest) { l.lines[1].Personal = []byte(`null`) },
		"put back for an erased":    func(l *honest) { l.lines[3].Personal, l.lines[3].Salt = l.lines[0].Personal, l.lines[0].Salt },
		"gone, its salt left":       func(l *honest) { l.lines[0].Personal = nil },
		"a salt where nothing was":  func(l *honest) { l.lines[1].Salt = make([]byte, 32) },
		"a commitment that is none": func(l *honest) { l.lines[0].Leaf = []byte(`{"pd_commit":"zz","pos":1,"source":"library","v":1}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := newLog(t, 9)
			tamper(log)
			refused(t, log, name, log.export(t))
		})
	}
}

// changeLeaf changes a leaf under the honest checkpoint.
func changeLeaf(t *testing.T, log *honest, index int, old, replacement string) []byte {
	t.Helper()
	signed := log.checkpoint(t)
	replace(t, log, index, old, replacement)
	return append(encode(t, log.lines...), encode(t, verify.Line{Checkpoint: signed})...)
}

// resigned changes a leaf and has the log's own key sign the result.
func resigned(t *testing.T, log *honest, index int, old, replacement string) []byte {
	t.Helper()
	replace(t, log, index, old, replacement)
	return log.export(t)
}

func replace(t *testing.T, log *honest, index int, old, replacement string) {
	t.Helper()
	after := bytes.Replace(log.lines[index].Leaf, []byte(old), []byte(replacement), 1)
	if bytes.Equal(after, log.lines[index].Leaf) {
		t.Fatalf("leaf %d has no %s: %s", index, old, log.lines[index].Leaf)
	}
	log.lines[index].Leaf = after
}

func changed(t *testing.T, log *honest) *honest {
	t.Helper()
	replace(t, log, 4, "book_lent", "book_lost")
	return log
}

// withText has the log's key sign another checkpoint text.
func withText(t *testing.T, log *honest, change func(string) string) []byte {
	t.Helper()
	text, _, _ := strings.Cut(log.checkpoint(t), "\n\n")
	after := change(text + "\n")
	if after == text+"\n" {
		t.Fatalf("the text did not change: %s", text)
	}
	return append(encode(t, log.lines...), encode(t, verify.Line{Checkpoint: log.resign(t, after)})...)
}

package logging

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
)

// escaper replaces control characters that zerolog and encoding/json let through: DEL
// and U+0080 to U+009F, which some terminals obey. They occur inside of quoted strings
// only, where the escape of JSON and of Go is the same.
type escaper struct{ next io.Writer }

// Write implements io.Writer.
func (e escaper) Write(line []byte) (int, error) {
	if plain(line) || !bytes.ContainsFunc(line, obeyed) {
		return e.next.Write(line)
	}
	var escaped bytes.Buffer
	for _, r := range string(line) {
		if obeyed(r) {
			fmt.Fprintf(&escaped, `\u%04x`, r)
			continue
		}
		escaped.WriteRune(r)
	}
	if _, err := e.next.Write(escaped.Bytes()); err != nil {
		return 0, err
	}
	return len(line), nil
}

// plain reports whether the line has no byte from DEL on: nearly every line.
func plain(line []byte) bool {
	for _, c := range line {
		if c >= 0x7f {
			return false
		}
	}
	return true
}

// obeyed reports whether r is a control character above those of ASCII's beginning,
// which are escaped already.
func obeyed(r rune) bool { return r > ' ' && unicode.IsControl(r) }

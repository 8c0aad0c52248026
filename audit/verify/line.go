package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Line is one line of an export: a leaf with what belongs to it, or at the end the
// checkpoint over all of them and nothing else.
type Line struct {
	Index      int64           `json:"index"`
	Leaf       []byte          `json:"leaf,omitempty"`
	Personal   json.RawMessage `json:"personal,omitempty"` // canonical JSON; absent: none, or erased
	Salt       []byte          `json:"salt,omitempty"`     // of the commitment to Personal
	Checkpoint string          `json:"checkpoint,omitempty"`
}

// lastLine is the form of a Line with a checkpoint.
type lastLine struct {
	Checkpoint string `json:"checkpoint"`
}

// Encode returns the one spelling that an export has for the line, with its newline.
// Personal data is written as it is, letter by letter: its commitment depends on that.
func (l Line) Encode() ([]byte, error) {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	var form any = l
	if l.Checkpoint != "" {
		form = lastLine{l.Checkpoint}
	}
	if err := encoder.Encode(form); err != nil {
		return nil, fmt.Errorf("encode line of an export: %w", err)
	}
	return encoded.Bytes(), nil
}

var errSpelling = errors.New("the line is spelt in another way than the log spells it")

// decode reads a line and refuses every spelling but that of Encode: other programs must
// not read something else in it than what was checked.
func decode(raw []byte) (Line, error) {
	var line Line
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&line); err != nil {
		return Line{}, fmt.Errorf("not a line of an export: %w", err)
	}
	spelt, err := line.Encode()
	if err != nil {
		return Line{}, err
	}
	if !bytes.Equal(raw, spelt) {
		return Line{}, errSpelling
	}
	return line, nil
}

// splitLines is a bufio.SplitFunc whose lines keep their ends.
func splitLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return end + 1, data[:end+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

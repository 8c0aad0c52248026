package breach

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
)

const (
	hashLength = 40
	maxLine    = 128 // bytes; a hash, a count and the line's end need far less
	probes     = 256 // places at which a list is checked to be in order
)

// List is a file of SHA-1 hashes in hexadecimal, one a line, in order, each with or without
// a count after a colon, as Have I Been Pwned's downloader writes it. It is searched on
// disk, by bisection, and is safe for concurrent use.
type List struct {
	file io.ReaderAt
	size int64
}

var _ password.Breaches = (*List)(nil)

// OpenList opens the file of a list, which stays open, and checks samples of it.
func OpenList(name string) (*List, error) {
	file, err := os.Open(name) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", name)
	}
	if err == nil {
		l := &List{file, info.Size()}
		if err = l.check(); err == nil {
			return l, nil
		}
		err = fmt.Errorf("%s is no list of sorted SHA-1 hashes: %w", name, err)
	}
	_ = file.Close()
	return nil, err
}

// Breached implements password.Breaches.
func (l *List) Breached(_ context.Context, plain string) (bool, error) {
	found, err := l.find(digest(plain))
	if err != nil {
		return false, ErrUnavailable.With(fmt.Errorf("search breached passwords: %w", err))
	}
	return found, nil
}

// find looks for a hash. Between low and high begin the lines that may hold it.
func (l *List) find(want string) (bool, error) {
	low, high := int64(0), l.size
	for low < high {
		have, err := l.line(low + (high-low)/2)
		if err != nil {
			return false, err
		}
		switch strings.Compare(have.hash, want) {
		case 0:
			return true, nil
		case -1:
			low = have.end
		default:
			high = have.begin
		}
	}
	return false, nil
}

// entry is a line of a list.
type entry struct {
	hash       string
	begin, end int64 // end is where the next one begins
}

// line returns the line that the byte at offset belongs to.
func (l *List) line(offset int64) (entry, error) {
	from := max(0, offset-maxLine)
	window := make([]byte, min(2*maxLine, l.size-from))
	if _, err := l.file.ReadAt(window, from); err != nil && !errors.Is(err, io.EOF) {
		return entry{}, err
	}
	at := int(offset - from)
	start := bytes.LastIndexByte(window[:at], '\n') + 1
	if start == 0 && from > 0 {
		return entry{}, fmt.Errorf("the line at byte %d is too long", offset)
	}
	length := bytes.IndexByte(window[at:], '\n') + 1
	if length == 0 {
		if length = len(window) - at; from+int64(len(window)) < l.size {
			return entry{}, fmt.Errorf("the line at byte %d is too long", offset)
		}
	}
	hash, _, _ := strings.Cut(strings.TrimSpace(string(window[start:at+length])), ":")
	if _, err := hex.DecodeString(hash); err != nil || len(hash) != hashLength {
		return entry{}, fmt.Errorf("the line at byte %d is no hash", offset)
	}
	return entry{strings.ToUpper(hash), from + int64(start), from + int64(at+length)}, nil
}

// check reads lines all over the list.
func (l *List) check() error {
	if l.size == 0 {
		return errors.New("it is empty")
	}
	last := ""
	for i := range int64(probes + 1) {
		have, err := l.line(min(l.size/probes*i+l.size%probes*i/probes, l.size-1))
		if err != nil {
			return err
		}
		if have.hash < last {
			return errors.New("it is not in order")
		}
		last = have.hash
	}
	return nil
}

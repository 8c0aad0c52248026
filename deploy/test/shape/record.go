package shape

import (
	"bytes"
	"strings"
	"sync"
)

// record keeps what a system logs. It may be written to at once.
type record struct {
	mutex sync.Mutex
	said  bytes.Buffer
}

// Write implements io.Writer.
func (r *record) Write(p []byte) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.said.Write(p)
}

func (r *record) String() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.said.String()
}

// tail returns the last lines, enough to see what went wrong.
func (r *record) tail() string {
	lines := strings.Split(r.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-60):], "\n")
}

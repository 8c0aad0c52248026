package bus

import (
	"bytes"
	"net/http"
	"strconv"
)

// recorder is the http.ResponseWriter of a handler whose answer leaves as one message. It
// treats the handler as net/http's server would: fields set after the status are lost,
// a status without a body takes none, and a second status is ignored.
type recorder struct {
	method string
	limit  int // bytes of body

	header http.Header
	status int          // 0 until the answer has begun
	head   bytes.Buffer // the status line and the fields as they were then
	told   string       // the Content-Length among them
	body   bytes.Buffer
	over   bool // the body exceeds limit
}

func newRecorder(method string, limit int) *recorder {
	return &recorder{method: method, limit: limit, header: http.Header{}}
}

var _ http.ResponseWriter = (*recorder)(nil)

// Header implements http.ResponseWriter.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. Interim answers (1xx) do not travel.
func (w *recorder) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK {
		return
	}
	w.status, w.told = status, w.header.Get("Content-Length")
	w.head.Grow(usualHead)
	w.head.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")
	_ = w.header.WriteSubset(&w.head, notForwarded(w.header)) // a buffer takes everything
}

// Write implements io.Writer.
func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	switch {
	case !w.takesBody():
		return 0, http.ErrBodyNotAllowed
	case w.over || w.body.Len()+len(b) > w.limit:
		w.over = true
		return 0, ErrAnswerTooLarge
	}
	return w.body.Write(b)
}

// encode writes the answer as an HTTP/1.1 message.
func (w *recorder) encode() ([]byte, error) {
	w.WriteHeader(http.StatusOK)
	if w.over {
		return nil, ErrAnswerTooLarge
	}
	if length := w.length(); length >= 0 {
		writeLength(&w.head, length)
	}
	w.head.WriteString("\r\n")
	if w.method != http.MethodHead {
		w.head.Write(w.body.Bytes())
	}
	return w.head.Bytes(), nil
}

// length is what Content-Length says; negative: nothing. An answer to HEAD has the length
// that GET would have, if the handler told it.
func (w *recorder) length() int64 {
	if w.method == http.MethodHead {
		if told, err := strconv.ParseInt(w.told, 10, 64); err == nil {
			return told
		}
		if w.body.Len() == 0 {
			return -1
		}
	} else if !w.takesBody() {
		return -1
	}
	return int64(w.body.Len())
}

func (w *recorder) takesBody() bool {
	return w.status != http.StatusNoContent && w.status != http.StatusNotModified
}

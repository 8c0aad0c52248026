package front

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

var errUnread = fault.New(fault.Invalid, "gateway.body", "The body could not be read.")

// read takes the whole body, at most limit bytes of it.
func read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, httpx.ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, httpx.ErrTooLarge
	}
	if err != nil {
		return nil, errUnread.With(err)
	}
	return body, nil
}

const (
	lingerFor   = time.Second
	lingerBytes = 32 << 20
)

// linger lets a client that is still sending what was refused read the answer: closing a
// connection with unread bytes resets it, and the answer is lost (RFC 9112, section 9.6).
func linger(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	if control.Flush() != nil || control.SetReadDeadline(time.Now().Add(lingerFor)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, lingerBytes) // the answer has been given, whatever comes
}

package front

import (
	"errors"
	"io"
	"net/http"

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

package httpx

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Faults of decoding.
var (
	ErrMediaType = fault.New(fault.Invalid, "request.media_type", "Send the body as application/json.")
	ErrBody      = fault.New(fault.Invalid, "request.body", "The body is not the JSON object that this route expects.")
	ErrTooLarge  = fault.New(fault.TooLarge, "request.too_large", "The body is larger than this route accepts.")
)

// Decode reads a JSON object from the body strictly: the media type must be
// application/json, unknown and duplicate members, invalid UTF-8, trailing data and
// anything but an object are refused (ASVS V1.5.3). The pipeline limits the size.
func Decode[T any](r *http.Request) (T, error) {
	var value T
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return value, ErrMediaType
	}
	body, err := io.ReadAll(r.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return value, ErrTooLarge
	}
	if err != nil {
		return value, ErrBody.With(err)
	}
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) { // null would pass as a zero value
		return value, ErrBody
	}
	if err := json.Unmarshal(body, &value, json.RejectUnknownMembers(true)); err != nil {
		var zero T // what was read before the fault must not be used
		return zero, ErrBody.With(err)
	}
	return value, nil
}

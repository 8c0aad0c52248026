package httpx

import (
	"errors"
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

// Decode reads a JSON body strictly: the media type must be application/json, unknown
// and duplicate members, invalid UTF-8 and trailing data are refused (ASVS V1.5.3).
func Decode[T any](r *http.Request) (T, error) {
	var value T
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return value, ErrMediaType
	}
	if err := json.UnmarshalRead(r.Body, &value, json.RejectUnknownMembers(true)); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return value, ErrTooLarge
		}
		return value, ErrBody.With(err)
	}
	return value, nil
}

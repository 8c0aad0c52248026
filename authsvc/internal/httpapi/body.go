package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/httpx"
)

const (
	mediaJSON = "application/json"
	mediaForm = "application/x-www-form-urlencoded"
)

var errJSON = fault.New(fault.Invalid, "BAD_REQUEST", "Invalid JSON in request body")

// readBody decodes a body as the protocol does: missing{} if none was sent, and 415 for a
// media type that is not allowed.
func readBody(r *http.Request, form bool) (any, error) {
	raw, err := io.ReadAll(r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, httpx.ErrTooLarge
	}
	if err != nil {
		return nil, errJSON.With(err)
	}
	contentType := r.Header.Get("Content-Type")
	if len(raw) == 0 && contentType == "" {
		return missing{}, nil
	}
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	switch {
	case media == mediaJSON && len(raw) == 0:
		return missing{}, nil
	case media == mediaJSON:
		return decodeJSON(raw)
	case media == mediaForm && form:
		return decodeForm(string(raw))
	}
	return nil, unsupported(contentType, form)
}

// maxDepth bounds how deep a body may nest; the protocol needs two levels.
const maxDepth = 32

func decodeJSON(raw []byte) (any, error) {
	depth := 0
	for _, c := range raw { // an upper bound: brackets inside strings count too
		if c == '{' || c == '[' {
			if depth++; depth > maxDepth {
				return nil, errJSON
			}
		}
	}
	var decoded any
	if err := json.Unmarshal(raw, &decoded); err != nil {
		return nil, errJSON.With(err)
	}
	return decoded, nil
}

func decodeForm(raw string) (any, error) {
	form, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fault.New(fault.Invalid, "BAD_REQUEST", "The form could not be read").With(err)
	}
	return queryValues(form), nil
}

// queryValues turns parameters into members: a repeated one becomes a list.
func queryValues(parameters url.Values) map[string]any {
	members := make(map[string]any, len(parameters))
	for name, all := range parameters {
		if len(all) == 1 {
			members[name] = all[0]
		} else {
			members[name] = all
		}
	}
	return members
}

// errMediaType is the code of 415 answers; the message differs.
var errMediaType = fault.New(fault.Invalid, "UNSUPPORTED_MEDIA_TYPE", "")

func unsupported(contentType string, form bool) error {
	allowed := mediaJSON
	if form {
		allowed = mediaForm + ", " + mediaJSON
	}
	if contentType == "" {
		return errMediaType.WithMessage("Content-Type is required. Allowed types: " + allowed)
	}
	return errMediaType.WithMessage(fmt.Sprintf("Content-Type \"%s\" is not allowed. Allowed types: %s", cleanText(contentType), allowed))
}

package httpx

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/trace"
)

// Format is a way to write errors.
type Format string

// The formats.
const (
	Problem     Format = "problem"      // RFC 9457, application/problem+json
	OAuth       Format = "oauth"        // RFC 6749, section 5.2
	CodeMessage Format = "code-message" // {"message","code"}
)

func (f Format) valid() bool { return f == Problem || f == OAuth || f == CodeMessage }

// problem is the body of RFC 9457.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Code      string `json:"code"`
	RequestID string `json:"request_id,omitempty"`
}

type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

type codeMessage struct {
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
}

// WriteError answers with err in the given format. Only kind, code and message show;
// 503 and 429 say when to try again. It also names the code in FaultHeader, for the
// edge's log line; the edge removes that header.
func WriteError(w http.ResponseWriter, r *http.Request, format Format, err error) {
	f := fault.From(err)
	status := f.Kind.Status()
	header := w.Header()
	header.Set(FaultHeader, f.Code)
	if after := retryAfter(f); after > 0 {
		header.Set("Retry-After", strconv.Itoa(after))
	}
	switch format {
	case CodeMessage:
		_ = writeJSON(w, status, mediaJSON, codeMessage{f.Message, f.Code})
	case OAuth:
		code := oauthCode(f)
		if code == "invalid_client" {
			status = http.StatusUnauthorized
			header.Set("WWW-Authenticate", `Basic realm="token"`) // RFC 9110, section 15.5.2
		}
		header.Set("Cache-Control", "no-store")
		_ = writeJSON(w, status, mediaJSON, oauthError{code, f.Message})
	case Problem:
		if f.Kind == fault.Unauthenticated && header.Get("WWW-Authenticate") == "" {
			header.Set("WWW-Authenticate", "Bearer")
		}
		if f.Is(ErrMediaType) {
			status = http.StatusUnsupportedMediaType // RFC 9110, section 15.5.16
		}
		_ = WriteProblem(w, r, status, f)
	}
}

// WriteProblem answers with a problem document (RFC 9457) under a status of its own.
func WriteProblem(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) error {
	return writeJSON(w, status, "application/problem+json", problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: f.Message,
		Code: f.Code, RequestID: trace.From(r.Context()).RequestID,
	})
}

// retryAfter returns whole seconds for the kinds that may pass, at least one.
func retryAfter(f *fault.Error) int {
	switch f.Kind {
	case fault.Unavailable, fault.Overloaded, fault.Deadline, fault.Exhausted:
		return max(1, int((f.RetryAfter+time.Second-1)/time.Second))
	default:
		return 0
	}
}

// oauthCode maps a fault to the error codes of RFC 6749, section 5.2. Faults made
// for OAuth carry such a code already.
func oauthCode(f *fault.Error) string {
	switch f.Code {
	case "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
		"invalid_scope", "invalid_target", "unsupported_token_type":
		return f.Code
	}
	switch f.Kind {
	case fault.Unavailable, fault.Overloaded, fault.Deadline, fault.Exhausted:
		return "temporarily_unavailable"
	case fault.Internal, fault.Unimplemented:
		return "server_error"
	case fault.Unauthenticated:
		return "invalid_client"
	default:
		return "invalid_request"
	}
}

// WriteJSON answers 200 with value as JSON.
func WriteJSON(w http.ResponseWriter, value any) error {
	return writeJSON(w, http.StatusOK, mediaJSON, value)
}

// WriteStatus answers with the given status and value as JSON.
func WriteStatus(w http.ResponseWriter, status int, value any) error {
	return writeJSON(w, status, mediaJSON, value)
}

func writeJSON(w http.ResponseWriter, status int, contentType string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return WriteBody(w, status, contentType, body)
}

const mediaJSON = "application/json"

// typeJSON is shared by all answers, of which nobody changes a header but by replacing it.
var typeJSON = []string{mediaJSON}

// WriteBody answers with a body that is encoded already.
func WriteBody(w http.ResponseWriter, status int, contentType string, body []byte) error {
	header := w.Header()
	if contentType == mediaJSON {
		header["Content-Type"] = typeJSON
	} else {
		header.Set("Content-Type", contentType)
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

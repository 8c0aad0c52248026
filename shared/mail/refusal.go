package mail

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// refusals turns every answer that is not a success into a *refusal. Resend's client
// keeps of most answers neither the status nor Retry-After, but hands on what the
// transport returns. It also means that no redirect is followed with the key.
type refusals struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t refusals) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := t.next.RoundTrip(request)
	if err != nil || answer.StatusCode/100 == 2 {
		return answer, err
	}
	defer func() { _ = answer.Body.Close() }()
	return nil, readRefusal(answer)
}

// refusal is Resend's answer to a mail it did not take. It leaves the message of the
// answer out, which may repeat addresses.
type refusal struct {
	status     int
	name       string // Resend's name of the error, e.g. "validation_error"
	retryAfter time.Duration
}

const (
	maxRefusal    = 64 << 10     // bytes of an answer that are read
	maxRetryAfter = 24 * 60 * 60 // seconds
	maxErrorName  = 64           // bytes
)

// nameForm is what Resend's names of errors look like.
var nameForm = regexp.MustCompile(`\A[a-z_]+\z`)

func readRefusal(answer *http.Response) *refusal {
	r := &refusal{status: answer.StatusCode}
	var body struct {
		Name string `json:"name"`
	}
	err := json.NewDecoder(io.LimitReader(answer.Body, maxRefusal)).Decode(&body)
	if err == nil && len(body.Name) <= maxErrorName && nameForm.MatchString(body.Name) {
		r.name = body.Name
	}
	// RFC 9110, section 10.2.3; Resend sends seconds, and a date is not worth the code.
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		r.retryAfter = time.Duration(min(seconds, maxRetryAfter)) * time.Second
	}
	return r
}

// Error implements error.
func (r *refusal) Error() string { return fmt.Sprintf("resend answered %d %s", r.status, r.name) }

// fault blames the message for what only another message could mend. Everything else,
// a wrong key included, ends some day without the mail being lost.
func (r *refusal) fault() error {
	switch r.status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return ErrRefused.With(r)
	case http.StatusConflict:
		if r.name == "invalid_idempotent_request" { // the same key came with another message
			return ErrRefused.With(r)
		}
	}
	return ErrUnavailable.WithRetryAfter(r.retryAfter).With(r)
}

package fault

import (
	"context"
	"errors"
	"time"
)

// Kind decides the status of an answer, the level of its log line and whether a
// caller may try again.
type Kind string

// The kinds. Their text is what travels between processes.
const (
	Internal        Kind = "internal"        // a bug; details only in the log
	Invalid         Kind = "invalid"         // the request can never succeed as it stands
	Unauthenticated Kind = "unauthenticated" // nobody proved who is calling
	Denied          Kind = "denied"          // the caller is known and may not
	NotFound        Kind = "not_found"       // the thing named does not exist, or not for this caller
	Conflict        Kind = "conflict"        // the state of the thing forbids it
	Exhausted       Kind = "exhausted"       // a limit of this caller is used up
	TooLarge        Kind = "too_large"       // a body or message above its limit
	Unimplemented   Kind = "unimplemented"   // nobody serves this method
	Unavailable     Kind = "unavailable"     // an outage; nothing is known about the effect
	Overloaded      Kind = "overloaded"      // refused before any work was done; safe to try again
	Deadline        Kind = "deadline"        // time ran out; nothing is known about the effect
)

// Error is a failure that may cross a border. Values are immutable: the With
// methods return copies, so package-level errors serve as templates.
type Error struct {
	Kind       Kind
	Code       string        // stable, e.g. "identity.user_unknown"
	Message    string        // safe to show to the caller
	RetryAfter time.Duration // when trying again makes sense; 0: not said
	Err        error         // the cause; logged, never shown
}

// New returns an error of the given kind. Code is stable, Message is safe to show.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Error is for logs: it names the code, the message and the cause.
func (e *Error) Error() string {
	text := e.Code
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is a fault with the same code. Comparing by code is
// what lets an error keep its identity across processes.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Alarming reports whether the failure is a bug or an outage that showed here, which a
// log line must tell. An outage without a cause was told of where it showed, and a caller
// that went away is none.
func (e *Error) Alarming() bool {
	return e.Kind == Internal || e.Kind == Unavailable && e.Err != nil && !errors.Is(e.Err, context.Canceled)
}

// With returns a copy that carries err as its cause.
func (e *Error) With(err error) *Error {
	copied := *e
	copied.Err = err
	return &copied
}

// WithMessage returns a copy with another message for the caller.
func (e *Error) WithMessage(message string) *Error {
	copied := *e
	copied.Message = message
	return &copied
}

// WithRetryAfter returns a copy that says when to try again.
func (e *Error) WithRetryAfter(after time.Duration) *Error {
	copied := *e
	copied.RetryAfter = after
	return &copied
}

// From returns the fault in err's chain. An error without one becomes Deadline
// if the context's time ran out, else Internal, with err as the cause.
// From(nil) is nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	if found, ok := errors.AsType[*Error](err); ok {
		if found == nil { // a nil *Error, returned as an error
			return New(Internal, "internal", "Something went wrong on our side.")
		}
		return found
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return New(Deadline, "deadline", "The request took too long. Try again.").With(err)
	}
	if errors.Is(err, context.Canceled) {
		return New(Unavailable, "canceled", "The request was canceled.").With(err)
	}
	return New(Internal, "internal", "Something went wrong on our side.").With(err)
}

// KindOf returns the kind that From would give err.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	return From(err).Kind
}

// Status returns the HTTP status for a kind (RFC 9110, section 15).
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return 400
	case Unauthenticated:
		return 401
	case Denied:
		return 403
	case NotFound:
		return 404
	case Conflict:
		return 409
	case TooLarge:
		return 413
	case Exhausted:
		return 429
	case Unimplemented:
		return 501
	case Unavailable, Overloaded, Deadline:
		return 503
	case Internal:
		return 500
	}
	return 500
}

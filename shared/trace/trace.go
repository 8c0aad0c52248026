package trace

import (
	"context"
	"crypto/rand"
	"encoding/base32"
)

// Span names the request that work belongs to.
type Span struct {
	RequestID   string // chosen by the edge; ASCII, at most 64 characters
	Traceparent string // W3C Trace Context header, or empty
}

type contextKey struct{}

// Owns reports whether a context's key is that of its span.
func Owns(key any) bool { return key == contextKey{} }

// With returns a context that carries span.
func With(ctx context.Context, span Span) context.Context {
	return context.WithValue(ctx, contextKey{}, span)
}

// From returns the span of ctx, or the zero Span.
func From(ctx context.Context) Span {
	span, _ := ctx.Value(contextKey{}).(Span)
	return span
}

// idLetters are those of base32, in lower case (RFC 4648, section 6).
var idLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewRequestID returns a fresh random id.
func NewRequestID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	var text [26]byte
	idLetters.Encode(text[:], random[:])
	return string(text[:])
}

// ValidRequestID reports whether an id given from outside may be used as it is:
// 1 to 64 characters of letters, digits, '-', '_' and '.'.
func ValidRequestID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

const redacted = "[redacted]"

// Text is a secret that prints as [redacted] in every format. Reveal is the only
// way to its value, so a search for that word finds every use.
//
// Two places are beyond its reach: fmt prints a Text in an unexported field of a struct
// without asking it, and JSON does so with a key of a map. Hold it in neither if the
// value around it is ever printed.
type Text string

// String implements fmt.Stringer.
func (Text) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Text) GoString() string { return redacted }

// Format implements fmt.Formatter, so that no verb reaches the value.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText implements encoding.TextMarshaler, which JSON and zerolog use too.
func (Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Reveal returns the value itself.
func (t Text) Reveal() string { return string(t) }

// Root is the secret that all keys of an installation come from.
type Root struct {
	value *Text // a pointer: fmt prints unexported fields of other structs without asking Format
}

// NewRoot wraps a root secret. The caller has checked its strength.
func NewRoot(value Text) Root { return Root{&value} }

// Format implements fmt.Formatter: no verb reaches the value.
func (Root) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// Key derives the 32-byte key of one purpose: HMAC-SHA-256 keyed with the root,
// which is the expand step of HKDF (RFC 5869, section 2.3) with one block.
// Purposes are separate: a key says nothing about the root or about another key.
func (r Root) Key(purpose string) [32]byte {
	mac := hmac.New(sha256.New, []byte(r.Text().Reveal()))
	mac.Write([]byte(purpose))
	mac.Write([]byte{1})
	return [32]byte(mac.Sum(nil))
}

// Text returns the root itself, for protocols that sign with it directly. The zero
// Root holds the empty text.
func (r Root) Text() Text {
	if r.value == nil {
		return ""
	}
	return *r.value
}

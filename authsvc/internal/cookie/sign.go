package cookie

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"
)

// signatureLength is that of a padded base64 SHA-256.
const signatureLength = 44

// signer signs cookie values with the root secret itself, as the protocol demands. It keeps
// keyed hashes ready, since every request with a cookie takes one.
type signer struct{ ready *sync.Pool }

// keyed is an HMAC with its key, and room for what goes in and comes out.
type keyed struct {
	hash.Hash
	room []byte
}

func newSigner(secret string) signer {
	return signer{&sync.Pool{New: func() any { return &keyed{Hash: hmac.New(sha256.New, []byte(secret))} }}}
}

// mac returns the HMAC of value.
func (s signer) mac(value string) [sha256.Size]byte {
	k, _ := s.ready.Get().(*keyed) // nothing else is put there
	defer s.ready.Put(k)
	k.Reset()
	k.room = append(k.room[:0], value...)
	_, _ = k.Write(k.room) // a hash never fails
	k.room = k.Sum(k.room[:0])
	return [sha256.Size]byte(k.room)
}

func (s signer) signature(value string) string {
	sum := s.mac(value)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// sign returns value with its signature, not yet percent-encoded.
func (s signer) sign(value string) string { return value + "." + s.signature(value) }

// verify returns the value of a decoded signed text, cut at its last dot.
func (s signer) verify(signed string) (string, bool) {
	dot := strings.LastIndexByte(signed, '.')
	if dot <= 0 || len(signed)-dot-1 != signatureLength {
		return "", false
	}
	value, sum := signed[:dot], s.mac(signed[:dot])
	var given, right [signatureLength]byte
	copy(given[:], signed[dot+1:])
	base64.StdEncoding.Encode(right[:], sum[:])
	if subtle.ConstantTimeCompare(given[:], right[:]) != 1 {
		return "", false
	}
	return value, true
}

// encode is JavaScript's encodeURIComponent.
func encode(text string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%7E", "~").
		Replace(url.QueryEscape(text))
}

// decode is JavaScript's decodeURIComponent, and returns text as it is where that would
// throw. A plus stays a plus.
func decode(text string) string {
	decoded, err := url.PathUnescape(text)
	if err != nil || !utf8.ValidString(decoded) {
		return text
	}
	return decoded
}

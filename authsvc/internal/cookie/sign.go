package cookie

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"
)

// signatureLength is that of a padded base64 SHA-256.
const signatureLength = 44

// signer signs cookie values with the root secret itself, as the protocol demands.
type signer struct{ secret []byte }

func (s signer) signature(value string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(value))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// sign returns value with its signature, not yet percent-encoded.
func (s signer) sign(value string) string { return value + "." + s.signature(value) }

// verify returns the value of a decoded signed text, cut at its last dot.
func (s signer) verify(signed string) (string, bool) {
	dot := strings.LastIndexByte(signed, '.')
	if dot <= 0 {
		return "", false
	}
	value, signature := signed[:dot], signed[dot+1:]
	if len(signature) != signatureLength || !strings.HasSuffix(signature, "=") ||
		!hmac.Equal([]byte(signature), []byte(s.signature(value))) {
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

package token

import (
	"encoding/base64"
	"strings"
)

// isCompact reports whether the text is a compact JWS of at most limit bytes, in the one way
// to write it (RFC 7515, section 3.1). The parser behind it drops line ends and the bits
// that the last character of a segment has too many, so one token would have many names.
func isCompact(text string, limit int) bool {
	if len(text) > limit || strings.Count(text, ".") != 2 {
		return false
	}
	strict := base64.RawURLEncoding.Strict()
	for segment := range strings.SplitSeq(text, ".") {
		if _, err := strict.DecodeString(segment); err != nil || strings.ContainsAny(segment, "\r\n") {
			return false
		}
	}
	return true
}

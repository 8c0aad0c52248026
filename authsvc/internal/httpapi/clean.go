package httpapi

import (
	"strings"
	"unicode"
)

// maxName bounds a display name, in bytes.
const maxName = 512

// cleanText returns the text without control characters (ASVS V1.3.3).
func cleanText(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, ""))
}

package password

import (
	_ "embed"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// commonList holds common passwords of MinLength and more, folded, one a line, each line
// between two newlines. TestCommon_ListIsGenerated writes it (-update) from well-known
// words, years, keyboard walks and runs of digits.
//
//go:embed common.txt
var commonList string //nolint:gochecknoglobals // embedded, and never written

// Common reports whether plain is among the most common passwords, upper and lower case
// aside (NIST SP 800-63B, section 3.1.1.2; ASVS V6.2.4).
func Common(plain string) bool {
	if codeUnits(plain) > MaxLength || strings.Contains(plain, "\n") {
		return false
	}
	return strings.Contains(commonList, "\n"+fold(plain)+"\n")
}

// fold maps what differs in width or case only to the same text.
func fold(plain string) string { return strings.ToLower(norm.NFKC.String(plain)) }

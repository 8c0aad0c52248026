package password

import (
	"strings"
	"unicode"
)

// leastWord is how many letters a word has at least that a password may not consist of.
const leastWord = 3

// Obvious reports whether plain says nothing but one of the words, digits and signs around
// and between its letters aside, once or again and again: what somebody tries first who
// knows them (NIST SP 800-63B, section 3.1.1.2; ASVS V6.2.11). Of a mail address its two
// sides count by themselves too, of a name its parts.
func Obvious(plain string, words ...string) bool {
	plain = fold(plain)
	letters := lettersOf(plain)
	for _, text := range words {
		text = fold(text)
		if text == "" {
			continue
		}
		if text == plain {
			return true
		}
		local, domain, _ := strings.Cut(text, "@")
		host, _, _ := strings.Cut(domain, ".")
		for _, word := range append(strings.Fields(text), text, local, host) {
			word = lettersOf(word)
			if len(word) >= leastWord && letters != "" && strings.ReplaceAll(letters, word, "") == "" {
				return true
			}
		}
	}
	return false
}

func lettersOf(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, text)
}

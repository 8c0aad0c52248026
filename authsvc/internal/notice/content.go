package notice

import (
	"regexp"
	"strings"
	"time"
	"unicode"
)

// content is what the templates of a mail can show. A mail has a link or a code; the
// fields below those belong to the kinds that tell of something that happened.
type content struct {
	Name   string // what the user calls themselves; empty where that is no name
	Locale string // of the templates
	Link   string
	Code   string

	Address string    // the other address that the mail is about
	At      time.Time // when it happened, UTC
	IP      string    // from where; may be empty
	Device  string    // with what, such as "Firefox on Linux"; may be empty
}

// sample has a value in every field, to try templates with.
var sample = content{
	Name: "Ada Lovelace", Locale: english, Link: "https://auth.example.com/sample-link", Code: "271828",
	Address: "new@example.com", At: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), IP: "192.0.2.1", Device: "Firefox on Linux",
}

// greetable is what a mail repeats of the name that somebody gave: letters with what
// stands between them in names. Anybody can sign up anybody's address, so a name must not
// become a message, a link or markup in a mail that comes from us (Zitadel CVE-2024-41953).
var greetable = regexp.MustCompile(`\A\p{L}[\p{L}\p{M}]*(?:(?:[ '’-]|\. )[\p{L}\p{M}]+)*\.?\z`)

const (
	maxGreeting = 64 // bytes
	maxWords    = 5
)

// greeting returns the name to greet a reader by, empty for none.
func greeting(name string) string {
	if len(name) > maxGreeting || !greetable.MatchString(name) || len(strings.FieldsFunc(name, between)) > maxWords {
		return ""
	}
	return name
}

// between reports whether a character stands between the words of a name.
func between(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsMark(c) }

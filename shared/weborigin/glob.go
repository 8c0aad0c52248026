package weborigin

import (
	"regexp"
	"strings"
)

const (
	separator = `[/\\]`
	character = `[^/\\]`
)

// glob compiles a pattern as the protocol reads it: * is a run of characters other than
// separators, ? is one of them, and ** as a whole segment is a run of segments.
func glob(pattern string) (*regexp.Regexp, error) {
	segments := strings.Split(pattern, "/")
	var b strings.Builder
	for i, segment := range segments {
		if segment == "" && i > 0 {
			continue
		}
		end := separator + "+?"
		switch {
		case i == len(segments)-1:
			end = separator + "*?"
		case segments[i+1] == "**":
			end = ""
		}
		if segment != "**" {
			b.WriteString(quote(segment) + end)
			continue
		}
		if end != "" {
			if i > 0 {
				b.WriteString(end)
			}
			b.WriteString("(?:" + character + "*?" + end + ")*?")
		}
	}
	return regexp.Compile("^(?:" + b.String() + ")$")
}

func quote(segment string) string {
	return strings.NewReplacer(`\*`, character+"*?", `\?`, character).Replace(regexp.QuoteMeta(segment))
}

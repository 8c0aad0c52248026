package weborigin

import "strings"

// Set is what is trusted. The zero Set trusts nothing. It is immutable, and safe for
// concurrent use.
type Set struct {
	patterns []pattern
	exact    map[string]bool // the web origins among them
}

// New returns the Set of the given patterns. One in which CheckPattern finds a fault
// trusts nothing, and spoils no other.
func New(patterns ...string) Set {
	s := Set{exact: map[string]bool{}}
	for _, text := range patterns {
		compiled, err := compile(text)
		if err != nil {
			continue
		}
		s.patterns = append(s.patterns, compiled)
		if origin, ok := compiled.(exact); ok {
			s.exact[string(origin)] = true
		}
	}
	return s
}

// Of returns the origin of an absolute web URL as browsers spell it, "" if it has none.
func Of(url string) string {
	if t, ok := parseTarget(url); ok && t.web {
		return t.origin
	}
	return ""
}

// Trusts reports whether the absolute URL belongs to the Set.
func (s Set) Trusts(url string) bool {
	t, ok := parseTarget(url)
	return ok && s.matches(t)
}

// TrustsOrigin reports whether text is an origin exactly as a browser sends it, and belongs
// to the Set: that of a site, or the bare scheme and authority of a native app.
func (s Set) TrustsOrigin(text string) bool {
	if s.exact[text] {
		return true
	}
	t, ok := parseTarget(text)
	if !ok {
		return false
	}
	spelt := t.origin
	if !t.web {
		spelt = t.scheme + "://" + t.authority
	}
	return spelt == text && s.matches(t)
}

func (s Set) matches(t target) bool {
	for _, trusted := range s.patterns {
		if trusted.matches(t) {
			return true
		}
	}
	return false
}

// IsPath reports whether a link that begins with a slash stays on its own origin in the
// eyes of every browser and router (RFC 3986, section 4.2).
func IsPath(link string) bool {
	if ambiguous(link) || !strings.HasPrefix(link, "/") {
		return false
	}
	path := link
	if end := strings.IndexAny(link, "?#"); end >= 0 {
		path = link[:end]
	}
	lower := strings.ToLower(path)
	return !strings.Contains(lower, "//") && !strings.Contains(lower, "%2f") && !strings.Contains(lower, "%5c")
}

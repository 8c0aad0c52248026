package cookie

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Cookie is a cookie to set. Values are written as they are: encode them before.
type Cookie struct {
	Name   string
	Value  string
	MaxAge *int // seconds; nil: until the browser closes; 0: remove it now
	Script bool // scripts may read it
	Secure bool
}

// String renders the cookie as a Set-Cookie header, attributes in the protocol's order.
func (c Cookie) String() string {
	var b strings.Builder
	b.WriteString(c.Name + "=" + c.Value)
	if c.MaxAge != nil {
		b.WriteString("; Max-Age=" + strconv.Itoa(*c.MaxAge))
	}
	b.WriteString("; Path=/")
	if !c.Script {
		b.WriteString("; HttpOnly")
	}
	if c.Secure {
		b.WriteString("; Secure")
	}
	b.WriteString("; SameSite=Lax")
	return b.String()
}

// Set gathers the cookies of one answer. A later cookie replaces an earlier one of its
// name, so a value that is taken back never leaves.
type Set struct{ cookies []Cookie }

// Add appends cookies.
func (s *Set) Add(cookies ...Cookie) {
	for _, c := range cookies {
		s.cookies = slices.DeleteFunc(s.cookies, func(have Cookie) bool { return have.Name == c.Name })
		s.cookies = append(s.cookies, c)
	}
}

// Write adds the cookies to an answer's header.
func (s *Set) Write(header http.Header) {
	for _, c := range s.cookies {
		header.Add("Set-Cookie", c.String())
	}
}

package weborigin

import (
	"cmp"
	"errors"
	"regexp"
	"strings"
)

// pattern is one trusted origin, or a family of them.
type pattern interface{ matches(t target) bool }

// exact trusts one web origin.
type exact string

func (e exact) matches(t target) bool { return t.web && t.origin == string(e) }

// family trusts the web origins, or web hosts with port, that a glob matches.
type family struct {
	glob      *regexp.Regexp
	scheme    bool // the glob is for the origin, not for the host alone
	addresses bool // only IPv4 addresses
}

func (f family) matches(t target) bool {
	text := t.authority
	if f.scheme {
		text = t.origin
	}
	return t.web && f.glob.MatchString(text) && (!f.addresses || isIPv4(hostOf(t.authority)))
}

// app trusts URLs of a native app: all of its scheme, or those of one authority and path.
type app struct{ scheme, authority, path string }

func (a app) matches(t target) bool {
	return !t.web && t.scheme == a.scheme && (a.authority == "" || t.authority == a.authority) &&
		(a.path == "" || t.path == a.path || strings.HasPrefix(t.path, a.path+"/"))
}

// apps trusts URLs of a native app whose authority and path globs match; nil: any.
type apps struct {
	scheme          string
	authority, path *regexp.Regexp
	addresses       bool // only IPv4 addresses
}

func (a apps) matches(t target) bool {
	return !t.web && t.scheme == a.scheme &&
		(a.authority == nil || a.authority.MatchString(t.authority) && (!a.addresses || isIPv4(hostOf(t.authority)))) &&
		(a.path == nil || a.path.MatchString(cmp.Or(t.path, "/")))
}

// What can be wrong with a pattern. The texts complete a sentence that names it.
var (
	errCharacters = errors.New("has characters that no origin has")
	errScheme     = errors.New("has no scheme: write https:// in front of it")
	errOwner      = errors.New("has a scheme that belongs to no app")
	errCanonical  = errors.New("is not an origin such as https://app.example.com: lower case, no path, no trailing slash, no default port")
	errEverything = errors.New("trusts every site: name the domain, as in https://*.example.com")
)

// CheckPattern says what is wrong with a trusted origin, in words that go on from its name.
func CheckPattern(text string) error {
	_, err := compile(text)
	return err
}

func compile(text string) (pattern, error) {
	if ambiguous(text) || strings.ContainsAny(text, "@ ") || strings.ContainsFunc(text, func(c rune) bool { return c > '~' }) {
		return nil, errCharacters
	}
	wildcard := strings.ContainsAny(text, "*?")
	scheme, rest, found := strings.Cut(text, "://")
	switch {
	case !found && wildcard:
		return compileFamily(text, text, false)
	case !found:
		return nil, errScheme
	case !isScheme(scheme):
		return nil, errCanonical
	case executes(scheme):
		return nil, errOwner
	case scheme != "http" && scheme != "https":
		return compileApp(scheme, "//"+rest, wildcard)
	case wildcard:
		return compileFamily(text, rest, true)
	}
	if t, ok := parseTarget(text); !ok || t.origin != text {
		return nil, errCanonical
	}
	return exact(text), nil
}

// compileFamily compiles a pattern with wildcards for web origins. Host is the part of text
// after the scheme, or all of it.
func compileFamily(text, host string, scheme bool) (pattern, error) {
	if strings.ContainsAny(host, "/#") || text != strings.ToLower(text) {
		return nil, errCanonical
	}
	if strings.Trim(hostOf(host), "*?.") == "" {
		return nil, errEverything
	}
	compiled, err := glob(text)
	if err != nil {
		return nil, errCharacters
	}
	return family{glob: compiled, scheme: scheme, addresses: addressesOnly(host)}, nil
}

// compileApp compiles a pattern for native apps: what follows the scheme's colon.
func compileApp(scheme, rest string, wildcard bool) (pattern, error) {
	if !wildcard {
		t := parseCustom(scheme, rest, "/?#", "?#")
		return app{scheme: scheme, authority: t.authority, path: t.path}, nil
	}
	t := parseCustom(scheme, rest, "/#", "#")
	compiled := apps{scheme: scheme, addresses: addressesOnly(t.authority)}
	var errAuthority, errPath error
	if t.authority != "" {
		compiled.authority, errAuthority = glob(t.authority)
	}
	if t.path != "" {
		compiled.path, errPath = glob(t.path)
	}
	if errAuthority != nil || errPath != nil {
		return nil, errCharacters
	}
	return compiled, nil
}

// hostOf returns an authority without its port.
func hostOf(authority string) string {
	host, _, _ := strings.Cut(authority, ":")
	return host
}

// addressesOnly reports whether the host of a pattern with wildcards is made of digits: it
// then names a range of addresses, and 192.168.* must not match 192.168.evil.com.
func addressesOnly(authority string) bool {
	host := hostOf(authority)
	return strings.Trim(host, "0123456789*?.") == "" && strings.ContainsAny(host, "0123456789")
}

package weborigin

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxURL bounds what is parsed, in bytes.
const maxURL = 8 << 10

// target is an absolute URL taken apart, as far as trust depends on it.
type target struct {
	web       bool
	scheme    string
	authority string // lower case; of a web URL host and port, without the default port
	origin    string // of a web URL
	path      string // of any other, decoded and without dot segments
}

// ambiguous reports whether a URL has bytes that some parser drops, trims or takes for
// other ones.
func ambiguous(url string) bool {
	return len(url) > maxURL || !utf8.ValidString(url) || strings.Contains(url, `\`) || strings.ContainsFunc(url, unicode.IsControl)
}

// parseTarget takes an absolute URL apart, if there is one way to read it.
func parseTarget(url string) (target, bool) {
	scheme, rest, ok := strings.Cut(url, ":")
	scheme = strings.ToLower(scheme)
	if !ok || ambiguous(url) || !isScheme(scheme) || executes(scheme) {
		return target{}, false
	}
	if scheme == "http" || scheme == "https" {
		return parseWeb(scheme, rest)
	}
	t := parseCustom(scheme, rest, "/?#", "?#")
	return t, !strings.Contains(t.authority, "@")
}

// isScheme reports whether the text is a scheme in lower case (RFC 3986, section 3.1).
func isScheme(text string) bool {
	return text != "" && text[0] >= 'a' && text[0] <= 'z' && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("+-.", c)
	})
}

// executes reports whether a browser runs or renders what a URL of the scheme carries, so
// that no app can own it.
func executes(scheme string) bool {
	return slices.Contains([]string{"javascript", "vbscript", "data", "blob", "file", "filesystem", "about", "view-source"}, scheme)
}

// parseWeb takes apart what follows "http:" or "https:".
func parseWeb(scheme, rest string) (target, bool) {
	authority, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return target{}, false
	}
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	host, port := strings.ToLower(authority), ""
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host, port = host[:colon], host[colon+1:]
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || strconv.FormatUint(number, 10) != port {
			return target{}, false
		}
	}
	if !isHost(host) {
		return target{}, false
	}
	if port != "" && (scheme != "http" || port != "80") && (scheme != "https" || port != "443") {
		host += ":" + port
	}
	return target{web: true, scheme: scheme, authority: host, origin: scheme + "://" + host}, true
}

// isHost reports whether the text is a host name or an address in its one usual form. It
// knows ASCII only: international names are written in punycode.
func isHost(host string) bool {
	if address, ok := strings.CutPrefix(host, "["); ok {
		parsed, err := netip.ParseAddr(strings.TrimSuffix(address, "]"))
		return err == nil && parsed.Is6() && !parsed.Is4In6() && parsed.Zone() == "" && "["+parsed.String()+"]" == host
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || strings.ContainsFunc(label, func(c rune) bool {
			return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_'
		}) {
			return false
		}
	}
	return !endsInNumber(host) || isIPv4(host)
}

// endsInNumber reports whether browsers take the host for an IPv4 address (URL Standard,
// "ends in a number").
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	label := host[strings.LastIndexByte(host, '.')+1:]
	hexadecimal, ok := strings.CutPrefix(label, "0x")
	return strings.Trim(label, "0123456789") == "" || ok && strings.Trim(hexadecimal, "0123456789abcdef") == ""
}

func isIPv4(host string) bool {
	parsed, err := netip.ParseAddr(host)
	return err == nil && parsed.Is4()
}

// parseCustom takes apart what follows the scheme of a native app. Authority and path end
// at the given delimiters; a pattern has others than a URL, as it may contain "?".
func parseCustom(scheme, rest, authorityEnd, pathEnd string) target {
	t := target{scheme: scheme}
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		t.authority, rest = after, ""
		if end := strings.IndexAny(after, authorityEnd); end >= 0 {
			t.authority, rest = after[:end], after[end:]
		}
	}
	if end := strings.IndexAny(rest, pathEnd); end >= 0 {
		rest = rest[:end]
	}
	t.authority, t.path = strings.ToLower(t.authority), resolve(rest)
	return t
}

// resolve decodes a path and resolves its dot segments; "" for the root.
func resolve(path string) string {
	if decoded, err := url.PathUnescape(path); err == nil && utf8.ValidString(decoded) {
		path = decoded
	}
	var segments []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			segments = segments[:max(0, len(segments)-1)]
		default:
			segments = append(segments, segment)
		}
	}
	if len(segments) == 0 {
		return ""
	}
	return "/" + strings.Join(segments, "/")
}

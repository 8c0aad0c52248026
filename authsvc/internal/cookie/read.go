package cookie

import "strings"

// pair is one cookie of a Cookie header, decoded.
type pair struct{ name, value string }

// maxHeader bounds what is parsed of a Cookie header, in bytes; the listener's own bound
// on headers is of the same size.
const maxHeader = 16 << 10

// pairs reads a Cookie header (RFC 6265, section 4.2). Of a name that occurs more than
// once the first counts.
func pairs(header string) []pair {
	var found []pair
	seen := map[string]bool{}
	each(header, func(name, value string) bool {
		if !seen[name] {
			seen[name] = true
			found = append(found, pair{name, decode(value)})
		}
		return true
	})
	return found
}

// each calls see with the name and the value, not decoded, of one cookie after the other
// until it returns false.
func each(header string, see func(name, value string) bool) {
	if len(header) > maxHeader {
		return
	}
	for part := range strings.SplitSeq(header, ";") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			continue
		}
		value = strings.TrimSpace(value)
		if strings.HasPrefix(value, `"`) {
			value = value[1:max(1, len(value)-1)]
		}
		if !see(name, value) {
			return
		}
	}
}

// find returns the value of the first cookie with the name.
func find(header, wanted string) (found string, ok bool) {
	each(header, func(name, value string) bool {
		if name == wanted {
			found, ok = decode(value), true
		}
		return !ok
	})
	return found, ok
}

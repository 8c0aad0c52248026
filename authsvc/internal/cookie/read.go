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
	if len(header) > maxHeader {
		return nil
	}
	var found []pair
	seen := map[string]bool{}
	for part := range strings.SplitSeq(header, ";") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || seen[name] {
			continue
		}
		seen[name] = true
		value = strings.TrimSpace(value)
		if strings.HasPrefix(value, `"`) {
			value = value[1:max(1, len(value)-1)]
		}
		found = append(found, pair{name, decode(value)})
	}
	return found
}

// find returns the value of the first cookie with the name.
func find(header, name string) (string, bool) {
	for _, p := range pairs(header) {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

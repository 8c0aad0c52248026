package device

import "strings"

// product is a word of a User-Agent header and what people call the thing it stands for.
type product struct{ word, name string }

// The first that matches counts: most browsers claim to be several others too.
var (
	browsers = []product{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
	}
	systems = []product{
		{"Windows", "Windows"},
		{"Android", "Android"},
		{"iPhone", "iOS"},
		{"iPad", "iPadOS"},
		{"Mac OS X", "macOS"},
		{"CrOS", "ChromeOS"},
		{"Linux", "Linux"},
	}
)

const maxName = 32 // bytes, of a program that is not in the lists

// Name returns what a person may recognise a device by, such as "Firefox, Linux", without
// versions: those change while the device stays. It is empty if nothing can be said.
func Name(userAgent string) string {
	browser, system := find(browsers, userAgent), find(systems, userAgent)
	if browser == "" {
		browser = program(userAgent)
	}
	if browser == "" || system == "" {
		return browser + system
	}
	return browser + ", " + system
}

func find(products []product, userAgent string) string {
	for _, p := range products {
		if strings.Contains(userAgent, p.word) {
			return p.name
		}
	}
	return ""
}

// program returns the name of a program that is no browser, such as curl: the first
// product of the header (RFC 9110, section 10.1.5), if it is a plain word.
func program(userAgent string) string {
	name, _, _ := strings.Cut(userAgent, "/")
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
	}
	if len(name) > maxName || name == "Mozilla" || strings.ContainsFunc(name, func(c rune) bool { return !plain(c) }) {
		return ""
	}
	return name
}

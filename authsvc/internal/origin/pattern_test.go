package origin_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/origin"
)

func TestCheckPattern(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"https://t.com", "http://localhost:3001", "https://*.t.com", "https://app-?.t.com", "*.t.com", "*.t.com:*", "http://localhost:*", "http://192.168.*.*", "http://[::1]:3001",
		"myapp://", "myapp://host/path", "exp://*", "exp://192.168.*.*:*", "com.example.app://",
	} {
		if err := origin.CheckPattern(good); err != nil {
			t.Errorf("CheckPattern(%q) = %v, want nil", good, err)
		}
	}
	for bad, want := range map[string]string{
		"":                     "no scheme",
		"t.com":                "no scheme",
		"https://t.com/":       "no trailing slash",
		"https://t.com/path":   "no path",
		"https://T.com":        "lower case",
		"HTTPS://t.com":        "lower case",
		"https://t.com:443":    "no default port",
		"https://t.com:99999":  "not an origin",
		"https://":             "not an origin",
		"https://*.t.com/":     "no trailing slash",
		"*.T.com":              "lower case",
		"*":                    "every site",
		"https://*":            "every site",
		"https://*:*":          "every site",
		"*.*":                  "every site",
		"https://??":           "every site",
		"http*://t.com":        "not an origin",
		"https://a@t.com":      "characters",
		`https://t.com\`:       "characters",
		"https://t.com\n":      "characters",
		"https://t.com x":      "characters",
		"https://tést.com":     "characters",
		"javascript://*":       "belongs to no app",
		"data://":              "belongs to no app",
		"file://":              "belongs to no app",
		"blob://https://t.com": "belongs to no app",
	} {
		err := origin.CheckPattern(bad)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckPattern(%q) = %v, want something about %q", bad, err, want)
		}
	}
}

// TestNew_FailsClosed proves that a pattern with a fault trusts nothing, and spoils no other.
func TestNew_FailsClosed(t *testing.T) {
	t.Parallel()
	p := origin.New("https://own.example:443/base", []string{"*", "https://*", "https://slash.com/", "javascript://*", "https://t.com"})
	for link, want := range map[string]bool{
		"https://own.example/": true, "https://t.com/": true,
		"https://evil.com/": false, "https://slash.com/": false, "javascript://x": false,
	} {
		if got := p.Link(link); got != want {
			t.Errorf("Link(%q) = %t, want %t", link, got, want)
		}
	}
	if origin.New("not a URL", nil).Link("https://own.example/") {
		t.Error("a Policy without an origin of its own trusts one")
	}
}

// FuzzCheckPattern proves that no setting makes New fail or trust a site that it does not name.
func FuzzCheckPattern(f *testing.F) {
	for _, seed := range append(readCorpus(f).Trusted, "*", "https://**", "a*://b/?", "https://[*", "x://\\Q*") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := origin.New("https://own.example", []string{text})
		if !p.Link("https://own.example/") {
			t.Errorf("with %q our own origin is not trusted", text)
		}
		if p.Link("javascript:alert(1)") || p.Link("//evil.example") {
			t.Errorf("%q trusts what no pattern may", text)
		}
		if origin.CheckPattern(text) != nil && p.Link("https://evil.example") {
			t.Errorf("%q has a fault and trusts a site", text)
		}
	})
}

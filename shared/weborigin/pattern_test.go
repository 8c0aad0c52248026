package weborigin_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/weborigin"
)

func TestCheckPattern(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"https://t.com", "http://localhost:3001", "https://*.t.com", "https://app-?.t.com", "*.t.com", "*.t.com:*", "http://localhost:*", "http://192.168.*.*", "http://[::1]:3001",
		"myapp://", "myapp://host/path", "exp://*", "exp://192.168.*.*:*", "com.example.app://",
	} {
		if err := weborigin.CheckPattern(good); err != nil {
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
		err := weborigin.CheckPattern(bad)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckPattern(%q) = %v, want something about %q", bad, err, want)
		}
	}
}

// TestNew_FailsClosed proves that a pattern with a fault trusts nothing, and spoils no other.
func TestNew_FailsClosed(t *testing.T) {
	t.Parallel()
	set := weborigin.New("*", "https://*", "https://slash.com/", "javascript://*", "", "https://t.com")
	for url, want := range map[string]bool{
		"https://t.com/": true, "https://evil.com/": false, "https://slash.com/": false, "javascript://x": false,
	} {
		if got := set.Trusts(url); got != want {
			t.Errorf("Trusts(%q) = %t, want %t", url, got, want)
		}
	}
	if (weborigin.Set{}).Trusts("https://t.com/") {
		t.Error("the zero Set trusts something")
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://own.example:443/base?x": "https://own.example", "HTTP://Own.Example:3000": "http://own.example:3000",
		"myapp://host": "", "not a URL": "", "https://a@own.example": "",
	} {
		if got := weborigin.Of(url); got != want {
			t.Errorf("Of(%q) = %q, want %q", url, got, want)
		}
	}
}

// What a browser sends as Origin is one spelling of a trusted origin, or it is refused:
// past vulnerability 60 (Casdoor CVE-2024-41657), ASVS V3.4.2.
func TestSet_TrustsOrigin(t *testing.T) {
	t.Parallel()
	set := weborigin.New("https://t.com", "https://*.w.com", "myapp://", "capacitor://localhost")
	for _, good := range []string{"https://t.com", "https://a.w.com", "myapp://", "myapp://host", "capacitor://localhost"} {
		if !set.TrustsOrigin(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{
		"", "null", "*", "https://t.com/", "https://t.com/path", "https://t.com:443", "https://T.com", "HTTPS://t.com", "https://t.com.", "https://t.com?x", "https://a@t.com",
		"https://a.w.com/", "https://w.com", "https://a.w.com.evil.com", "https://evil.com/.w.com", "https://evil.com?.w.com", "https://evil.com#.w.com", "https://a.W.com",
		"http://a.w.com", "myapp://host/path", "myapp:", "otherapp://", "capacitor://localhost/x", "https://a.w.com,https://t.com",
	} {
		if set.TrustsOrigin(bad) {
			t.Errorf("%q is trusted", bad)
		}
	}
}

func TestIsPath(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"/", "/home", "/home?next=//x", "/home#//x"} {
		if !weborigin.IsPath(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{"", "home", "//evil.example", "/\\evil.example", "/%2fevil.example", "/%5Cevil.example", "/a//b", "/a\nb", "https://t.com"} {
		if weborigin.IsPath(bad) {
			t.Errorf("%q is taken for a path", bad)
		}
	}
}

// FuzzCheckPattern proves that no setting makes New fail or trust a site that it does not name.
func FuzzCheckPattern(f *testing.F) {
	for _, seed := range []string{"https://t.com", "https://*.t.com", "*.t.com:*", "exp://192.168.*.*:*", "*", "https://**", "a*://b/?", "https://[*", "x://\\Q*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set := weborigin.New(text, "https://own.example")
		if !set.Trusts("https://own.example/") {
			t.Errorf("%q spoils another pattern", text)
		}
		if set.Trusts("javascript:alert(1)") || set.Trusts("//evil.example") {
			t.Errorf("%q trusts what no pattern may", text)
		}
		if weborigin.CheckPattern(text) != nil && set.Trusts("https://evil.example") {
			t.Errorf("%q has a fault and trusts a site", text)
		}
	})
}

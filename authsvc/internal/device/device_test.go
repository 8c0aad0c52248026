package device_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/device"
)

const (
	firefox  = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	newer    = "Mozilla/5.0 (X11; Linux x86_64; rv:151.0) Gecko/20100101 Firefox/151.0"
	chrome   = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	edge     = chrome + " Edg/142.0.0.0"
	safari   = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
	chromium = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)

func TestName(t *testing.T) {
	t.Parallel()
	for userAgent, want := range map[string]string{
		firefox: "Firefox, Linux", chrome: "Chrome, Windows", edge: "Edge, Windows", safari: "Safari, iOS", chromium: "Chrome, Android",
		"curl/8.14.1": "curl", "node": "node", "": "", "Mozilla/5.0": "", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)": "macOS",
		"call +49 900 123": "", "https://evil.example/": "", strings.Repeat("a", 33): "", "<b>/1": "",
	} {
		if got := device.Name(userAgent); got != want {
			t.Errorf("%q is %q, want %q", userAgent, got, want)
		}
	}
}

func TestByPlace(t *testing.T) {
	t.Parallel()
	home := device.ByPlace("192.0.2.7", firefox)
	for name, tc := range map[string]struct {
		ip, userAgent string
		same          bool
	}{
		"a neighbour":                  {"192.0.2.200", firefox, true},
		"the browser, renewed":         {"192.0.2.7", newer, true},
		"the address as IPv6 wraps it": {"::ffff:192.0.2.7", firefox, true},
		"another network":              {"192.0.3.7", firefox, false},
		"another browser":              {"192.0.2.7", chrome, false},
		"another system":               {"192.0.2.7", strings.Replace(firefox, "Linux", "Windows", 1), false},
	} {
		if got := device.ByPlace(tc.ip, tc.userAgent); (got == home) != tc.same {
			t.Errorf("%s: the same place %t, want %t", name, got == home, tc.same)
		}
	}
	here := device.ByPlace("2001:db8:1:2::3", firefox)
	if near := device.ByPlace("2001:db8:1:ffff::1%eth0", firefox); near != here {
		t.Error("a /48 is more than one place")
	}
	if far := device.ByPlace("2001:db8:2::1", firefox); far == here {
		t.Error("two /48 are one place")
	}
	for _, ip := range []string{"unknown", "192.0.2.7, 192.0.2.8"} {
		if device.ByPlace(ip, firefox) != device.ByPlace("", firefox) {
			t.Errorf("%q is a place of its own", ip)
		}
	}
	if device.ByPlace("", firefox) == home {
		t.Error("a place is that of an unknown address")
	}
}

// TestMarks_DoNotMix: what a client chooses to send as its id never becomes a place.
func TestMarks_DoNotMix(t *testing.T) {
	t.Parallel()
	place := device.ByPlace("192.0.2.7", firefox)
	for _, id := range []string{"192.0.2.0/24\x00Firefox, Linux", "place\x00192.0.2.0/24\x00Firefox, Linux"} {
		if device.ByID(id) == place {
			t.Errorf("the id %q has the mark of a place", id)
		}
	}
	if device.ByID("a") == device.ByID("b") {
		t.Error("two ids have one mark")
	}
}

func FuzzName(f *testing.F) {
	f.Add(firefox)
	f.Add("curl/8")
	f.Fuzz(func(t *testing.T, userAgent string) {
		if name := device.Name(userAgent); len(name) > 64 || strings.ContainsAny(name, "<>&\"./:@\r\n") {
			t.Errorf("%q is called %q", userAgent, name)
		}
	})
}

package clientip_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/gateway/internal/clientip"
)

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

func request(peer string, forwarded ...string) *http.Request {
	r := &http.Request{RemoteAddr: peer, Header: http.Header{}}
	for _, line := range forwarded {
		r.Header.Add("X-Forwarded-For", line)
	}
	return r
}

// Past vulnerability 39 (authentik CVE-2023-36456, CVE-2024-47070): only what trusted
// proxies say counts, and what cannot be read ends the walk instead of skipping a check.
func TestJudge_Address(t *testing.T) {
	t.Parallel()
	judge := clientip.New(prefixes("10.0.0.0/8", "2001:db8::/32"))
	hops := strings.TrimSuffix(strings.Repeat("6.6.6.6, ", 300), ", ")
	for _, try := range []struct {
		name      string
		peer      string
		forwarded []string
		want      string
	}{
		{"no proxy, nothing said", "203.0.113.7:4711", nil, "203.0.113.7"},
		{"no proxy, a lie", "203.0.113.7:4711", []string{"127.0.0.1"}, "203.0.113.7"},
		{"no proxy, many lies", "203.0.113.7:4711", []string{hops}, "203.0.113.7"},
		{"no proxy, who pretends to be one", "203.0.113.7:4711", []string{"10.0.0.1, 10.0.0.2"}, "203.0.113.7"},
		{"a proxy that says nothing", "10.0.0.1:80", nil, "10.0.0.1"},
		{"a proxy that says nothing at length", "10.0.0.1:80", []string{""}, "10.0.0.1"},
		{"a proxy that names its caller", "10.0.0.1:80", []string{"203.0.113.7"}, "203.0.113.7"},
		{"a proxy behind a lie", "10.0.0.1:80", []string{"127.0.0.1, 203.0.113.7"}, "203.0.113.7"},
		{"a proxy behind a lie on another line", "10.0.0.1:80", []string{"127.0.0.1", "203.0.113.7"}, "203.0.113.7"},
		{"a proxy behind many lies", "10.0.0.1:80", []string{hops + ", 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", "10.0.0.1:80", []string{"6.6.6.6, 203.0.113.7, 10.9.9.9"}, "203.0.113.7"},
		{"proxies alone", "10.0.0.1:80", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a word", "10.0.0.1:80", []string{"a"}, "10.0.0.1"},
		{"a word before an address", "10.0.0.1:80", []string{"6.6.6.6, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"an address with a port", "10.0.0.1:80", []string{"203.0.113.7:99"}, "10.0.0.1"},
		{"an address with zeros in front", "10.0.0.1:80", []string{"203.0.113.007"}, "10.0.0.1"},
		{"a network", "10.0.0.1:80", []string{"203.0.113.0/24"}, "10.0.0.1"},
		{"commas alone", "10.0.0.1:80", []string{",,,"}, "10.0.0.1"},
		{"a trailing comma", "10.0.0.1:80", []string{"203.0.113.7,"}, "10.0.0.1"},
		{"spaces and tabs", "10.0.0.1:80", []string{" \t203.0.113.7 "}, "203.0.113.7"},
		{"IPv6 through a proxy", "[2001:db8::1]:80", []string{"2a00::7"}, "2a00::7"},
		{"IPv6 with a zone", "[fe80::1%eth0]:80", nil, "fe80::1"},
		{"IPv4 in IPv6 form, a proxy", "[::ffff:10.0.0.1]:80", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"IPv4 in IPv6 form, no proxy", "[::ffff:203.0.113.7]:80", []string{"127.0.0.1"}, "203.0.113.7"},
		{"a unix socket", "@", []string{"127.0.0.1"}, "invalid IP"},
		{"nothing", "", []string{"127.0.0.1"}, "invalid IP"},
	} {
		t.Run(try.name, func(t *testing.T) {
			t.Parallel()
			if got := judge.Address(request(try.peer, try.forwarded...)).String(); got != try.want {
				t.Errorf("got %s, want %s", got, try.want)
			}
		})
	}
}

func TestJudge_TrustsNobodyByItself(t *testing.T) {
	t.Parallel()
	if got := clientip.New(nil).Address(request("127.0.0.1:80", "6.6.6.6")).String(); got != "127.0.0.1" {
		t.Errorf("got %s", got)
	}
}

// FuzzAddress: whatever is forwarded, the answer is the peer or an address in the header,
// and a peer that is no proxy is believed over everything.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"", "a", "203.0.113.7", "10.0.0.2, 203.0.113.7", ",,,", "::ffff:1.2.3.4", "fe80::1%eth0", strings.Repeat("1.1.1.1,", 50)} {
		f.Add(seed)
	}
	judge := clientip.New(prefixes("10.0.0.0/8"))
	f.Fuzz(func(t *testing.T, forwarded string) {
		if got := judge.Address(request("203.0.113.7:1", forwarded)).String(); got != "203.0.113.7" {
			t.Errorf("%q made a stranger %s", forwarded, got)
		}
		got := judge.Address(request("10.0.0.1:1", forwarded))
		if !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Fatalf("%q became %s", forwarded, got)
		}
		if got.String() == "10.0.0.1" {
			return
		}
		for hop := range strings.SplitSeq(forwarded, ",") {
			if named, err := netip.ParseAddr(strings.TrimSpace(hop)); err == nil && named.Unmap().WithZone("") == got {
				return
			}
		}
		t.Errorf("%q became %s, which it does not name", forwarded, got)
	})
}

// Package clientip judges the address of the caller. Forwarded addresses count only as
// far as trusted proxies vouch for them (ASVS V4.1.3, authentik CVE-2023-36456).
package clientip

import (
	"net/http"
	"net/netip"
	"strings"
)

// Judge decides the address of a request's sender. It is immutable.
type Judge struct{ trusted []netip.Prefix }

// New returns a Judge that trusts what proxies in these networks say of who is before them.
func New(trusted []netip.Prefix) *Judge { return &Judge{trusted} }

// Address returns the caller's address: that of the connection or, while that is a trusted
// proxy, the one it names in X-Forwarded-For, walked from the right. An entry that is no
// address ends the walk at the last address that is known. IPv4 in IPv6 form becomes IPv4.
// The zero Addr means unknown.
func (j *Judge) Address(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := peer.Addr().Unmap().WithZone("")
	if !j.trusts(address) {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return address
		}
		address = hop.Unmap().WithZone("")
		if !j.trusts(address) {
			return address
		}
	}
	return address
}

func (j *Judge) trusts(address netip.Addr) bool {
	for _, network := range j.trusted {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

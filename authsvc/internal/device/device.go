package device

import (
	"crypto/sha256"
	"net/netip"
)

// Mark is how a device is remembered.
type Mark [32]byte

// ByID is the mark of the browser with this id.
func ByID(id string) Mark { return sha256.Sum256([]byte("id\x00" + id)) }

// ByPlace is the mark of a kind of browser in a network: the /24 of an IPv4 address, the
// /48 of an IPv6 address. It is false where the address is not known.
func ByPlace(ip, userAgent string) (Mark, bool) {
	network, ok := networkOf(ip)
	if !ok {
		return Mark{}, false
	}
	return sha256.Sum256([]byte("place\x00" + network.String() + "\x00" + Name(userAgent))), true
}

const (
	bits4 = 24
	bits6 = 48
)

func networkOf(ip string) (netip.Prefix, bool) {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}, false
	}
	address = address.Unmap().WithZone("")
	bits := bits6
	if address.Is4() {
		bits = bits4
	}
	network, err := address.Prefix(bits)
	return network, err == nil
}

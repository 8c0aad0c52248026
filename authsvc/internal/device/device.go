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
// /48 of an IPv6 address. Where the address is not known, all networks are one.
func ByPlace(ip, userAgent string) Mark {
	return sha256.Sum256([]byte("place\x00" + networkOf(ip) + "\x00" + Name(userAgent)))
}

const (
	bits4 = 24
	bits6 = 48
)

func networkOf(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	address = address.Unmap().WithZone("")
	bits := bits6
	if address.Is4() {
		bits = bits4
	}
	return netip.PrefixFrom(address, bits).Masked().String()
}

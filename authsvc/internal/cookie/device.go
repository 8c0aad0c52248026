package cookie

import (
	"strings"
	"time"
)

const (
	deviceName   = "gatehouse.device"
	deviceLife   = 400 * 24 * time.Hour // no cookie may live longer (RFC 6265bis)
	devicePrefix = "device-"            // no other signed value counts as an id
)

// KnownDevice returns the cookie by which a browser is known, whoever signs in with it.
func (j *Jar) KnownDevice(id string) Cookie {
	return j.signed(j.name(deviceName), devicePrefix+id, deviceLife)
}

// KnownDeviceID returns the id that the browser is known by, "" if it has none that holds.
func (j *Jar) KnownDeviceID(header string) string {
	raw, ok := find(header, j.name(deviceName))
	if !ok {
		return ""
	}
	value, ok := j.signer.verify(raw)
	id, ours := strings.CutPrefix(value, devicePrefix)
	if !ok || !ours {
		return ""
	}
	return id
}

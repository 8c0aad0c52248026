package pg

import (
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// unackedLimit is how long sent data may stay unacknowledged.
const unackedLimit = 8 * time.Second

// controlSocket makes a half-open connection fail: keepalive probes do not run
// while sent data waits for an acknowledgement, so a peer behind a black hole
// would otherwise hold a statement for about fifteen minutes.
func controlSocket(network, _ string, raw syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unackedLimit.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failed
}

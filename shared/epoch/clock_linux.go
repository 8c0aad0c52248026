package epoch

import (
	"time"

	"golang.org/x/sys/unix"
)

// Boottime is the Clock of the machine: the time since it was started. Go's own monotonic
// clock stands still while a machine is suspended.
func Boottime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return time.Since(began)
	}
	return time.Duration(now.Nano())
}

// began serves where the kernel has no such clock.
var began = time.Now() //nolint:gochecknoglobals // never changes

//go:build !linux

package epoch

import "time"

// Boottime is the Clock of the machine. Here it is Go's monotonic clock.
func Boottime() time.Duration { return time.Since(began) }

var began = time.Now() //nolint:gochecknoglobals // never changes

package password

import (
	"runtime"
	"time"
)

// NewPatientHasher returns a Hasher that never turns a test away, however slow the machine.
func NewPatientHasher() *Hasher {
	return newHasher(limits{permits: runtime.GOMAXPROCS(0), waiting: 1000, wait: 10 * time.Minute})
}

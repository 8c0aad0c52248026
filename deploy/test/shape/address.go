package shape

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// The ports of systems lie below those that the kernel hands out for connections, so that
// none of those takes one meanwhile.
const firstPort, ports = 20000, 10000

// lastPort counts the ports that were given out, from a random one on. None is given twice:
// a part that is down for a while would find its port taken by another test's system.
var lastPort = func() *atomic.Uint32 {
	counter := &atomic.Uint32{}
	counter.Store(rand.Uint32N(ports))
	return counter
}()

// FreeAddress returns a loopback address that nobody listens on and nobody else is given.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range ports {
		port := firstPort + lastPort.Add(1)%ports
		address := net.JoinHostPort("127.0.0.1", strconv.FormatUint(uint64(port), 10))
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return address
	}
	t.Fatal("no free port between 20000 and 30000")
	return ""
}

package shape

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// freeAddress returns a loopback address that nobody listens on. It lies below the ports
// that the kernel hands out for connections, so that none of those takes it meanwhile.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(20000+rand.N(10000)))
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

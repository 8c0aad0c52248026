package throttle

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// ErrLimited is returned for a call beyond the limit; RetryAfter says when to try again.
var ErrLimited = fault.New(fault.Exhausted, "TOO_MANY_REQUESTS", "Too many requests. Please try again later.")

// limit is how many calls a window allows.
type limit struct {
	window time.Duration
	calls  int
}

// limitOf returns the limit of a path below the protocol's base path.
func limitOf(path string) limit {
	switch {
	case path == "/request-password-reset", path == "/send-verification-email":
		return limit{60 * time.Second, 3}
	case strings.HasPrefix(path, "/sign-in"), strings.HasPrefix(path, "/sign-up"),
		strings.HasPrefix(path, "/change-password"), strings.HasPrefix(path, "/change-email"):
		return limit{10 * time.Second, 3}
	}
	return limit{10 * time.Second, 100}
}

// window is what is known of one address and path.
type window struct {
	calls int
	last  time.Time // of the last allowed call
	ends  time.Duration
}

// maxWindows bounds the memory of a Limiter; at the bound, windows that are over go.
const maxWindows = 100_000

// Limiter counts calls. It is safe for concurrent use.
type Limiter struct {
	now     func() time.Time
	mu      sync.Mutex
	windows map[string]window
}

// New returns a Limiter with the given clock.
func New(now func() time.Time) *Limiter { return &Limiter{now: now, windows: map[string]window{}} }

// Take counts a call of the path, below the base path, by the address; ErrLimited if it is
// one too many. All unknown addresses share one count. IPv6 addresses count by /64, which
// is what one subscriber has (Better Auth CVE-2026-45364).
func (l *Limiter) Take(address netip.Addr, path string) error {
	allowed := limitOf(path)
	key := bucket(address) + "|" + path
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	w := l.windows[key]
	since := now.Sub(w.last)
	if since >= allowed.window {
		w.calls = 0
	}
	if w.calls >= allowed.calls {
		return ErrLimited.WithRetryAfter(allowed.window - since)
	}
	if len(l.windows) >= maxWindows {
		l.forget(now)
	}
	l.windows[key] = window{calls: w.calls + 1, last: now, ends: allowed.window}
	return nil
}

// forget removes windows that are over; all of them, if that frees nothing.
func (l *Limiter) forget(now time.Time) {
	for key, w := range l.windows {
		if now.Sub(w.last) >= w.ends {
			delete(l.windows, key)
		}
	}
	if len(l.windows) >= maxWindows {
		clear(l.windows)
	}
}

func bucket(address netip.Addr) string {
	if !address.IsValid() {
		return "unknown"
	}
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if subnet, err := address.Prefix(64); err == nil {
			return subnet.Addr().String()
		}
	}
	return address.String()
}

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

// rule gives the paths that it matches a limit. A path is matched whole, or by its
// beginning if it ends in a star.
type rule struct {
	paths string // separated by spaces
	limit
}

// rules are the protocol's (better-auth-wire.md, section 7): the first that matches holds.
// Those of plugins stand before those of the core, which they replace.
func rules() []rule {
	return []rule{
		{"/two-factor/*", limit{10 * time.Second, 3}},
		{"/sign-in/magic-link* /magic-link/verify*", limit{60 * time.Second, 5}},
		{"/email-otp/send-verification-otp /email-otp/check-verification-otp /email-otp/verify-email", limit{60 * time.Second, 3}},
		{"/sign-in/email-otp /email-otp/request-password-reset /email-otp/reset-password", limit{60 * time.Second, 3}},
		{"/email-otp/request-email-change /email-otp/change-email /forget-password/email-otp", limit{60 * time.Second, 3}},
		{"/phone-number*", limit{60 * time.Second, 10}},
		{"/oauth2/token", limit{60 * time.Second, 20}},
		{"/oauth2/introspect", limit{60 * time.Second, 100}},
		{"/oauth2/revoke", limit{60 * time.Second, 30}},
		{"/sign-in* /sign-up* /change-password* /change-email*", limit{10 * time.Second, 3}},
		{"/request-password-reset /send-verification-email /forget-password*", limit{60 * time.Second, 3}},
	}
}

func (r rule) matches(path string) bool {
	for pattern := range strings.FieldsSeq(r.paths) {
		start, open := strings.CutSuffix(pattern, "*")
		if path == start || open && strings.HasPrefix(path, start) {
			return true
		}
	}
	return false
}

// limitOf returns the limit of a path below the protocol's base path.
func (l *Limiter) limitOf(path string) limit {
	for _, r := range l.rules {
		if r.matches(path) {
			return r.limit
		}
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
	rules   []rule
	mu      sync.Mutex
	windows map[string]window
}

// New returns a Limiter with the given clock.
func New(now func() time.Time) *Limiter {
	return &Limiter{now: now, rules: rules(), windows: map[string]window{}}
}

// Take counts a call of the path, below the base path, by the address; ErrLimited if it is
// one too many. All unknown addresses share one count. IPv6 addresses count by /64, which
// is what one subscriber has (Better Auth CVE-2026-45364).
func (l *Limiter) Take(address netip.Addr, path string) error {
	allowed := l.limitOf(path)
	key := Bucket(address) + "|" + path
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

// Bucket names what counts as one caller: an address, of IPv6 its /64. All unknown
// addresses are one.
func Bucket(address netip.Addr) string {
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

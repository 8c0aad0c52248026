package throttle_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// clock is a clock that tests move by hand.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *clock) advance(d time.Duration) { c.now.Add(int64(d)) }
func address(t *testing.T, text string) netip.Addr {
	t.Helper()
	return netip.MustParseAddr(text)
}

func TestLimiter_Take(t *testing.T) {
	t.Parallel()
	const path = "/sign-in/email"

	t.Run("refuses the fourth sign-in within ten seconds and says when to come back", func(t *testing.T) {
		t.Parallel()
		c := &clock{}
		l := throttle.New(c.Now)
		for range 3 {
			if err := l.Take(address(t, "192.0.2.1"), path); err != nil {
				t.Fatal(err)
			}
		}
		c.advance(4 * time.Second)
		err := l.Take(address(t, "192.0.2.1"), path)
		if !errors.Is(err, throttle.ErrLimited) || fault.From(err).RetryAfter != 6*time.Second {
			t.Fatalf("got %v, retry after %s; want the limit, retry after 6s", err, fault.From(err).RetryAfter)
		}
	})

	t.Run("slides with allowed calls and opens after a quiet window", func(t *testing.T) {
		t.Parallel()
		c := &clock{}
		l := throttle.New(c.Now)
		for range 3 {
			if err := l.Take(address(t, "192.0.2.1"), path); err != nil {
				t.Fatal(err)
			}
			c.advance(9 * time.Second)
		}
		if err := l.Take(address(t, "192.0.2.1"), path); err == nil {
			t.Fatal("the window ended although calls kept coming")
		}
		c.advance(time.Second)
		if err := l.Take(address(t, "192.0.2.1"), path); err != nil {
			t.Fatalf("the window did not end: %v", err)
		}
	})

	t.Run("counts paths and addresses apart", func(t *testing.T) {
		t.Parallel()
		c := &clock{}
		l := throttle.New(c.Now)
		for i := range 3 {
			for _, at := range []string{"192.0.2.1", "192.0.2.2"} {
				for _, p := range []string{path, "/sign-up/email"} {
					if err := l.Take(address(t, at), p); err != nil {
						t.Fatalf("call %d of %s by %s: %v", i, p, at, err)
					}
				}
			}
		}
	})
}

// Past vulnerabilities, row 32: Better Auth CVE-2026-45364.
func TestLimiter_Take_OneSubnetSharesACount(t *testing.T) {
	t.Parallel()
	for name, spell := range map[string]func(int) string{
		"addresses of one /64":        func(i int) string { return fmt.Sprintf("2001:db8:1:2::%x", i+1) },
		"an address mapped into IPv6": func(i int) string { return []string{"192.0.2.7", "::ffff:192.0.2.7"}[i%2] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{}
			l := throttle.New(c.Now)
			allowed := 0
			for i := range 1000 {
				if l.Take(address(t, spell(i)), "/sign-in/email") == nil {
					allowed++
				}
			}
			if allowed != 3 {
				t.Fatalf("%d of 1000 calls were allowed, want 3", allowed)
			}
		})
	}
}

// Past vulnerabilities, row 37 (Better Auth PR 9990): parallel bursts, and callers whose address is unknown.
func TestLimiter_Take_ParallelAndUnknown(t *testing.T) {
	t.Parallel()
	c := &clock{}
	l := throttle.New(c.Now)
	var allowed atomic.Int32
	var burst sync.WaitGroup
	for range 200 {
		burst.Go(func() {
			if l.Take(netip.Addr{}, "/request-password-reset") == nil {
				allowed.Add(1)
			}
		})
	}
	burst.Wait()
	if allowed.Load() != 3 {
		t.Fatalf("%d of 200 parallel calls were allowed, want 3", allowed.Load())
	}
}

// TestLimiter_Take_Paths holds the protocol's table (better-auth-wire.md, section 7).
func TestLimiter_Take_Paths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]struct {
		window time.Duration
		calls  int
	}{
		"/sign-in/email":                     {10 * time.Second, 3},
		"/sign-in/username":                  {10 * time.Second, 3},
		"/sign-in/social":                    {10 * time.Second, 3},
		"/sign-in/phone-number":              {10 * time.Second, 3},
		"/sign-in/anonymous":                 {10 * time.Second, 3},
		"/sign-up/email":                     {10 * time.Second, 3},
		"/change-password":                   {10 * time.Second, 3},
		"/change-email":                      {10 * time.Second, 3},
		"/request-password-reset":            {60 * time.Second, 3},
		"/send-verification-email":           {60 * time.Second, 3},
		"/forget-password/email-otp":         {60 * time.Second, 3},
		"/email-otp/send-verification-otp":   {60 * time.Second, 3},
		"/email-otp/check-verification-otp":  {60 * time.Second, 3},
		"/email-otp/verify-email":            {60 * time.Second, 3},
		"/sign-in/email-otp":                 {60 * time.Second, 3},
		"/email-otp/request-password-reset":  {60 * time.Second, 3},
		"/email-otp/reset-password":          {60 * time.Second, 3},
		"/email-otp/request-email-change":    {60 * time.Second, 3},
		"/email-otp/change-email":            {60 * time.Second, 3},
		"/sign-in/magic-link":                {60 * time.Second, 5},
		"/magic-link/verify":                 {60 * time.Second, 5},
		"/two-factor/verify-totp":            {10 * time.Second, 3},
		"/phone-number/send-otp":             {60 * time.Second, 10},
		"/oauth2/token":                      {60 * time.Second, 20},
		"/oauth2/revoke":                     {60 * time.Second, 30},
		"/oauth2/introspect":                 {60 * time.Second, 100},
		"/get-session":                       {10 * time.Second, 100},
		"/two-factor":                        {10 * time.Second, 100},
		"/reset-password":                    {10 * time.Second, 100},
		"/oauth2/token/more":                 {10 * time.Second, 100},
		"/email-otp/check-verification-otp2": {10 * time.Second, 100},
	} {
		c := &clock{}
		l := throttle.New(c.Now)
		calls := 0
		var err error
		for calls <= want.calls {
			if err = l.Take(address(t, "192.0.2.1"), path); err != nil {
				break
			}
			calls++
		}
		if calls != want.calls || fault.From(err).RetryAfter != want.window {
			t.Errorf("%s: %d calls in %v, want %d in %s", path, calls, err, want.calls, want.window)
		}
	}
}

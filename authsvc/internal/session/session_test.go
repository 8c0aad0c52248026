package session_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/session"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 123456789, time.FixedZone("somewhere", 3600))

func open(remember bool) session.Session {
	return session.Open("id", session.Hash{1}, "user", remember, start)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for remember, life := range map[bool]time.Duration{true: session.Life, false: session.UnrememberedLife} {
		s := open(remember)
		if s.CreatedAt != start.UTC().Truncate(time.Millisecond) || s.UpdatedAt != s.CreatedAt || s.ExpiresAt != s.CreatedAt.Add(life) {
			t.Errorf("remember %t: created %v, updated %v, expires %v", remember, s.CreatedAt, s.UpdatedAt, s.ExpiresAt)
		}
	}
}

func TestSession_LiveAndFresh(t *testing.T) {
	t.Parallel()
	s := open(true)
	for name, tc := range map[string]struct {
		after       time.Duration
		live, fresh bool
	}{
		"at once":                       {0, true, true},
		"a moment before a day":         {session.FreshFor - time.Nanosecond, true, true},
		"after a day":                   {session.FreshFor, true, false},
		"a moment before its end":       {session.Life - time.Nanosecond, true, false},
		"at its end":                    {session.Life, false, false},
		"for a clock that is behind it": {-time.Minute, true, true},
	} {
		now := s.CreatedAt.Add(tc.after)
		if live, fresh := s.Live(now), s.Fresh(now); live != tc.live || fresh != tc.fresh {
			t.Errorf("%s: live %t, fresh %t; want %t, %t", name, live, fresh, tc.live, tc.fresh)
		}
	}
}

func TestSession_Renewed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		remember bool
		after    time.Duration
		want     bool
	}{
		"too early":                   {true, session.RenewAfter - time.Nanosecond, false},
		"after a day":                 {true, session.RenewAfter, true},
		"after a day, unremembered":   {false, session.RenewAfter, false},
		"at its very end, remembered": {true, session.Life, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(tc.remember)
			now := s.CreatedAt.Add(tc.after)
			renewed, due := s.Renewed(now)
			if due != tc.want {
				t.Fatalf("due is %t, want %t", due, tc.want)
			}
			if due && (!renewed.ExpiresAt.Equal(now.Add(session.Life)) || !renewed.CreatedAt.Equal(s.CreatedAt)) {
				t.Errorf("created %v, expires %v", renewed.CreatedAt, renewed.ExpiresAt)
			}
			if _, again := renewed.Renewed(now); due && again {
				t.Error("it is due again at once")
			}
		})
	}
}

func TestParseHandle(t *testing.T) {
	t.Parallel()
	hash := session.Hash(sha256.Sum256([]byte("token")))
	handle := hash.Handle()
	if got, ok := session.ParseHandle(handle); !ok || got != hash {
		t.Error("a handle does not name its session")
	}
	for _, other := range []string{"", handle[1:], handle + "A", handle + "=", handle[:42] + "B", strings.Repeat("!", 43), handle[:20] + "\n" + handle[20:], handle + "\r\n"} {
		if got, ok := session.ParseHandle(other); ok && got == hash {
			t.Errorf("%q names the session too", other)
		}
	}
}

// FuzzParseHandle holds the parser to one spelling for each session.
func FuzzParseHandle(f *testing.F) {
	f.Add(session.Hash{}.Handle())
	f.Add("")
	f.Add(strings.Repeat("_", 43))
	f.Add(strings.Repeat("0", 9) + "\n" + strings.Repeat("0", 34))
	f.Fuzz(func(t *testing.T, handle string) {
		if hash, ok := session.ParseHandle(handle); ok && hash.Handle() != handle {
			t.Errorf("%q reads as %q", handle, hash.Handle())
		}
	})
}

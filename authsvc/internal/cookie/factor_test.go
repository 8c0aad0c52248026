package cookie_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/cookie"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// header joins cookies as a browser sends them.
func header(cookies ...cookie.Cookie) string {
	var pairs []string
	for _, c := range cookies {
		if c.Value != "" {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	return strings.Join(pairs, "; ")
}

// TestJar_TrustDevice compares with a vector of the reference server.
func TestJar_TrustDevice(t *testing.T) {
	t.Parallel()
	jar := cookie.New(secret.NewRoot("oracle-secret-abcdefghijklmnopqrstuvwxyz-0123456789"), false)
	c := jar.TrustDevice("user1", "trust-device-x")
	value, err := url.PathUnescape(c.Value)
	if err != nil || !strings.HasPrefix(value, "oNJXKyTnMLbs6Ou-hdll_kb9kjio6IB4fU02MGMk-1k!trust-device-x.") {
		t.Errorf("got %q, %v", value, err)
	}
	if c.Name != "better-auth.trust_device" || c.MaxAge == nil || *c.MaxAge != 2592000 || c.Script {
		t.Errorf("got %s", c)
	}
	if got := jar.TrustedDevice(header(c)); got != "trust-device-x" {
		t.Errorf("read back: %q", got)
	}
	if got := jar.TrustedDevice(strings.Replace(header(c), "device-x", "device-y", 1)); got != "" {
		t.Errorf("a changed id: %q", got)
	}
	if got := jar.TrustedDevice("better-auth.trust_device=trust-device-x"); got != "" {
		t.Errorf("an unsigned id: %q", got)
	}
}

func TestJar_Challenge(t *testing.T) {
	t.Parallel()
	jar := cookie.New(secret.NewRoot("oracle-secret-abcdefghijklmnopqrstuvwxyz-0123456789"), true)

	t.Run("takes the session back and is read back", func(t *testing.T) {
		t.Parallel()
		var set cookie.Set
		set.Add(jar.Session("token", true, "")...)
		set.Add(jar.Challenge("2fa-x", true, "")...)
		written := map[string][]string{}
		set.Write(written)
		all := strings.Join(written["Set-Cookie"], "\n")
		if strings.Contains(all, "token.") || !strings.Contains(all, "session_token=; Max-Age=0") {
			t.Errorf("a session leaves beside the challenge:\n%s", all)
		}
		if got := jar.ChallengeID(header(jar.Challenge("2fa-x", true, "")...)); got != "2fa-x" {
			t.Errorf("read back: %q", got)
		}
		if got := jar.ChallengeID("__Secure-better-auth.two_factor=2fa-x"); got != "" {
			t.Errorf("an unsigned one: %q", got)
		}
	})

	t.Run("keeps whether the user is to be remembered", func(t *testing.T) {
		t.Parallel()
		marked := header(jar.Challenge("2fa-x", false, "")...)
		if !jar.DontRemember(marked) {
			t.Error("the mark is missing")
		}
		last := jar.Challenge("2fa-x", true, marked)
		if name := last[0].Name; name != "__Secure-better-auth.dont_remember" || *last[0].MaxAge != 0 {
			t.Errorf("the mark of the choice before stays: %s", name)
		}
	})
}

package password

import (
	"errors"
	"strings"
	"testing"
)

func TestNewHasher_DummyCostsWhatHashesCost(t *testing.T) {
	t.Parallel()
	parsed, err := parseArgon(NewHasher().dummy)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.outdated() {
		t.Errorf("the dummy has the costs %+v, new hashes %+v: unknown users would show", parsed.params, current())
	}
}

// FuzzParseArgon holds the parser of PHC strings to its bounds and to one form per hash.
func FuzzParseArgon(f *testing.F) {
	f.Add(hash("seed"))
	f.Add("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$$")
	f.Add("$argon2id$v=19$m=08,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4\n")
	f.Fuzz(func(t *testing.T, encoded string) {
		h, err := parseArgon(encoded)
		if err != nil {
			return
		}
		if h.memory > maxMemory || h.passes < 1 || h.passes > maxPasses || h.threads < 1 || h.threads > maxThreads {
			t.Errorf("costs out of bounds: %+v", h.params)
		}
		if got := h.String(); got != encoded {
			t.Errorf("%q reads as %q", encoded, got)
		}
	})
}

// FuzzVerify holds the detector of formats to its bounds: only known formats are executed.
func FuzzVerify(f *testing.F) {
	f.Add("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password")
	f.Add("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U")
	f.Add(strings.Repeat("a", 32)+":"+strings.Repeat("b", 128), "password")
	f.Add("$2y$99$", "")
	f.Fuzz(func(t *testing.T, encoded, plain string) {
		if h, err := parseArgon(encoded); err == nil && h.memory > 1<<10 {
			t.Skip("within bounds, but too slow to fuzz")
		}
		if strings.HasPrefix(encoded, "$2") && !strings.Contains(encoded[:min(7, len(encoded))], "$05$") {
			t.Skip("within bounds, but too slow to fuzz")
		}
		ok, _, err := verify(encoded, plain)
		if ok && err != nil {
			t.Errorf("verify reports a match and %v", err)
		}
		if err != nil && !errors.Is(err, errFormat) && !errors.Is(err, errCosts) {
			t.Errorf("verify = %v, want errFormat or errCosts", err)
		}
	})
}

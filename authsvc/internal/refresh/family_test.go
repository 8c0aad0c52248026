package refresh

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func family(generation int32) Family {
	return Family{ID: uuid.MustParse("01920000-0000-7000-8000-000000000001"), Salt: []byte(strings.Repeat("s", 32)), Generation: generation}
}

func TestProver_ProvesWhatItIssued(t *testing.T) {
	t.Parallel()
	p := prover{key: [32]byte{1}}
	issued, ok := parse(p.claim(family(3), 2).token())
	if !ok {
		t.Fatal("parse refuses an issued token")
	}
	otherSalt, otherID := family(3), family(3)
	otherSalt.Salt = []byte(strings.Repeat("t", 32))
	otherID.ID = uuid.MustParse("01920000-0000-7000-8000-000000000002")
	for name, tc := range map[string]struct {
		prover prover
		family Family
		want   bool
	}{
		"its family":                        {p, family(3), true},
		"its family when it was the newest": {p, family(2), true},
		"a generation that is yet to come":  {p, family(1), false},
		"a family of another salt":          {p, otherSalt, false},
		"another family":                    {p, otherID, false},
		"another installation":              {prover{key: [32]byte{2}}, family(3), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.prover.proved(tc.family, issued); got != tc.want {
				t.Errorf("proved = %t, want %t", got, tc.want)
			}
		})
	}
}

// TestParse_RefusesEveryChange covers Zitadel CVE-2026-27840 (past-vulnerabilities row 69):
// no part of a token is left unproved.
func TestParse_RefusesEveryChange(t *testing.T) {
	t.Parallel()
	p, f := prover{key: [32]byte{1}}, family(math.MaxInt32)
	token := p.claim(f, 5).token()
	accepted := func(changed string) bool {
		c, ok := parse(changed)
		return ok && c.family == f.ID && p.proved(f, c)
	}
	if !accepted(token) {
		t.Fatal("the token itself is refused")
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(raw) * 8 {
		flipped := []byte(string(raw))
		flipped[bit/8] ^= 1 << (bit % 8)
		if accepted(base64.RawURLEncoding.EncodeToString(flipped)) {
			t.Errorf("a token with bit %d flipped is accepted", bit)
		}
	}
	for length := range len(token) {
		if accepted(token[:length]) {
			t.Errorf("a token cut to %d characters is accepted", length)
		}
	}
	for _, extended := range []string{token + "A", token + "=", token + "\n", " " + token, "A" + token} {
		if accepted(extended) {
			t.Errorf("%q is accepted", extended)
		}
	}
}

// TestParse_ReadsOneForm proves that no token has a second spelling.
func TestParse_ReadsOneForm(t *testing.T) {
	t.Parallel()
	raw := make([]byte, claimSize)
	token := base64.RawURLEncoding.EncodeToString(raw)
	for name, other := range map[string]string{
		"trailing bits set": token[:len(token)-1] + "B",
		"standard alphabet": "//" + token[2:],
		"a line end inside": token[:10] + "\n" + token[10:len(token)-1],
		"padding":           token[:len(token)-1] + "=",
	} {
		if _, ok := parse(other); ok {
			t.Errorf("%s: %q is read", name, other)
		}
	}
}

func TestFamily_Live(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		family Family
		want   bool
	}{
		"before its end":  {Family{ExpiresAt: now.Add(time.Nanosecond)}, true},
		"at its end":      {Family{ExpiresAt: now}, false},
		"ended by a fact": {Family{ExpiresAt: now.Add(time.Hour), Ended: true}, false},
	} {
		if got := tc.family.Live(now); got != tc.want {
			t.Errorf("%s: Live = %t, want %t", name, got, tc.want)
		}
	}
}

// TestFamily_Narrow covers RFC 6749, section 6: a refresh never widens the scope.
func TestFamily_Narrow(t *testing.T) {
	t.Parallel()
	f := Family{Scope: []string{"a", "b"}}
	for name, tc := range map[string]struct {
		requested, want []string
		ok              bool
	}{
		"nothing requested":     {nil, []string{"a", "b"}, true},
		"a part":                {[]string{"b"}, []string{"b"}, true},
		"the whole":             {[]string{"b", "a"}, []string{"b", "a"}, true},
		"more":                  {[]string{"a", "c"}, nil, false},
		"the empty scope token": {[]string{""}, nil, false},
		"another case":          {[]string{"A"}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := f.Narrow(tc.requested)
			if diff := cmp.Diff(tc.want, got); diff != "" || ok != tc.ok {
				t.Errorf("Narrow = %t, want %t; scope (-want +got):\n%s", ok, tc.ok, diff)
			}
		})
	}
}

// FuzzParse holds the parser to one spelling for each claim.
func FuzzParse(f *testing.F) {
	f.Add(prover{}.claim(family(0), 0).token())
	f.Add(prover{}.claim(family(0), math.MaxInt32).token())
	f.Add(strings.Repeat("_", base64.RawURLEncoding.EncodedLen(claimSize)))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		c, ok := parse(token)
		if !ok {
			return
		}
		if c.generation < 0 {
			t.Errorf("generation is %d", c.generation)
		}
		if again := c.token(); again != token {
			t.Errorf("%q reads as %q", token, again)
		}
	})
}

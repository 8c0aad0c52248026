package principal_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/principal"
)

var (
	key     = [32]byte{1, 2, 3}
	sealing = time.Date(2026, 2, 3, 4, 5, 6, 789_000_000, time.UTC)
)

func at(moment time.Time) *principal.Sealer {
	return principal.NewSealer(key, func() time.Time { return moment })
}

func full() principal.Principal {
	return principal.Principal{
		Subject: "reader-1", SID: "s-1", ClientID: "app", Actor: "clerk-2", Roles: []string{"editor"}, Scope: []string{"read", "write"},
		AMR: []string{"pwd", "otp"}, AuthTime: time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC),
	}
}

func seal(t testing.TB, p principal.Principal) string {
	t.Helper()
	text, err := at(sealing).Seal(p, "catalog", "request-1")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSealer_OpensWhatItSealed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]principal.Principal{
		"every field": full(), "a subject alone": {Subject: "reader-1"}, "odd characters": {Subject: "ümläut . \" \n </script>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := at(sealing).Open(seal(t, want), "catalog", "request-1")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSealer_TextIsFitForAHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []byte(seal(t, principal.Principal{Subject: "a\r\nb\x00ü"})) {
		if c <= ' ' || c > '~' {
			t.Fatalf("it holds the byte %#x", c)
		}
	}
}

func TestSealer_RefusesWhatWasNotMeantForIt(t *testing.T) {
	t.Parallel()
	text := seal(t, full())
	body, mac, _ := strings.Cut(text, ".")
	otherBody, otherMAC, _ := strings.Cut(seal(t, principal.Principal{Subject: "clerk-2"}), ".")
	otherKey := principal.NewSealer([32]byte{9}, func() time.Time { return sealing })
	cases := map[string]struct {
		sealer                  *principal.Sealer
		text, audience, request string
	}{
		"another audience":          {at(sealing), text, "orders", "request-1"},
		"no audience":               {at(sealing), text, "", "request-1"},
		"another request":           {at(sealing), text, "catalog", "request-2"},
		"no request":                {at(sealing), text, "catalog", ""},
		"audience and request swap": {at(sealing), text, "request-1", "catalog"},
		"another key":               {otherKey, text, "catalog", "request-1"},
		"a moment too late":         {at(sealing.Add(30*time.Second + 1)), text, "catalog", "request-1"},
		"a day too late":            {at(sealing.Add(24 * time.Hour)), text, "catalog", "request-1"},
		"the seal of another one":   {at(sealing), body + "." + otherMAC, "catalog", "request-1"},
		"the body of another one":   {at(sealing), otherBody + "." + mac, "catalog", "request-1"},
		"no seal":                   {at(sealing), body + ".", "catalog", "request-1"},
		"no seal and no dot":        {at(sealing), body, "catalog", "request-1"},
		"a seal alone":              {at(sealing), "." + mac, "catalog", "request-1"},
		"nothing":                   {at(sealing), "", "catalog", "request-1"},
		"a dot":                     {at(sealing), ".", "catalog", "request-1"},
		"a third part":              {at(sealing), text + "." + mac, "catalog", "request-1"},
		"padding":                   {at(sealing), text + "=", "catalog", "request-1"},
		"a line end":                {at(sealing), text + "\n", "catalog", "request-1"},
		"a line end in the body":    {at(sealing), "\n" + text, "catalog", "request-1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.sealer.Open(c.text, c.audience, c.request)
			if !errors.Is(err, principal.ErrSeal) {
				t.Fatalf("got %v, want ErrSeal", err)
			}
			if diff := cmp.Diff(principal.Principal{}, got); diff != "" {
				t.Errorf("and it returned somebody: %s", diff)
			}
		})
	}
}

func TestSealer_OpensDuringTheWholeSecondsOfItsLife(t *testing.T) {
	t.Parallel()
	text := seal(t, full())
	for _, age := range []time.Duration{0, time.Second, 29 * time.Second} {
		if _, err := at(sealing.Add(age)).Open(text, "catalog", "request-1"); err != nil {
			t.Errorf("after %s: %v", age, err)
		}
	}
}

func TestSealer_RefusesEveryFlippedBit(t *testing.T) {
	t.Parallel()
	text := seal(t, full())
	for i := range len(text) * 8 {
		changed := []byte(text)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := at(sealing).Open(string(changed), "catalog", "request-1"); !errors.Is(err, principal.ErrSeal) {
			t.Errorf("bit %d of byte %d of %d flipped: got %v, want ErrSeal", i%8, i/8, len(text), err)
		}
	}
}

func FuzzSealer_Open(f *testing.F) {
	genuine := seal(f, full())
	f.Add(genuine, "catalog", "request-2")
	f.Add(genuine+"\n", "catalog", "request-1")
	f.Add("e30.e30", "", "")
	f.Add(".", "", "")
	f.Fuzz(func(t *testing.T, text, audience, request string) {
		got, err := at(sealing).Open(text, audience, request)
		if err == nil && (text != genuine || audience != "catalog" || request != "request-1") {
			t.Errorf("%q opened for %q, %q: %+v", text, audience, request, got)
		}
		if err != nil && (got.Subject != "" || !errors.Is(err, principal.ErrSeal)) {
			t.Errorf("refused with %v and %+v", err, got)
		}
	})
}

package cookie

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reference holds what better-call 1.4.5, the cookie code of the reference server, made of
// the same input; testdata/better-call.mjs writes it.
type reference struct {
	Headers []struct {
		Header  string
		Cookies map[string]string
	}
	Signed []struct{ Secret, Value, Wire string }
}

func readReference(t *testing.T) reference {
	t.Helper()
	text, err := os.ReadFile("testdata/better-call.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Headers) < 30 || len(r.Signed) < 20 {
		t.Fatalf("%d headers and %d values to compare: the file is not whole", len(r.Headers), len(r.Signed))
	}
	return r
}

func TestPairs_ReadAsTheReference(t *testing.T) {
	t.Parallel()
	for _, tc := range readReference(t).Headers {
		got := map[string]string{}
		for _, p := range pairs(tc.Header) {
			got[p.name] = p.value
		}
		if diff := cmp.Diff(tc.Cookies, got); diff != "" {
			t.Errorf("pairs(%q) (-reference +got):\n%s", tc.Header, diff)
		}
	}
}

func TestSigner_SignsAsTheReference(t *testing.T) {
	t.Parallel()
	for _, tc := range readReference(t).Signed {
		s := newSigner(tc.Secret)
		if got := encode(s.sign(tc.Value)); got != tc.Wire {
			t.Errorf("%q is signed as\n%s, the reference signs it as\n%s", tc.Value, got, tc.Wire)
		}
		if value, ok := s.verify(decode(tc.Wire)); !ok || value != tc.Value {
			t.Errorf("verify(%q) = %q, %t; want %q, true", tc.Wire, value, ok, tc.Value)
		}
	}
}

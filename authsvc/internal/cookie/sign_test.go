package cookie

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func testSigner() signer {
	return newSigner("oracle-secret-abcdefghijklmnopqrstuvwxyz-0123456789")
}

func TestSigner_KnownAnswer(t *testing.T) {
	t.Parallel()
	const want = "ecSSOxmhKQCpHA02ic1bhhwHxSPKnnmyt77vFmo4xtM="
	if got := testSigner().signature("true"); got != want {
		t.Errorf("signature of true is %s, want %s", got, want)
	}
}

// TestSigner_RefusesChanges changes every bit, cuts everywhere and appends (past
// vulnerability 69, CVE-2026-27840: a truncated token was taken as valid).
func TestSigner_RefusesChanges(t *testing.T) {
	t.Parallel()
	s := testSigner()
	signed := s.sign("kZ4w1bWq0pZbGm2nXyA9")
	for at := range len(signed) {
		for bit := range 8 {
			changed := []byte(signed)
			changed[at] ^= 1 << bit
			if value, ok := s.verify(string(changed)); ok {
				t.Fatalf("byte %d, bit %d changed: verifies as %q", at, bit, value)
			}
		}
		if value, ok := s.verify(signed[:at]); ok {
			t.Fatalf("cut to %d bytes: verifies as %q", at, value)
		}
		if value, ok := s.verify(signed[at+1:]); ok {
			t.Fatalf("without its first %d bytes: verifies as %q", at+1, value)
		}
	}
	for _, changed := range []string{
		signed + "=", signed + ".", signed + "\n", " " + signed, signed + "." + s.signature("kZ4w1bWq0pZbGm2nXyA9"),
		"." + s.signature(""), "", ".", "=", strings.Repeat(".", 1<<16), strings.TrimSuffix(signed, "="),
	} {
		if value, ok := s.verify(changed); ok {
			t.Errorf("%.80q verifies as %q", changed, value)
		}
	}
	if _, ok := newSigner("another secret of the same length, of no use here..").verify(signed); ok {
		t.Error("verifies under another secret")
	}
}

// TestEncode_IsEncodeURIComponent holds encode to ECMA-262, section 19.2.6.4.
func TestEncode_IsEncodeURIComponent(t *testing.T) {
	t.Parallel()
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
	for c := range rune(128) {
		got := encode(string(c))
		if kept := got == string(c); kept != strings.ContainsRune(plain, c) {
			t.Errorf("encode(%q) = %q", c, got)
		}
		if decode(got) != string(c) {
			t.Errorf("decode(encode(%q)) = %q", c, decode(got))
		}
	}
	for text, want := range map[string]string{"ä": "%C3%A4", "€": "%E2%82%AC", "😀": "%F0%9F%98%80", "a+/=": "a%2B%2F%3D"} {
		if got := encode(text); got != want {
			t.Errorf("encode(%q) = %q, want %q", text, got, want)
		}
	}
}

// FuzzSigner holds signing to a round trip, and verify to nothing but what was signed.
func FuzzSigner(f *testing.F) {
	f.Add("kZ4w1bWq0pZbGm2nXyA9", "true.ecSSOxmhKQCpHA02ic1bhhwHxSPKnnmyt77vFmo4xtM=")
	f.Add("a.b", "true.ecSSOxmhKQCpHA02ic1bhhwHxSPKnnmyt77vFmo4xtN=")
	f.Add("+ %41", "%")
	f.Fuzz(func(t *testing.T, value, presented string) {
		s := testSigner()
		if value != "" && utf8.ValidString(value) {
			if got, ok := s.verify(decode(encode(s.sign(value)))); !ok || got != value {
				t.Errorf("%q comes back as %q, %t", value, got, ok)
			}
		}
		if got, ok := s.verify(presented); ok && s.sign(got) != presented {
			t.Errorf("%q verifies as %q, which signs as %q", presented, got, s.sign(got))
		}
	})
}

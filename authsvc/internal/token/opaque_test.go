package token_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"regexp"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/token"
)

// Covers ASVS V7.2.3.
func TestNew(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[A-Za-z0-9]{43}$`)
	seen, counts := map[string]bool{}, map[rune]int{}
	for range 2000 {
		secret, err := token.New()
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(secret) || seen[secret] {
			t.Fatalf("%q is not 43 letters and digits, or came twice", secret)
		}
		seen[secret] = true
		for _, c := range secret {
			counts[c]++
		}
	}
	for c, n := range counts { // 1387 expected; eight standard deviations either way
		if n < 1090 || n > 1690 {
			t.Errorf("%q came %d times in 86000: the characters are not equally likely", c, n)
		}
	}
	if len(counts) != 62 {
		t.Errorf("%d different characters, want 62", len(counts))
	}
}

func TestNewFrom(t *testing.T) {
	t.Parallel()
	high := bytes.Repeat([]byte{248, 255}, 43) // would make some characters likelier: dropped
	zero := make([]byte, 43)
	got, err := token.NewFrom(io.MultiReader(bytes.NewReader(high), bytes.NewReader(zero)))
	if want := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; err != nil || got != want {
		t.Errorf("NewFrom = %q, %v; want %q", got, err, want)
	}
	if got, err := token.NewFrom(bytes.NewReader(zero[:42])); !errors.Is(err, io.ErrUnexpectedEOF) || got != "" {
		t.Errorf("NewFrom of too few bytes = %q, %v; want an error and no token", got, err)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	sum := token.Hash("abc") // FIPS 180-2, appendix B.1
	if got := hex.EncodeToString(sum[:]); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("Hash = %s", got)
	}
}

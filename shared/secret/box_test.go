package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func box(t testing.TB, root secret.Text, purpose string) *secret.Box {
	t.Helper()
	b, err := secret.NewRoot(root).Box(purpose)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBox_OpensWhatItSealed(t *testing.T) {
	t.Parallel()
	b := box(t, rootText, "notes")
	for _, value := range [][]byte{nil, {}, {0}, []byte("short"), bytes.Repeat([]byte("long"), 10_000)} {
		for _, label := range []string{"", "row 7"} {
			got, err := b.Open(b.Seal(value, label), label)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, value) {
				t.Errorf("got %q, want %q", got, value)
			}
		}
	}
}

// Covers NATS nkeys CVE-2023-46129.
func TestBox_RefusesWhatDoesNotBelong(t *testing.T) {
	t.Parallel()
	b := box(t, rootText, "notes")
	value := []byte("meet at noon")
	sealed := b.Seal(value, "row 7")
	cases := map[string]struct {
		box    *secret.Box
		sealed []byte
		label  string
	}{
		"another label":       {b, sealed, "row 8"},
		"a longer label":      {b, sealed, "row 77"},
		"no label":            {b, sealed, ""},
		"another purpose":     {box(t, rootText, "letters"), sealed, "row 7"},
		"another root":        {box(t, rootText+"x", "notes"), sealed, "row 7"},
		"nothing":             {b, nil, "row 7"},
		"a nonce alone":       {b, sealed[:24], "row 7"},
		"less than a nonce":   {b, sealed[:23], "row 7"},
		"a cut end":           {b, sealed[:len(sealed)-1], "row 7"},
		"something appended":  {b, append(bytes.Clone(sealed), 0), "row 7"},
		"the value in clear":  {b, value, "row 7"},
		"the value, unsealed": {b, append(bytes.Clone(sealed[:24]), value...), "row 7"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := c.box.Open(c.sealed, c.label); !errors.Is(err, secret.ErrSealed) || got != nil {
				t.Errorf("got %q, %v; want ErrSealed", got, err)
			}
		})
	}
}

func TestBox_RefusesEveryFlippedBit(t *testing.T) {
	t.Parallel()
	b := box(t, rootText, "notes")
	sealed := b.Seal([]byte("meet at noon"), "row 7")
	for i := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := b.Open(changed, "row 7"); !errors.Is(err, secret.ErrSealed) {
			t.Fatalf("bit %d flipped: got %v, want ErrSealed", i, err)
		}
	}
}

func TestBox_SealsTheSameValueDifferentlyEachTime(t *testing.T) {
	t.Parallel()
	b := box(t, rootText, "notes")
	seen := map[string]bool{}
	for range 1000 {
		sealed := b.Seal([]byte("meet at noon"), "row 7")
		if nonce := string(sealed[:24]); seen[nonce] {
			t.Fatal("a nonce was used twice")
		} else {
			seen[nonce] = true
		}
		if bytes.Contains(sealed, []byte("noon")) {
			t.Fatal("the value shows")
		}
	}
}

// A box of an earlier version must open for ever: it lies in databases.
func TestBox_OpensABoxOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	sealed, err := hex.DecodeString("a3dcd3b3d933fd2fba07a8cd4ef18188d80efa81813528096e39555730b55c56b5e948638e61026922403ff5a9db0f83fced")
	if err != nil {
		t.Fatal(err)
	}
	got, err := box(t, rootText, "canary").Open(sealed, "row 7")
	if err != nil || string(got) != "still here" {
		t.Errorf("got %q, %v", got, err)
	}
}

func FuzzBox_Open(f *testing.F) {
	b := box(f, rootText, "notes")
	f.Add(b.Seal([]byte("meet at noon"), rand.Text()), "row 8") // no input finds the label
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, sealed []byte, label string) {
		if got, err := b.Open(sealed, label); err == nil {
			t.Errorf("opened a box that nobody sealed under label %q: %q", label, got)
		}
	})
}

package password_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/password"
)

var update = flag.Bool("update", false, "write common.txt anew")

// generate returns the list that common.txt embeds: patterns that people fall back on.
func generate(t *testing.T) []string {
	t.Helper()
	words := read(t, "testdata/whole.txt")
	stems, endings := read(t, "testdata/stems.txt"), read(t, "testdata/endings.txt")
	for _, stem := range stems {
		words = append(words, stem, stem+stem)
		for _, ending := range endings {
			words = append(words, stem+ending)
		}
	}
	for _, c := range "0123456789abcdefghijklmnopqrstuvwxyz" {
		for length := password.MinLength; length <= 12; length++ {
			words = append(words, strings.Repeat(string(c), length))
		}
	}
	words = slices.DeleteFunc(words, func(w string) bool { return len(w) < password.MinLength })
	slices.Sort(words)
	return slices.Compact(words)
}

func read(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

func TestCommon_ListIsGenerated(t *testing.T) {
	t.Parallel()
	want := generate(t)
	if *update {
		if err := os.WriteFile("common.txt", []byte("\n"+strings.Join(want, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return // the test binary still embeds the old list
	}
	if diff := cmp.Diff(want, read(t, "common.txt")); diff != "" {
		t.Fatalf("common.txt is not what its sources make; run with -update (-want +got):\n%s", diff)
	}
	if len(want) < 3000 {
		t.Errorf("%d passwords, want at least 3000 (ASVS V6.2.4)", len(want))
	}
	for _, w := range want {
		if !password.Common(w) || !password.Common(strings.ToUpper(w)) {
			t.Fatalf("Common(%q) = false in lower or upper case", w)
		}
	}
}

func TestCommon(t *testing.T) {
	t.Parallel()
	for plain, want := range map[string]bool{
		"password1":                      true,
		"Summer2025!":                    true,
		"QWERTYuiop":                     true,
		"ｐａｓｓｗｏｒｄ":                       true, // full width; NFKC makes it the plain word
		"passwordpassword":               true,
		"":                               false,
		"passwor":                        false,
		"password1\npassword2":           false,
		"\n":                             false,
		"xpassword1":                     false,
		"password1x9":                    false,
		"a river runs 7 times":           false,
		strings.Repeat("password1", 100): false,
	} {
		if got := password.Common(plain); got != want {
			t.Errorf("Common(%q) = %t, want %t", plain, got, want)
		}
	}
}

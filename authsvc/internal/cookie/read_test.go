package cookie

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	const name = "better-auth.session_token"
	for header, want := range map[string]string{
		name + "=first; " + name + "=second":                       "first",
		"other=1;" + name + "=no space":                            "no space",
		name + `="quoted"`:                                         "quoted",
		name + "=a+b%2Bc":                                          "a+b+c",
		name + "=tok.ab+/=":                                        "tok.ab+/=", // as the Expo client sends it
		name + "=%zz":                                              "%zz",
		"__Secure-" + name + "=1; " + name + "=2":                  "2",
		strings.ToUpper(name) + "=1; " + name + "=2":               "2",
		"x" + name + "=1; " + name + "x=1; " + name:                "",
		"a=" + strings.Repeat("x", maxHeader) + "; " + name + "=1": "", // beyond the listener's bound
	} {
		if got, ok := find(header, name); got != want || ok != (want != "") {
			t.Errorf("find in %.80q = %q, %t; want %q", header, got, ok, want)
		}
	}
}

// FuzzPairs holds the parser of Cookie headers to its rules for any header.
func FuzzPairs(f *testing.F) {
	f.Add("a=1; b=2")
	f.Add(`a="x;y"; a=%41; =1; ;;`)
	f.Add("a=%E2%82; b=\xff")
	f.Fuzz(func(t *testing.T, header string) {
		seen := map[string]bool{}
		for _, p := range pairs(header) {
			if p.name == "" || seen[p.name] || strings.ContainsAny(p.name, ";=") || p.name != strings.TrimSpace(p.name) {
				t.Errorf("%q gives a cookie named %q", header, p.name)
			}
			seen[p.name] = true
			if value, ok := find(header, p.name); !ok || value != p.value {
				t.Errorf("find(%q) = %q, %t; pairs has %q", p.name, value, ok, p.value)
			}
		}
	})
}

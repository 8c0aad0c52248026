package username_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/username"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{
		"ada": nil, "Ada.Lovelace_1815": nil, "...": nil, strings.Repeat("a", 30): nil,
		"": username.ErrTooShort, "ad": username.ErrTooShort, "😀": username.ErrTooShort,
		strings.Repeat("a", 31): username.ErrTooLong, strings.Repeat("😀", 16): username.ErrTooLong,
		"ada-lovelace": username.ErrInvalid, "ada lovelace": username.ErrInvalid, "ada\n": username.ErrInvalid,
		"аda": username.ErrInvalid, "ada@example.com": username.ErrInvalid, "ada\x00": username.ErrInvalid,
	} {
		if err := username.Check(name); !errors.Is(err, want) {
			t.Errorf("Check(%q) = %v, want %v", name, err, want)
		}
	}
}

// FuzzCheck: what passes is ASCII of a bounded length, so its lower case is as good.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"ada", "Ada.L", "аda", "K"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if username.Check(name) != nil {
			return
		}
		if len(name) > username.MaxLength || username.Check(username.Normal(name)) != nil {
			t.Errorf("%q passes", name)
		}
	})
}

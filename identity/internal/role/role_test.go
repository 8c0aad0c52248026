package role

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "support", "tier-2_b", "a" + strings.Repeat("b", 62)} {
		if got, err := ParseName(name); err != nil || got != name {
			t.Errorf("ParseName(%q) = %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "Admin", "2nd", "a b", "a:b", "a\n", "é", "a\x00", "a" + strings.Repeat("b", 63)} {
		if _, err := ParseName(name); !errors.Is(err, ErrName) {
			t.Errorf("ParseName(%q): %v; want ErrName", name, err)
		}
	}
}

func TestParsePermissions(t *testing.T) {
	t.Parallel()
	got, err := ParsePermissions([]string{"b:x", "a:y", "b:x"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Permissions{"a:y", "b:x"}, got); diff != "" {
		t.Error(diff)
	}
	if got, err := ParsePermissions(nil); err != nil || got == nil || len(got) != 0 {
		t.Errorf("no permissions: %#v, %v; want an empty list", got, err)
	}
	for _, bad := range []string{"", "*", "a:*", "*:a", "a", "A:b", "a:b:c", "a:b\n", ":b", "a:"} {
		if _, err := ParsePermissions([]string{"a:b", bad}); !errors.Is(err, ErrPermission) {
			t.Errorf("ParsePermissions(%q): %v; want ErrPermission", bad, err)
		}
	}
	many := slices.Repeat([]string{"a:b"}, maxPermissions+1)
	if _, err := ParsePermissions(many); !errors.Is(err, ErrPermission) {
		t.Errorf("%d permissions: %v; want ErrPermission", len(many), err)
	}
}

func FuzzParsePermissions(f *testing.F) {
	f.Add("a:b", "c:d")
	f.Add("*", "")
	f.Fuzz(func(t *testing.T, one, two string) {
		set, err := ParsePermissions([]string{one, two})
		if err != nil {
			return
		}
		if !slices.IsSorted(set) || !set.Hold(one) || !set.Hold(two) || set.Hold(Everything) {
			t.Fatalf("ParsePermissions(%q, %q) = %q", one, two, set)
		}
	})
}

func TestPermissions_Hold(t *testing.T) {
	t.Parallel()
	some, all := Permissions{"a:b", "c:d"}, Permissions{Everything}
	for _, c := range []struct {
		name string
		set  Permissions
		what string
		want bool
	}{
		{"holds what it lists", some, "c:d", true},
		{"does not hold another", some, "a:d", false},
		{"does not hold everything", some, Everything, false},
		{"holds any by everything", all, "x:y", true},
		{"holds everything by everything", all, Everything, true},
		{"does not hold what is no permission", all, "x", false},
		{"does not hold the empty permission", all, "", false},
		{"holds nothing when empty", nil, "a:b", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.set.Hold(c.what); got != c.want {
				t.Errorf("%v.Hold(%q) = %v", c.set, c.what, got)
			}
		})
	}
}

// The rule behind past vulnerability 50 (CVE-2025-7784): whoever covers a role already
// holds everything that the role would give.
func FuzzPermissions_Cover(f *testing.F) {
	f.Add("a:b c:d", "a:b")
	f.Add("*", "a:b *")
	f.Add("a:b", "*")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, own, wanted string) {
		holder, role := Permissions(strings.Fields(own)), Permissions(strings.Fields(wanted))
		covers := holder.Cover(role)
		for _, p := range role {
			if covers && !holder.Hold(p) {
				t.Fatalf("%q covers %q without holding %q", holder, role, p)
			}
		}
		if slices.Contains(role, Everything) && covers && !slices.Contains(holder, Everything) {
			t.Fatalf("%q covers %q", holder, role)
		}
	})
}

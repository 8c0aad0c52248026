package user

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const anID = "0198c0de-0000-7000-8000-000000000001"

func TestParseID_Accepts(t *testing.T) {
	t.Parallel()
	if got, err := ParseID(anID); err != nil || got != ID(anID) {
		t.Fatalf("ParseID = %q, %v", got, err)
	}
}

func TestParseID_Refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "1", strings.ToUpper(anID), anID + "\n", " " + anID, "{" + anID + "}",
		"0198c0de-0000-4000-8000-000000000001", // version 4
		"0198c0de-0000-7000-7000-000000000001", // another variant
		"0198c0de0000700080000000000000001",
	} {
		if got, err := ParseID(text); !errors.Is(err, ErrID) {
			t.Errorf("ParseID(%q) = %q, %v; want ErrID", text, got, err)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(anID)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseID(text)
		if err == nil && (string(id) != text || len(id) != 36 || id != ID(strings.ToLower(text))) {
			t.Fatalf("ParseID(%q) = %q", text, id)
		}
	})
}

func TestUser_At(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	reason := "spam"
	for _, c := range []struct {
		name   string
		ends   *time.Time
		banned bool
		want   bool
	}{
		{"keeps a ban without end", nil, true, true},
		{"keeps a ban that ends later", new(now.Add(time.Second)), true, true},
		{"drops a ban at the moment it ends", new(now), true, false},
		{"drops a ban that has ended", new(now.Add(-time.Second)), true, false},
		{"leaves others alone", nil, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := User{Ban: Ban{Banned: c.banned, BanReason: &reason, BanExpires: c.ends}}.At(now)
			if got.Banned != c.want || (got.BanReason != nil) != c.want {
				t.Errorf("banned %v, reason %v; want %v", got.Banned, got.BanReason, c.want)
			}
		})
	}
}

func TestQuery_normalised(t *testing.T) {
	t.Parallel()
	if q, err := (Query{Prefix: "Ada@"}).normalised(); err != nil || q.Prefix != "ada@" {
		t.Errorf("normalised = %+v, %v", q, err)
	}
	for _, prefix := range []string{"\x00", "\xff", strings.Repeat("a", maxPrefix+1)} {
		if _, err := (Query{Prefix: prefix}).normalised(); !errors.Is(err, ErrPrefix) {
			t.Errorf("prefix %.10q: %v; want ErrPrefix", prefix, err)
		}
	}
}

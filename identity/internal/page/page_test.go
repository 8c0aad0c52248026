package page_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/identity/internal/page"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func newCursors(t testing.TB, root string) *page.Cursors {
	t.Helper()
	cursors, err := page.New(secret.NewRoot(secret.Text(root)))
	if err != nil {
		t.Fatal(err)
	}
	return cursors
}

func TestCursors_Open(t *testing.T) {
	t.Parallel()
	cursors := newCursors(t, "one root")
	cursor := cursors.Seal("users:a", "ada@example.com")
	t.Run("returns the position of its own cursor", func(t *testing.T) {
		t.Parallel()
		if got, err := cursors.Open("users:a", cursor); err != nil || got != "ada@example.com" {
			t.Errorf("Open = %q, %v", got, err)
		}
	})
	t.Run("takes no cursor as the start", func(t *testing.T) {
		t.Parallel()
		if got, err := cursors.Open("users:a", ""); err != nil || got != "" {
			t.Errorf("Open = %q, %v", got, err)
		}
	})
	t.Run("does not show the position", func(t *testing.T) {
		t.Parallel()
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || strings.Contains(string(raw), "ada") {
			t.Errorf("cursor %q, %v", raw, err)
		}
	})
}

// Past vulnerability 53 (CVE-2026-33503): made-up page tokens.
func TestCursors_OpenForged(t *testing.T) {
	t.Parallel()
	cursors := newCursors(t, "one root")
	cursor := cursors.Seal("users:a", "ada@example.com")
	for name, c := range map[string]struct{ list, cursor string }{
		"refuses one of another list":        {"roles", cursor},
		"refuses one of another filter":      {"users:b", cursor},
		"refuses a cut one":                  {"users:a", cursor[:len(cursor)-4]},
		"refuses an extended one":            {"users:a", cursor + "AAAA"},
		"refuses a plain position":           {"users:a", "ada@example.com"},
		"refuses a plain position in base64": {"users:a", base64.RawURLEncoding.EncodeToString([]byte("ada@example.com"))},
		"refuses SQL":                        {"users:a", "' or 1=1 --"},
		"refuses one of another root":        {"users:a", newCursors(t, "another root").Seal("users:a", "ada@example.com")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := cursors.Open(c.list, c.cursor); !errors.Is(err, page.ErrCursor) {
				t.Errorf("Open = %q, %v; want ErrCursor", got, err)
			}
		})
	}
	t.Run("refuses every changed byte", func(t *testing.T) {
		t.Parallel()
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			changed := append([]byte{}, raw...)
			changed[i] ^= 1
			if got, err := cursors.Open("users:a", base64.RawURLEncoding.EncodeToString(changed)); !errors.Is(err, page.ErrCursor) {
				t.Fatalf("byte %d: Open = %q, %v", i, got, err)
			}
		}
	})
}

func FuzzCursors_Open(f *testing.F) {
	cursors := newCursors(f, "one root")
	f.Add("users:a", cursors.Seal("users:a", "ada@example.com"))
	f.Add("", "")
	f.Fuzz(func(t *testing.T, list, cursor string) {
		position, err := cursors.Open(list, cursor)
		if err == nil && cursor != "" && (list != "users:a" || position != "ada@example.com") {
			t.Fatalf("Open(%q, %q) = %q", list, cursor, position)
		}
	})
}

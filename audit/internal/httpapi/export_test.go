package httpapi

import (
	"strconv"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// FuzzParseCursor: a cursor is read back as it was given out, or refused as the caller's fault.
func FuzzParseCursor(f *testing.F) {
	for _, cursor := range []string{"", "1.3", "3.3", "0.3", "1", ".", "1.3.3", "-1.2", "+1.2", "01.2", "9223372036854775808.1", "1.９"} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		first, size, err := parseCursor(cursor)
		switch {
		case err != nil:
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%q: %v is not the caller's fault", cursor, err)
			}
		case cursor == "":
		case first < 1 || size < first:
			t.Fatalf("%q was read as %d of %d", cursor, first, size)
		case strconv.FormatInt(first, 10)+"."+strconv.FormatInt(size, 10) != cursor:
			t.Fatalf("%q and %d.%d mean the same", cursor, first, size)
		}
	})
}

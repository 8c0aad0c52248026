package usage

import (
	"os"
	"testing"
	"time"
)

// line is a real one; the name holds what a name may hold.
const line = "4711 (a) b (c)\n) S 42 4711 4711 0 -1 4194304 1033 2000 0 0 150 50 30 20 20 0 9 0 8123 1830129664 3000 18446744073709551615 1 1 0"

func TestParse_ReadsPastAnyName(t *testing.T) {
	t.Parallel()
	got, err := parse(line)
	if err != nil {
		t.Fatal(err)
	}
	want := Process{PID: 4711, Name: "a) b (c)\n", CPU: 2500 * time.Millisecond, Resident: 3000 * int64(os.Getpagesize()), parent: 42}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParse_RefusesWhatIsNoLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "1", "1 (x", ") 1 (", "1 (x) S 2 3", "x " + line[5:], line[:60]} {
		if got, err := parse(text); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(line)
	f.Add("1 (init) S 0 1 1 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 0 0 5 0 0")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := parse(text); err != nil && p != (Process{}) {
			t.Errorf("an error and a process: %+v, %v", p, err)
		}
	})
}

package leaf_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/audit/internal/leaf"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

func event() events.Event {
	return events.Event{
		ID: "0197f3a0-0000-7000-8000-000000000001", Pos: 4, Type: "library.book_lent.v1", Key: "reader-1", Actor: "clerk-1", RequestID: "r",
		Outcome: events.Failure, Body: json.RawMessage(`{"b": 1, "a": "\u003c\u00e9"}`),
		At: time.Date(2026, 1, 2, 4, 4, 5, 999, time.FixedZone("", 3600)),
	}
}

// RFC 8785: members ordered, no spaces, the shortest spelling.
func TestLeaf_Bytes(t *testing.T) {
	t.Parallel()
	raw, err := leaf.Of("library", event(), "ab").Bytes()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"action":"library.book_lent.v1","actor":"clerk-1","event_id":"0197f3a0-0000-7000-8000-000000000001","facts":{"a":"<é","b":1},` +
		`"outcome":"failure","pd_commit":"ab","pos":4,"request_id":"r","source":"library","subject":"reader-1","time":"2026-01-02T03:04:05.000000Z","v":1}`
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Error(diff)
	}
	parsed, err := leaf.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parsed.Bytes()
	if err != nil || string(again) != want {
		t.Errorf("read and written again: %s, %v", again, err)
	}
}

func TestLeaf_BytesNeverHoldPersonalData(t *testing.T) {
	t.Parallel()
	ev := event()
	ev.Personal = json.RawMessage(`{"email":"ada@example.com"}`)
	raw, err := leaf.Of("library", ev, "ab").Bytes()
	if err != nil || strings.Contains(string(raw), "ada@") {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestLeaf_BytesRefuseBodiesWithoutOneMeaning(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"a":1,"a":2}`, "\"\xff\"", `"\ud800"`, `{`} {
		ev := event()
		ev.Body = json.RawMessage(body)
		if raw, err := leaf.Of("library", ev, "").Bytes(); err == nil {
			t.Errorf("body %q became %s", body, raw)
		}
	}
}

func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "[]", `{"v":2,"time":"2026-01-02T03:04:05.000000Z"}`, `{"v":1}`, `{"v":1,"time":"yesterday"}`, `{"v":1,"time":"2026-01-02T03:04:05.000000Z","pos":"x"}`} {
		if _, err := leaf.Parse([]byte(text)); err == nil {
			t.Errorf("%q is a leaf", text)
		}
	}
}

func TestCommit_DependsOnSaltAndData(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, salt := range [][32]byte{{1}, {2}} {
		for _, data := range []string{"{}", `{"a":1}`} {
			seen[leaf.Commit(salt, []byte(data))] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d commitments for 4 inputs", len(seen))
	}
}

// FuzzParse checks that what is read is written in one way only.
func FuzzParse(f *testing.F) {
	raw, err := leaf.Of("library", event(), "ab").Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"v":1,"time":"2026-01-02T03:04:05.000000Z","facts":null}`))
	f.Fuzz(func(t *testing.T, input []byte) {
		parsed, err := leaf.Parse(input)
		if err != nil {
			return
		}
		first, err := parsed.Bytes()
		if err != nil {
			return // facts without one meaning
		}
		again, err := leaf.Parse(first)
		if err != nil {
			t.Fatalf("%s\nis not read again: %v", first, err)
		}
		if second, err := again.Bytes(); err != nil || string(first) != string(second) {
			t.Errorf("written as\n%s\nthen as\n%s\n%v", first, second, err)
		}
	})
}

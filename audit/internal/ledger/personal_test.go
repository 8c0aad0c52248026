package ledger_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/audit/internal/audittest"
	"github.com/gatehouse-auth/gatehouse/audit/internal/leaf"
	"github.com/gatehouse-auth/gatehouse/audit/internal/ledger"
	"github.com/gatehouse-auth/gatehouse/audit/verify"
	"github.com/gatehouse-auth/gatehouse/shared/events"
)

const canary = "ada.canary@example.com"

// dump returns everything in the schema as text.
func dump(t *testing.T, w *audittest.World) string {
	t.Helper()
	var all strings.Builder
	for _, table := range []string{"leaf", "node", "checkpoint", "personal", "subject_key", "inbox_cursor", "inbox_parked"} {
		rows, err := w.Pool.Query(t.Context(), "select to_jsonb(x)::text from "+table+" x")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			all.WriteString(row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func TestLedger_SealsPersonalData(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	w.Take(t, "library",
		audittest.Event(t, 1, audittest.Personal("reader-1", `{"name":"Ada <3 & \u2028", "email":"`+canary+`"}`)),
		audittest.Event(t, 2, audittest.Personal("", `{"email":"nobody@example.com"}`)),
		audittest.Event(t, 3, audittest.Personal("reader-2", `{}`)),
		audittest.Event(t, 4, audittest.Personal("reader-2", `null`)))
	w.Sign(t)

	t.Run("the store holds none of it in clear", func(t *testing.T) {
		stored := dump(t, w)
		if strings.Contains(stored, "canary") || strings.Contains(stored, hex.EncodeToString([]byte("canary"))) {
			t.Error("the personal data stands in a table")
		}
		if strings.Contains(stored, "nobody@") {
			t.Error("the personal data of nobody stands in a table")
		}
	})
	t.Run("a reader gets it, canonical and as committed", func(t *testing.T) {
		entries, _, err := w.Ledger.List(t.Context(), ledger.Query{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		first := entries[len(entries)-1]
		want := `{"email":"` + canary + `","name":"Ada <3 & ` + "\u2028" + `"}`
		if string(first.Personal) != want {
			t.Errorf("got %s", first.Personal)
		}
		parsed, err := leaf.Parse(first.Bytes)
		if err != nil || parsed.Commitment != leaf.Commit([32]byte(first.Salt), first.Personal) {
			t.Errorf("the leaf commits to %q, %v", parsed.Commitment, err)
		}
		if bytes.Contains(first.Bytes, []byte("canary")) {
			t.Error("the leaf holds personal data")
		}
	})
	t.Run("the verifier checks what is there, and asks for nothing where nothing is", func(t *testing.T) {
		if report := accepted(t, w); report.Personal != 2 || report.Erased != 0 || report.Leaves != 4 {
			t.Errorf("report %+v", report)
		}
	})
	t.Run("the same data has another commitment each time", func(t *testing.T) {
		w := audittest.New(t)
		same := audittest.Personal("reader-1", `{"email":"`+canary+`"}`)
		w.Take(t, "library", audittest.Event(t, 1, same), audittest.Event(t, 2, same))
		records := all(t, w)
		one, errOne := leaf.Parse(records[0].Bytes)
		two, errTwo := leaf.Parse(records[1].Bytes)
		if errOne != nil || errTwo != nil || one.Commitment == two.Commitment || one.Commitment == "" {
			t.Errorf("commitments %q and %q, %v, %v", one.Commitment, two.Commitment, errOne, errTwo)
		}
	})
}

// Audit pass criterion A6: erasing one subject leaves every proof valid, its data
// unreadable and the data of others readable.
func TestLedger_EraseSubject(t *testing.T) {
	t.Parallel()
	w := audittest.New(t)
	w.Take(t, "library",
		audittest.Event(t, 1, audittest.Personal("reader-1", `{"email":"`+canary+`"}`)),
		audittest.Event(t, 2, audittest.Personal("reader-2", `{"email":"bob@example.com"}`)),
		audittest.Event(t, 3, audittest.Personal("reader-1", `{"email":"`+canary+`"}`)))
	w.Sign(t)
	before := accepted(t, w)
	var copied []byte // of a backup
	if err := w.Pool.QueryRow(t.Context(), "select sealed from personal where index = 0").Scan(&copied); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"delete from personal where subject = 'reader-1'", "delete from subject_key where subject = 'reader-1'"} {
		if _, err := w.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("the verifier stays green and counts what is gone", func(t *testing.T) {
		after := accepted(t, w)
		if after.Root != before.Root || after.Personal != 1 || after.Erased != 2 {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})
	t.Run("the data is in no answer", func(t *testing.T) {
		if export := w.Export(t); bytes.Contains(export, []byte("canary")) || !bytes.Contains(export, []byte("bob@example.com")) {
			t.Errorf("export\n%s", export)
		}
	})
	t.Run("a backup's copy does not open under the key that the subject gets later", func(t *testing.T) {
		w.Take(t, "library", audittest.Event(t, 4, audittest.Personal("reader-1", `{"email":"new@example.com"}`)))
		if _, err := w.Pool.Exec(t.Context(), "insert into personal (index, subject, salt, sealed) values (0, 'reader-1', $1, $2)", make([]byte, 32), copied); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Ledger.List(t.Context(), ledger.Query{Limit: 10}); err == nil {
			t.Error("it opens")
		}
	})
}

func TestLedger_Export(t *testing.T) {
	t.Parallel()
	t.Run("goes on under its own checkpoint while the log grows", func(t *testing.T) {
		t.Parallel()
		w := audittest.New(t)
		w.Fill(t, "library", 1, 450)
		first, err := w.Ledger.Export(t.Context(), 0, 0)
		if err != nil || first.Next != 200 || len(first.Entries) != 200 || first.Checkpoint.Size != 450 {
			t.Fatalf("page of %d, next %d, %v", len(first.Entries), first.Next, err)
		}
		w.Fill(t, "library", 451, 10)
		last, err := w.Ledger.Export(t.Context(), 400, 450)
		if err != nil || last.Next != 0 || len(last.Entries) != 50 {
			t.Fatalf("page of %d, next %d, %v", len(last.Entries), last.Next, err)
		}
		if last.Checkpoint.Root != first.Checkpoint.Root || last.Checkpoint.Note != first.Checkpoint.Note {
			t.Errorf("checkpoint %s\nbegan as %s", last.Checkpoint.Note, first.Checkpoint.Note)
		}
		if report := accepted(t, w); report.Leaves != 460 {
			t.Errorf("%d leaves", report.Leaves)
		}
	})
	t.Run("keeps pages of large events small enough for the bus", func(t *testing.T) {
		t.Parallel()
		w := audittest.New(t)
		large := func(ev *events.Event) { ev.Body = json.RawMessage(`"` + strings.Repeat("x", 60<<10) + `"`) }
		var batch []events.Event
		for pos := range int64(20) {
			batch = append(batch, audittest.Event(t, pos+1, large))
		}
		w.Take(t, "library", batch...)
		w.Sign(t)
		for first, pages := int64(0), 0; ; pages++ {
			page, err := w.Ledger.Export(t.Context(), first, 20)
			if err != nil {
				t.Fatal(err)
			}
			size := 0
			for _, e := range page.Entries {
				line, err := verify.Line{Index: e.Index, Leaf: e.Bytes}.Encode()
				if err != nil {
					t.Fatal(err)
				}
				size += len(line)
			}
			if size > 512<<10 || len(page.Entries) == 0 {
				t.Errorf("page %d has %d entries and %d bytes", pages, len(page.Entries), size)
			}
			if page.Next == 0 {
				break
			}
			first = page.Next
		}
		accepted(t, w)
		entries, more, err := w.Ledger.List(t.Context(), ledger.Query{Limit: 200})
		if err != nil || !more || len(entries) == 0 || len(entries) > 6 {
			t.Errorf("a list of %d, more %t, %v", len(entries), more, err)
		}
	})
	t.Run("refuses a cursor beyond the log", func(t *testing.T) {
		t.Parallel()
		w := audittest.New(t)
		w.Fill(t, "library", 1, 3)
		for _, try := range [][2]int64{{1, 4}, {-1, 3}} {
			if _, err := w.Ledger.Export(t.Context(), try[0], try[1]); err == nil {
				t.Errorf("cursor %v is accepted", try)
			}
		}
	})
}

package authtest

import (
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// Recorded is an event as the outbox holds it.
type Recorded struct {
	Type     string
	Key      string
	Actor    string
	Outcome  string
	Body     json.RawMessage
	Personal json.RawMessage
}

// Events returns what the outbox holds, in the order of writing.
func (w *World) Events(t testing.TB) []Recorded {
	t.Helper()
	const query = `
		select type, key, actor, outcome, body, personal
		from outbox
		order by seq`
	rows, err := w.Pool.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := pgx.CollectRows(rows, pgx.RowToStructByName[Recorded])
	if err != nil {
		t.Fatal(err)
	}
	return recorded
}

// Types returns the types of the events about a user, in order. The key of a failure that
// belongs to nobody is empty.
func (w *World) Types(t testing.TB, key string) []string {
	t.Helper()
	var types []string
	for _, e := range w.Events(t) {
		if e.Key == key {
			types = append(types, e.Type)
		}
	}
	return types
}

// Mails returns the mails to an address that wait to be sent, oldest first.
func (w *World) Mails(t testing.TB, to string) []mail.Message {
	t.Helper()
	box, err := w.Root.Box("mail")
	if err != nil {
		t.Fatal(err)
	}
	const query = `
		select args->>'id' as id, decode(args->>'sealed', 'base64') as sealed
		from river_job j
		where kind = 'mail'
		order by j.id`
	rows, err := w.Pool.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		ID     string
		Sealed []byte
	}])
	if err != nil {
		t.Fatal(err)
	}
	var mails []mail.Message
	for _, job := range jobs {
		plain, err := box.Open(job.Sealed, job.ID)
		if err != nil {
			t.Fatal(err)
		}
		var m mail.Message
		if err := json.Unmarshal(plain, &m); err != nil {
			t.Fatal(err)
		}
		if m.To == to {
			mails = append(mails, m)
		}
	}
	return mails
}

// Count returns how many rows a table of the module holds.
func (w *World) Count(t testing.TB, table string) int {
	t.Helper()
	var n int
	query := "select count(*) from " + pgx.Identifier{table}.Sanitize()
	if err := w.Pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

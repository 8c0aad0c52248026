package mail_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

func noon() time.Time {
	return time.Date(2026, 3, 4, 13, 5, 6, 7_900_000, time.FixedZone("CET", 3600))
}

// put sends a message with this id to this address.
func put(t *testing.T, box *mail.Mailbox, id, to string) {
	t.Helper()
	if err := box.Send(t.Context(), mail.Message{ID: id, To: to, Subject: "Subject " + id, Text: "Text"}); err != nil {
		t.Fatal(err)
	}
}

// ids returns the ids of all mails, newest first.
func ids(mails []mail.Delivered) []string {
	var list []string
	for _, m := range mails {
		list = append(list, m.ID)
	}
	return list
}

func ask(handler http.HandlerFunc, method, target string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	handler(answer, httptest.NewRequest(method, target, nil))
	return answer
}

func TestMailbox_Send(t *testing.T) {
	t.Parallel()
	t.Run("keeps the newest 5000, newest first", func(t *testing.T) {
		t.Parallel()
		box := mail.NewMailbox(noon)
		for i := range 5003 {
			put(t, box, fmt.Sprint(i), "ada@example.com")
		}
		got := ids(box.List(""))
		if len(got) != 5000 || got[0] != "5002" || got[4999] != "3" {
			t.Errorf("got %d mails, from %s to %s", len(got), got[0], got[len(got)-1])
		}
	})
	t.Run("keeps one of two with the same id", func(t *testing.T) {
		t.Parallel()
		box := mail.NewMailbox(noon)
		put(t, box, "1", "ada@example.com")
		put(t, box, "2", "ada@example.com")
		put(t, box, "1", "ada@example.com")
		if diff := cmp.Diff([]string{"2", "1"}, ids(box.List(""))); diff != "" {
			t.Errorf("ids (-want +got):\n%s", diff)
		}
	})
	t.Run("takes phone numbers", func(t *testing.T) {
		t.Parallel()
		box := mail.NewMailbox(noon)
		put(t, box, "1", "+15550100")
		if got := box.List("+15550100"); len(got) != 1 {
			t.Errorf("got %d mails, want 1", len(got))
		}
	})
	t.Run("refuses what would break a header, and keeps nothing of it", func(t *testing.T) {
		t.Parallel()
		box := mail.NewMailbox(noon)
		checkFault(t, box.Send(t.Context(), mail.Message{ID: "1", To: "ada@example.com\r\nBcc: b@c.de", Subject: "s", Text: "t"}), mail.ErrMessage)
		if got := box.List(""); len(got) > 0 {
			t.Errorf("kept %v", got)
		}
	})
	t.Run("does not share links with the sender", func(t *testing.T) {
		t.Parallel()
		box := mail.NewMailbox(noon)
		m := letter()
		if err := box.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		m.Links[0] = "changed"
		if diff := cmp.Diff(letter().Links, box.List("")[0].Links); diff != "" {
			t.Errorf("links (-want +got):\n%s", diff)
		}
	})
	t.Run("stays whole under concurrent use", func(t *testing.T) {
		t.Parallel()
		box := mail.NewMailbox(noon)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for j := range 50 {
					put(t, box, fmt.Sprintf("%d.%d", i, j), fmt.Sprintf("%d@example.com", i))
					box.List("")
				}
				if i%2 == 0 {
					box.Clear(fmt.Sprintf("%d@example.com", i))
				}
			})
		}
		all.Wait()
		if got := len(box.List("")); got != 200 {
			t.Errorf("got %d mails, want 200", got)
		}
	})
}

// The shape is the reference server's.
func TestMailbox_ServeJSON(t *testing.T) {
	t.Parallel()
	box := mail.NewMailbox(noon)
	empty := ask(box.ServeJSON, "GET", "/dev/mailbox.json")
	if got := empty.Body.String(); got != "[]" {
		t.Errorf("empty: got %s", got)
	}
	put(t, box, "1", "Ada@Example.com")
	if err := box.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	t.Run("answers an array, newest first", func(t *testing.T) {
		t.Parallel()
		answer := ask(box.ServeJSON, "GET", "/dev/mailbox.json?to=ADA@example.com")
		want := `[{"id":"0197f2a4-7d7c-7aaa-8bbb-cccccccccccc","to":"ada@example.com","subject":"Grüße & <more>","text":"Follow the link.",` +
			`"html":"<p>Follow the <b>link</b>.</p>","links":["https://example.com/go?a=1&b=2"],"code":"123456","sentAt":"2026-03-04T12:05:06.007Z"},` +
			`{"id":"1","to":"Ada@Example.com","subject":"Subject 1","text":"Text","html":"","links":[],"code":null,"sentAt":"2026-03-04T12:05:06.007Z"}]`
		if diff := cmp.Diff(want, answer.Body.String()); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
		if got := answer.Header().Get("Content-Type") + ", " + answer.Header().Get("Cache-Control"); got != "application/json, no-store" {
			t.Errorf("header: %s", got)
		}
	})
	t.Run("limits the answer to a whole address", func(t *testing.T) {
		t.Parallel()
		if got := ask(box.ServeJSON, "GET", "/dev/mailbox.json?to=ada@example.co").Body.String(); got != "[]" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("refuses other methods", func(t *testing.T) {
		t.Parallel()
		answer := ask(box.ServeJSON, "POST", "/dev/mailbox.json")
		if answer.Code != 405 || answer.Header().Get("Allow") != "GET, HEAD, DELETE" {
			t.Errorf("got %d, Allow: %s", answer.Code, answer.Header().Get("Allow"))
		}
	})
}

func TestMailbox_ServeJSONDelete(t *testing.T) {
	t.Parallel()
	box := mail.NewMailbox(noon)
	for id, to := range map[string]string{"1": "ada@example.com", "2": "Ada@example.com", "3": "bob@example.com"} {
		put(t, box, id, to)
	}
	answer := ask(box.ServeJSON, "DELETE", "/dev/mailbox.json?to=ada@EXAMPLE.com")
	if answer.Code != 204 || answer.Body.Len() > 0 {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
	if diff := cmp.Diff([]string{"3"}, ids(box.List(""))); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	put(t, box, "1", "ada@example.com") // an id is free again once its mail has gone
	if diff := cmp.Diff([]string{"1", "3"}, ids(box.List(""))); diff != "" {
		t.Errorf("after sending again (-want +got):\n%s", diff)
	}
	ask(box.ServeJSON, "DELETE", "/dev/mailbox.json")
	var left []any
	if err := json.Unmarshal(ask(box.ServeJSON, "GET", "/dev/mailbox.json").Body.Bytes(), &left); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func FuzzMailbox_ServePage(f *testing.F) {
	f.Add("ada@example.com", "Hi", "Text", "https://example.com")
	f.Add("<script>", "</style><script>", "{{.}}", "javascript:alert(1)")
	f.Fuzz(func(t *testing.T, to, subject, text, link string) {
		box := mail.NewMailbox(noon)
		if box.Send(t.Context(), mail.Message{ID: "1", To: to, Subject: subject, Text: text, Links: []string{link}, Code: subject}) != nil {
			return
		}
		page := ask(box.ServePage, "GET", "/dev/mailbox").Body.String()
		if strings.Count(page, "<script") > 0 || strings.Count(page, "<style>") != 1 || strings.Count(page, "<article>") != 1 {
			t.Errorf("the message broke the page:\n%s", page)
		}
	})
}

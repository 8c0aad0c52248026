package mail_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// pageOf returns the page of a mailbox with these messages.
func pageOf(t *testing.T, target string, messages ...mail.Message) *httptest.ResponseRecorder {
	t.Helper()
	box := mail.NewMailbox(noon)
	for _, m := range messages {
		if err := box.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return ask(box.ServePage, "GET", target)
}

func wantIn(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("%q is missing in\n%s", part, page)
		}
	}
}

func wantOut(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(page, part) {
			t.Errorf("%q is in\n%s", part, page)
		}
	}
}

func TestMailbox_ServePage(t *testing.T) {
	t.Parallel()
	other := mail.Message{ID: "2", To: "bob@example.com", Subject: "Other", Text: "Text"}
	t.Run("shows mails with link and code, and says that this is development", func(t *testing.T) {
		t.Parallel()
		page := pageOf(t, "/dev/mailbox", letter(), other).Body.String()
		wantIn(t, page, "Development mode", "2 in all", "Grüße &amp; &lt;more&gt;", `<div class="code">123456</div>`,
			`<a href="https://example.com/go?a=1&amp;b=2" rel="noreferrer">https://example.com/go?a=1&amp;b=2</a>`, "Follow the link.", "just now", "?html="+letter().ID)
		if strings.Index(page, "Other") > strings.Index(page, "Grüße") {
			t.Error("the oldest mail comes first")
		}
		wantOut(t, page, `http-equiv="refresh"`)
	})
	t.Run("searches in addresses", func(t *testing.T) {
		t.Parallel()
		page := pageOf(t, "/dev/mailbox?to=+BOB@", letter(), other).Body.String()
		wantIn(t, page, "Other", "1 to “BOB@”", `value="BOB@"`, `href="mailbox.json?to=BOB%40"`)
		wantOut(t, page, "Grüße")
	})
	t.Run("looks again by itself while it is empty", func(t *testing.T) {
		t.Parallel()
		page := pageOf(t, "/dev/mailbox?to=eve", letter()).Body.String()
		wantIn(t, page, "No mail to “eve” yet", `<meta http-equiv="refresh" content="2">`)
	})
	t.Run("looks again by itself on demand", func(t *testing.T) {
		t.Parallel()
		wantIn(t, pageOf(t, "/dev/mailbox?live=1", letter()).Body.String(), `<meta http-equiv="refresh" content="5">`, `name="live"`)
	})
	t.Run("shows at most 100 mails and says so", func(t *testing.T) {
		t.Parallel()
		var many []mail.Message
		for i := range 101 {
			many = append(many, mail.Message{ID: fmt.Sprint(i), To: "ada@example.com", Subject: "s", Text: "t"})
		}
		page := pageOf(t, "/dev/mailbox", many...).Body.String()
		wantIn(t, page, "101 in all", "Showing the newest 100")
		if got := strings.Count(page, "<article>"); got != 100 {
			t.Errorf("got %d mails", got)
		}
	})
	t.Run("tells the age of a mail", func(t *testing.T) {
		t.Parallel()
		now := noon()
		box := mail.NewMailbox(func() time.Time { return now })
		put(t, box, "1", "ada@example.com")
		now = now.Add(65*time.Minute + 3*time.Second)
		wantIn(t, ask(box.ServePage, "GET", "/dev/mailbox").Body.String(), `<time datetime="2026-03-04T12:05:06.007Z">1h5m ago</time>`)
	})
	t.Run("refuses other methods", func(t *testing.T) {
		t.Parallel()
		if answer := ask(mail.NewMailbox(noon).ServePage, "DELETE", "/dev/mailbox"); answer.Code != 405 || answer.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("got %d, Allow: %s", answer.Code, answer.Header().Get("Allow"))
		}
	})
}

// ASVS V1.2.1 and V3.4.3.
func TestMailbox_ServePageRunsNothing(t *testing.T) {
	t.Parallel()
	attack := mail.Message{
		ID: "1", To: `"><script>alert(1)</script>@example.com`, Subject: "<img src=x onerror=alert(2)>", Text: "</p><script>alert(3)</script>",
		HTML: "<script>alert(4)</script>", Links: []string{"javascript:alert(5)", `https://example.com/" onclick="alert(6)`}, Code: "<b>alert(7)</b>",
	}
	answer := pageOf(t, `/dev/mailbox?to=%22%3E%3Cscript%3E`, attack)
	page := answer.Body.String()
	wantIn(t, page, "alert(1)", "alert(2)", "alert(3)")
	wantOut(t, page, "<script", "<img", "<b>", `href="javascript`, `" onclick`, "alert(4)")

	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	if got := answer.Header().Get("Content-Security-Policy"); got != want {
		t.Errorf("policy\n got %s\nwant %s", got, want)
	}
	wantOut(t, page, " style=", "http-equiv=\"Content")
}

func TestMailbox_ServePageShowsHTML(t *testing.T) {
	t.Parallel()
	t.Run("in a sandbox", func(t *testing.T) {
		t.Parallel()
		answer := pageOf(t, "/dev/mailbox?html="+letter().ID, letter())
		if answer.Code != 200 || answer.Body.String() != letter().HTML {
			t.Errorf("got %d %s", answer.Code, answer.Body)
		}
		policy := answer.Header().Get("Content-Security-Policy")
		wantIn(t, policy, "default-src 'none'", "sandbox ")
		wantOut(t, policy, "script", "same-origin")
	})
	t.Run("and 404 for a mail without it, or none", func(t *testing.T) {
		t.Parallel()
		for _, id := range []string{"2", "3"} {
			if answer := pageOf(t, "/dev/mailbox?html="+id, mail.Message{ID: "2", To: "a", Subject: "s", Text: "t"}); answer.Code != 404 {
				t.Errorf("%s: got %d", id, answer.Code)
			}
		}
	})
}

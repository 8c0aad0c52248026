package notice_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/identity/identityapi"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

const proof = "the.proof"

// written returns both mails to a user of the name, leading to the callback.
func written(t *testing.T, name, callback string) map[string]mail.Message {
	t.Helper()
	writer, err := notice.New(&url.URL{Scheme: "https", Host: "auth.example.com"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	user := identityapi.User{Name: name, Email: "ada@example.com"}
	verification, errVerification := writer.Verification(user, proof, callback)
	reset, errReset := writer.Reset(user, proof, callback)
	if errVerification != nil || errReset != nil {
		t.Fatal(errVerification, errReset)
	}
	return map[string]mail.Message{"verification": verification, "reset": reset}
}

func TestWriter_WritesWhatCanBeSent(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for kind, m := range written(t, "Ada", "/in") {
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if m.To != "ada@example.com" || ids[m.ID] {
			t.Errorf("%s: to %s, id %s", kind, m.To, m.ID)
		}
		ids[m.ID] = true
		if len(m.Links) != 1 || !strings.Contains(m.Text, m.Links[0]) {
			t.Errorf("%s: the text lacks the link %v", kind, m.Links)
		}
	}
}

// TestWriter_LinksToTheBase covers Zitadel CVE-2025-64101 (row 40): the callback is data in
// the link, wherever it leads and whatever it is made of.
func TestWriter_LinksToTheBase(t *testing.T) {
	t.Parallel()
	for _, callback := range []string{"/in", "https://app.example.com/a?b=c&d#e", "//evil.example", "a b+c%20d", "&token=other", "\"><script>"} {
		for kind, m := range written(t, "Ada", callback) {
			link, err := url.Parse(m.Links[0])
			if err != nil {
				t.Fatal(err)
			}
			if link.Scheme != "https" || link.Host != "auth.example.com" || !strings.HasPrefix(link.Path, "/api/auth/") || link.Fragment != "" {
				t.Errorf("%s, callback %q: the link is %s", kind, callback, link)
			}
			query := link.Query()
			if got := query["callbackURL"]; len(got) != 1 || got[0] != callback {
				t.Errorf("%s, callback %q: the link carries %q", kind, callback, got)
			}
			if tokens := query["token"]; kind == "verification" && (len(tokens) != 1 || tokens[0] != proof) {
				t.Errorf("%s, callback %q: the link carries the tokens %q", kind, callback, tokens)
			}
		}
	}
}

func TestWriter_VerificationLeadsHomeWithoutCallback(t *testing.T) {
	t.Parallel()
	link, err := url.Parse(written(t, "Ada", "")["verification"].Links[0])
	if err != nil || link.Query().Get("callbackURL") != "/" {
		t.Errorf("the link is %s, %v", link, err)
	}
}

// TestWriter_EscapesNames covers Zitadel CVE-2024-41953 (row 47): what a user calls themselves
// is text, never markup.
func TestWriter_EscapesNames(t *testing.T) {
	t.Parallel()
	plain := written(t, "Ada", "/")
	for _, name := range []string{
		`<img src=x onerror=alert(1)>`, `</p><a href="https://evil.example">click</a>`, `"onmouseover="x`, `<!--`, `{{.Link}}`, `&lt;b&gt;`,
	} {
		for kind, m := range written(t, name, "/") {
			if got, want := tags(m.HTML), tags(plain[kind].HTML); got != want {
				t.Errorf("%s, name %q: %d tags, want %d:\n%s", kind, name, got, want, m.HTML)
			}
			if strings.Contains(m.Subject+m.Text, name) {
				t.Errorf("%s: subject or text repeats the name %q", kind, name)
			}
		}
	}
}

// tags counts what a reader of HTML takes for the beginning of markup.
func tags(html string) int { return strings.Count(html, "<") }

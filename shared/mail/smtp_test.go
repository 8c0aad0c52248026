package mail_test

import (
	"context"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func newSMTP(t *testing.T, server *smtpStandIn, before, after string) *mail.SMTP {
	t.Helper()
	sender, err := mail.NewSMTP(mail.SMTPConfig{
		URL: secret.Text(before + server.address + after), From: "Example <no-reply@example.org>", Roots: server.roots,
		Now: func() time.Time { return time.Date(2026, 3, 4, 12, 5, 6, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func TestSMTP_Send(t *testing.T) {
	t.Parallel()
	server := newSMTPStandIn(t, smtpScript{})
	if err := newSMTP(t, server, "smtp://", "").Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	envelope, content, _ := strings.Cut(strings.Replace(<-server.received, "\n", "|", 1), "\n")
	if want := "MAIL FROM:<no-reply@example.org>|RCPT TO:<ada@example.com>"; envelope != want {
		t.Errorf("envelope %q, want %q", envelope, want)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{parsed.Header.Get("From"), parsed.Header.Get("To"), subject, parsed.Header.Get("Message-Id"), parsed.Header.Get("Date"), parsed.Header.Get("Auto-Submitted")}
	want := []string{`"Example" <no-reply@example.org>`, "<ada@example.com>", letter().Subject, "<" + letter().ID + "@example.org>", "Wed, 04 Mar 2026 12:05:06 +0000", "auto-generated"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"text/plain: " + letter().Text, "text/html: " + letter().HTML}, parts(t, parsed)); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// parts returns the decoded parts of a mail.
func parts(t *testing.T, m *netmail.Message) []string {
	t.Helper()
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for reader := multipart.NewReader(m.Body, parameters["boundary"]); ; {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(part.Header.Get("Content-Type"), ";")
		found = append(found, kind+": "+strings.TrimSpace(string(text)))
	}
}

func TestSMTP_SendSecurely(t *testing.T) {
	t.Parallel()
	plain := "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00name\x00c4n4ry"))
	tests := []struct {
		name          string
		script        smtpScript
		before, after string
		said          string // what the server must have heard
	}{
		{"by STARTTLS where it is required", smtpScript{startTLS: true}, "smtp://", "?tls=required", "STARTTLS"},
		{"by STARTTLS where it is merely offered, on this machine", smtpScript{startTLS: true}, "smtp://", "", "STARTTLS"},
		{"by TLS from the start", smtpScript{implicit: true}, "smtps://", "", "MAIL"},
		{"signed in, after STARTTLS", smtpScript{startTLS: true, auth: "PLAIN"}, "smtp://name:c4n4ry@", "?tls=required", plain},
		{"signed in, over TLS from the start", smtpScript{implicit: true, auth: "LOGIN PLAIN"}, "smtps://name:c4n4ry@", "", plain},
		{"signed in without TLS, on this machine", smtpScript{auth: "PLAIN"}, "smtp://name:c4n4ry@", "", plain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := newSMTPStandIn(t, tt.script)
			if err := newSMTP(t, server, tt.before, tt.after).Send(t.Context(), letter()); err != nil {
				t.Fatal(err)
			}
			if got := <-server.received; !strings.Contains(got, letter().ID) {
				t.Errorf("received %q", got)
			}
			if !server.heard(tt.said) {
				t.Errorf("the server did not hear %q", tt.said)
			}
		})
	}
}

func TestSMTP_SendFails(t *testing.T) {
	t.Parallel()
	answers := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	tests := []struct {
		name          string
		script        smtpScript
		before, after string
		want          *fault.Error
		text          string
	}{
		{"a recipient that does not exist", smtpScript{answers: answers("RCPT", "550 5.1.1 no <ada@example.com> here")}, "smtp://", "", mail.ErrRefused, "answer 550 5.1.1"},
		{"a recipient that is full for now", smtpScript{answers: answers("RCPT", "452 4.2.2 <ada@example.com> is full")}, "smtp://", "", mail.ErrUnavailable, "answer 452 4.2.2"},
		{"a content it will not take", smtpScript{answers: answers(".", "554 5.7.1 spam to ada@example.com")}, "smtp://", "", mail.ErrRefused, "answer 554 5.7.1"},
		{"no room for the content", smtpScript{answers: answers("DATA", "451 4.3.0 ada@example.com must wait")}, "smtp://", "", mail.ErrUnavailable, "answer 451 4.3.0"},
		{"a sender it does not know, which an operator can mend", smtpScript{answers: answers("MAIL", "550 5.7.60 not for c4n4ry")}, "smtp://", "", mail.ErrUnavailable, "answer 550 5.7.60"},
		{"a key it does not know, which an operator can mend", smtpScript{auth: "PLAIN", answers: answers("AUTH", "535 5.7.8 c4n4ry is wrong")}, "smtp://name:c4n4ry@", "", mail.ErrUnavailable, "answer 535"},
		{"no way to sign in", smtpScript{}, "smtp://name:c4n4ry@", "", mail.ErrUnavailable, "AUTH"},
		{"no STARTTLS where it is required", smtpScript{}, "smtp://", "?tls=required", mail.ErrUnavailable, "STARTTLS"},
		{"a lost connection", smtpScript{answers: answers("RCPT", "")}, "smtp://", "", mail.ErrUnavailable, "connection lost"},
		{"a lost connection before that", smtpScript{answers: answers("EHLO", "")}, "smtp://", "", mail.ErrUnavailable, "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := newSMTPStandIn(t, tt.script)
			err := newSMTP(t, server, tt.before, tt.after).Send(t.Context(), letter())
			checkFault(t, err, tt.want)
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%q is missing: %v", tt.text, err)
			}
			if server.heard("To: ") {
				t.Error("the mail went out all the same")
			}
		})
	}
	t.Run("a certificate of somebody else", func(t *testing.T) {
		t.Parallel()
		for _, script := range []smtpScript{{startTLS: true}, {implicit: true}} {
			server := newSMTPStandIn(t, script)
			server.roots = nil // the system's
			before := map[bool]string{true: "smtps://", false: "smtp://"}[script.implicit]
			err := newSMTP(t, server, before, "").Send(t.Context(), letter())
			checkFault(t, err, mail.ErrUnavailable)
			if server.heard("MAIL") {
				t.Error("it went on")
			}
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		sender := newSMTP(t, &smtpStandIn{address: "127.0.0.1:1"}, "smtp://", "")
		checkFault(t, sender.Send(t.Context(), letter()), mail.ErrUnavailable)
	})
}

func TestSMTP_SendEndsInTime(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"EHLO", "RCPT", "DATA"} {
		t.Run("when the server is silent after "+command, func(t *testing.T) {
			t.Parallel()
			server := newSMTPStandIn(t, smtpScript{answers: map[string]string{command: "..."}})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			sender, ended := newSMTP(t, server, "smtp://", ""), make(chan error, 1)
			go func() { ended <- sender.Send(ctx, letter()) }()
			select {
			case err := <-ended:
				checkFault(t, err, mail.ErrUnavailable)
				if ctx.Err() == nil {
					t.Error("it ended before its time")
				}
			case <-time.After(5 * time.Second): // half of the sender's own limit
				t.Error("it goes on after its time")
			}
		})
	}
}

// A mail that the server has taken must not go out again because of what follows.
func TestSMTP_SendSucceedsOnceTaken(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]map[string]string{
		"the server refuses to reset": {"RSET": "421 4.3.2 closing"},
		"the server hangs up":         {"RSET": ""},
		"the server refuses to part":  {"QUIT": "500 never"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSMTPStandIn(t, smtpScript{answers: answers})
			if err := newSMTP(t, server, "smtp://", "").Send(t.Context(), letter()); err != nil {
				t.Error(err)
			}
			<-server.received
		})
	}
}

func TestSMTP_SendOnePart(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mail.Message){
		"text/plain": func(m *mail.Message) { m.HTML = "" },
		"text/html":  func(m *mail.Message) { m.Text = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSMTPStandIn(t, smtpScript{})
			m := letter()
			change(&m)
			if err := newSMTP(t, server, "smtp://", "").Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			if got := <-server.received; !strings.Contains(got, "Content-Type: "+name) || strings.Contains(got, "multipart") {
				t.Errorf("got %s", got)
			}
		})
	}
}

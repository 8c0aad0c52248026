package mail_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
)

// letter returns a message that every sender takes.
func letter() mail.Message {
	return mail.Message{
		ID: "0197f2a4-7d7c-7aaa-8bbb-cccccccccccc", To: "ada@example.com", Subject: "Grüße & <more>",
		Text: "Follow the link.", HTML: "<p>Follow the <b>link</b>.</p>",
		Links: []string{"https://example.com/go?a=1&b=2"}, Code: "123456",
	}
}

// ASVS V1.3.11: no mail header injection.
func TestMessage_Check(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mail.Message){
		"a line end in the recipient": func(m *mail.Message) { m.To += "\r\nBcc: eve@evil.test" },
		"a bare LF in the recipient":  func(m *mail.Message) { m.To += "\nBcc: eve@evil.test" },
		"a line end in the subject":   func(m *mail.Message) { m.Subject += "\r\nBcc: eve@evil.test" },
		"a bare CR in the subject":    func(m *mail.Message) { m.Subject += "\rBcc: eve@evil.test" },
		"a NUL in the subject":        func(m *mail.Message) { m.Subject += "\x00" },
		"a line separator (U+2028)":   func(m *mail.Message) { m.Subject += "\u2028" },
		"a subject that is not UTF-8": func(m *mail.Message) { m.Subject += "\xff" },
		"a line end in the id":        func(m *mail.Message) { m.ID += "\r\nX-Evil: 1" },
		"an id that ends its header":  func(m *mail.Message) { m.ID += "@a>" },
		"an id that is too long":      func(m *mail.Message) { m.ID = strings.Repeat("a", 201) },
		"an empty id":                 func(m *mail.Message) { m.ID = "" },
		"an empty recipient":          func(m *mail.Message) { m.To = "" },
		"an empty subject":            func(m *mail.Message) { m.Subject = "" },
		"an empty text":               func(m *mail.Message) { m.Text, m.HTML = "", "" },
		"a text that is not UTF-8":    func(m *mail.Message) { m.Text = "\xff" },
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			m := letter()
			change(&m)
			err := m.Check()
			if err == nil || fault.KindOf(err) != fault.Invalid {
				t.Fatalf("got %v, want an invalid fault", err)
			}
			if strings.Contains(err.Error(), "example.com") || strings.Contains(err.Error(), "evil") {
				t.Errorf("the error repeats the message: %v", err)
			}
		})
	}
	t.Run("takes a message for every sender", func(t *testing.T) {
		t.Parallel()
		if err := letter().Check(); err != nil {
			t.Error(err)
		}
	})
}

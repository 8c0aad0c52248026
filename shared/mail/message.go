package mail

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Message is one mail to one recipient.
type Message struct {
	ID      string // names the mail once and for all; sending it again delivers no second one
	To      string // an address; the Mailbox takes phone numbers too
	Subject string
	Text    string
	HTML    string   // the same as Text, for readers that show it; may be empty
	Links   []string // the links in the text, for the Mailbox
	Code    string   // the one-time code in the text, for the Mailbox
}

// Sender sends messages. It is safe for concurrent use.
type Sender interface {
	// Send returns once the next hop has taken the message over. Its errors are faults:
	// ErrMessage and ErrRefused (Invalid) mean that this message will never be taken;
	// ErrUnavailable means that it was probably not, and that trying again makes sense,
	// after RetryAfter if that is set.
	Send(ctx context.Context, m Message) error
}

// The faults of sending. They say nothing of what the message holds.
var (
	ErrMessage     = fault.New(fault.Invalid, "mail.message", "The message cannot be sent as it is.")
	ErrRefused     = fault.New(fault.Invalid, "mail.refused", "The mail server will not take the message.")
	ErrUnavailable = fault.New(fault.Unavailable, "mail.unavailable", "Mail cannot be sent at the moment. Try again later.")
)

// idForm allows what fits into a Message-ID unquoted (RFC 5322, section 3.6.4) and into
// Resend's Idempotency-Key, which ends at 256 characters.
var idForm = regexp.MustCompile(`\A[A-Za-z0-9_+/=-]+(\.[A-Za-z0-9_+/=-]+)*\z`)

const maxID = 200

// Check reports, as ErrMessage, why the message cannot be sent by any Sender.
func (m Message) Check() error {
	switch {
	case len(m.ID) > maxID || !idForm.MatchString(m.ID):
		return ErrMessage.With(errors.New("the id must be 1 to 200 letters, digits or _+/=-, with single dots between"))
	case m.To == "" || !oneLine(m.To):
		return ErrMessage.With(errors.New("the recipient must be one line of text"))
	case m.Subject == "" || !oneLine(m.Subject):
		return ErrMessage.With(errors.New("the subject must be one line of text"))
	case m.Text == "" && m.HTML == "":
		return ErrMessage.With(errors.New("the message has no text"))
	case !utf8.ValidString(m.Text + m.HTML):
		return ErrMessage.With(errors.New("the text must be UTF-8"))
	}
	return nil
}

// checkMail is Check for senders that reach people by mail only.
func (m Message) checkMail() error {
	if err := m.Check(); err != nil {
		return err
	}
	if _, err := ParseAddress(m.To); err != nil {
		return ErrMessage.With(errors.New("the recipient is not an e-mail address"))
	}
	return nil
}

// oneLine reports whether text is UTF-8 that cannot end its header: no CR, LF or other control character.
func oneLine(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// parseFrom reads the address that mails come from, with or without a name.
func parseFrom(from string) (*netmail.Address, error) {
	parsed, err := netmail.ParseAddress(from)
	if err != nil || !oneLine(parsed.Name) {
		return nil, fmt.Errorf("the sender %q is not an address such as Example <no-reply@example.com>", from)
	}
	if _, err := ParseAddress(parsed.Address); err != nil {
		return nil, fmt.Errorf("the sender %q is not an address such as Example <no-reply@example.com>", from)
	}
	return parsed, nil
}

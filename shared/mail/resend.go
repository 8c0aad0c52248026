package mail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/resend/resend-go/v2"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// defaultTimeout bounds one exchange with a provider.
const defaultTimeout = 10 * time.Second

// ResendConfig is what NewResend needs.
type ResendConfig struct {
	Key     secret.Text   // of Resend's API
	URL     string        // of Resend's API; empty: https://api.resend.com
	From    string        // "no-reply@example.com" or "Example <no-reply@example.com>"
	Timeout time.Duration // of one Send; 0: ten seconds
}

// Resend sends through the API of resend.com.
type Resend struct {
	from string
	send sendFunc // a function, since fmt would print the key inside of a client
}

type sendFunc func(context.Context, *resend.SendEmailRequest, *resend.SendEmailOptions) (*resend.SendEmailResponse, error)

var _ Sender = (*Resend)(nil)

// NewResend returns a Sender, or says what is wrong with the configuration. It
// connects to nothing yet.
func NewResend(config ResendConfig) (*Resend, error) {
	if config.Key == "" || strings.ContainsFunc(config.Key.Reveal(), func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || r == ' ' }) {
		return nil, errors.New("the key for Resend must be one word, as its dashboard shows it")
	}
	from, err := parseFrom(config.From)
	if err != nil {
		return nil, err
	}
	base, err := parseBase(cmp.Or(config.URL, "https://api.resend.com"))
	if err != nil {
		return nil, err
	}
	client := resend.NewCustomClient(&http.Client{
		Timeout:   cmp.Or(config.Timeout, defaultTimeout),
		Transport: refusals{http.DefaultTransport},
	}, config.Key.Reveal())
	client.BaseURL = base // always: the library would take another one from the environment
	return &Resend{from.String(), client.Emails.SendWithOptions}, nil
}

// Send implements Sender.
func (r *Resend) Send(ctx context.Context, m Message) error {
	if err := m.checkMail(); err != nil {
		return err
	}
	answer, err := r.send(ctx, &resend.SendEmailRequest{
		From: r.from, To: []string{m.To}, Subject: m.Subject, Text: m.Text, Html: m.HTML,
	}, &resend.SendEmailOptions{IdempotencyKey: m.ID})
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refused.fault()
	}
	if err != nil {
		return ErrUnavailable.With(fmt.Errorf("send through resend: %w", err))
	}
	if answer.Id == "" {
		return ErrUnavailable.With(errors.New("send through resend: the answer names no mail"))
	}
	return nil
}

// parseBase reads the root of the API. A key travels there: it takes TLS, or a path
// that does not leave the machine.
func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimSuffix(text, "/") + "/")
	if err != nil || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the URL of Resend must be like https://api.resend.com")
	}
	if base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())) {
		return nil, errors.New("the URL of Resend must begin with https://, unless it is on this machine")
	}
	return base, nil
}

// loopback reports whether host names this machine.
func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

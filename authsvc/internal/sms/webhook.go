package sms

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const (
	timeout   = 10 * time.Second
	minSecret = 16 // bytes
)

// Config is what New needs.
type Config struct {
	URL    string      // of the webhook; https, unless it is on this machine
	Secret secret.Text // that signs; as text, or in the form whsec_<base64>
	Now    func() time.Time
}

// Webhook sends text messages. It is safe for concurrent use.
type Webhook struct {
	url  string
	key  secret.Text
	now  func() time.Time
	http *http.Client
}

var _ mail.Sender = (*Webhook)(nil)

// New returns a Webhook, or says what is wrong with the configuration. It connects to
// nothing yet.
func New(c Config) (*Webhook, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, errors.New("the webhook must be a URL that begins with https://, unless it is on this machine")
	}
	key := c.Secret
	if encoded, ok := strings.CutPrefix(key.Reveal(), "whsec_"); ok {
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, errors.New("the secret of the webhook is not base64 after whsec_")
		}
		key = secret.Text(raw)
	}
	if len(key.Reveal()) < minSecret {
		return nil, fmt.Errorf("the secret of the webhook must have at least %d bytes", minSecret)
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Webhook{c.URL, key, c.Now, &http.Client{Timeout: timeout, CheckRedirect: noRedirect}}, nil
}

// loopback reports whether host names this machine.
func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// body is what the webhook receives.
type body struct {
	To   string `json:"to"`
	Text string `json:"text"`
	Code string `json:"code"`
}

// Send implements mail.Sender for messages to phone numbers.
func (w *Webhook) Send(ctx context.Context, m mail.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	encoded, err := json.Marshal(body{To: m.To, Text: m.Text, Code: m.Code})
	if err != nil {
		return mail.ErrMessage.With(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(encoded))
	if err != nil {
		return mail.ErrMessage.With(err)
	}
	stamp := strconv.FormatInt(w.now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Webhook-Id", m.ID)
	request.Header.Set("Webhook-Timestamp", stamp)
	request.Header.Set("Webhook-Signature", "v1,"+w.sign(m.ID+"."+stamp+"."+string(encoded)))
	answer, err := w.http.Do(request)
	if err != nil {
		return mail.ErrUnavailable.With(fmt.Errorf("send a text message: %w", err))
	}
	_ = answer.Body.Close() // nothing in it matters
	return verdict(answer.StatusCode)
}

func (w *Webhook) sign(text string) string {
	mac := hmac.New(sha256.New, []byte(w.key.Reveal()))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func verdict(status int) error {
	err := fmt.Errorf("send a text message: the webhook answered %d", status)
	switch {
	case status/100 == 2:
		return nil
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		return mail.ErrRefused.With(err)
	}
	return mail.ErrUnavailable.With(err)
}

// Switch sends messages to phone numbers through Texts, which may be nil, and all others
// through Mails.
type Switch struct{ Mails, Texts mail.Sender }

var _ mail.Sender = Switch{}

// Send implements mail.Sender.
func (s Switch) Send(ctx context.Context, m mail.Message) error {
	switch {
	case !strings.HasPrefix(m.To, "+") || strings.Contains(m.To, "@"):
		return s.Mails.Send(ctx, m)
	case s.Texts == nil:
		return mail.ErrRefused.With(errors.New("no text messages are sent here"))
	}
	return s.Texts.Send(ctx, m)
}

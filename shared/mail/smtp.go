package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// SMTPConfig is what NewSMTP needs.
type SMTPConfig struct {
	// URL is smtp://name:key@host:587 (STARTTLS) or smtps://name:key@host:465 (TLS from
	// the start), where name, key and port may be missing. STARTTLS must succeed, except
	// on this machine. ?tls=off gives it up and then takes no key; ?tls=required asks for
	// it on this machine too.
	URL     secret.Text
	From    string           // "no-reply@example.com" or "Example <no-reply@example.com>"
	Timeout time.Duration    // of one Send; 0: ten seconds
	Roots   *x509.CertPool   // who may vouch for the server; nil: whom the system trusts
	Now     func() time.Time // the clock; nil: time.Now
}

// SMTP sends through a mail server, one connection a message.
type SMTP struct {
	server  smtpServer
	from    *netmail.Address
	timeout time.Duration
	roots   *x509.CertPool
	now     func() time.Time
}

var _ Sender = (*SMTP)(nil)

// NewSMTP returns a Sender, or says what is wrong with the configuration. It connects
// to nothing yet.
func NewSMTP(config SMTPConfig) (*SMTP, error) {
	server, err := parseServer(config.URL)
	if err != nil {
		return nil, err
	}
	from, err := parseFrom(config.From)
	if err != nil {
		return nil, err
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &SMTP{server, from, cmp.Or(config.Timeout, defaultTimeout), config.Roots, config.Now}, nil
}

// Send implements Sender.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	if err := m.checkMail(); err != nil {
		return err
	}
	letter, err := s.write(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.deliver(ctx, letter); err != nil && !letter.IsDelivered() {
		return smtpFault(errors.Join(context.Cause(ctx), err))
	}
	return nil
}

// deliver has one conversation with the server. It may fail after the server took the
// letter; then letter.IsDelivered says so, and sending again would send it twice.
func (s *SMTP) deliver(ctx context.Context, letter *gomail.Msg) error {
	connection, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }() // QUIT may have closed it
	cut := context.AfterFunc(ctx, func() { _ = connection.Close() })
	defer cut()
	client, err := s.client(connection)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, letter)
}

func (s *SMTP) dial(ctx context.Context) (net.Conn, error) {
	address := net.JoinHostPort(s.server.host, strconv.Itoa(s.server.port))
	if s.server.implicit {
		return (&tls.Dialer{Config: s.tls()}).DialContext(ctx, "tcp", address)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.server.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// client returns a client that talks over connection.
func (s *SMTP) client(connection net.Conn) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return connection, nil }),
		gomail.WithTimeout(s.timeout),
		gomail.WithTLSConfig(s.tls()),
		gomail.WithTLSPolicy(s.server.policy),
		gomail.WithoutNoop(),
	}
	if s.server.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.server.key != nil {
		options = append(options, gomail.WithUsername(s.server.name), gomail.WithPassword(s.server.key.Reveal()),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return gomail.NewClient(s.server.host, options...)
}

// write puts the message into the form of a mail.
func (s *SMTP) write(m Message) (*gomail.Msg, error) {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	letter.FromMailAddress(s.from)
	if err := letter.To(m.To); err != nil {
		return nil, ErrMessage.With(errors.New("the recipient is not an address that SMTP can carry"))
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	letter.SetMessageIDWithValue(m.ID + "@" + domain)
	letter.SetDateWithValue(s.now())
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday answers, please
	letter.Subject(m.Subject)
	if m.Text != "" {
		letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	}
	switch {
	case m.HTML != "" && m.Text != "":
		letter.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	case m.HTML != "":
		letter.SetBodyString(gomail.TypeTextHTML, m.HTML)
	}
	return letter, nil
}

// smtpFault blames the message for a permanent refusal (5xx) of its recipient or its
// content. A refusal of the sender or of the connection is about this installation:
// when that is mended, the mail shall still go out. The server's words stay out, they
// may repeat addresses.
func smtpFault(err error) error {
	if refused, ok := errors.AsType[*gomail.SendError](err); ok && refused.ErrorCode() != 0 {
		cause := fmt.Errorf("send by smtp: %s: answer %d %s", refused.Reason, refused.ErrorCode(), refused.EnhancedStatusCode())
		if refused.ErrorCode()/100 == 5 && aboutMessage(refused.Reason) {
			return ErrRefused.With(cause)
		}
		return ErrUnavailable.With(cause)
	}
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return ErrUnavailable.With(fmt.Errorf("send by smtp: begin the conversation: answer %d", answer.Code))
	}
	if refused, ok := errors.AsType[*gomail.SendError](err); ok {
		return ErrUnavailable.With(fmt.Errorf("send by smtp: %s: connection lost", refused.Reason))
	}
	return ErrUnavailable.With(fmt.Errorf("send by smtp: %w", err))
}

func aboutMessage(reason gomail.SendErrReason) bool {
	return reason == gomail.ErrSMTPRcptTo || reason == gomail.ErrSMTPData || reason == gomail.ErrSMTPDataClose
}

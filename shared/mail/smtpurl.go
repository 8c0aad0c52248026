package mail

import (
	"errors"
	"net/url"
	"strconv"

	gomail "github.com/wneessen/go-mail"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// smtpServer is what the URL of a mail server says.
type smtpServer struct {
	host     string
	port     int
	name     string       // to sign in with
	key      *secret.Text // nil: no sign-in; a pointer, since fmt prints private fields without asking their type
	implicit bool         // TLS from the first byte
	policy   gomail.TLSPolicy
}

// The ports of RFC 8314: submission with STARTTLS, and with TLS from the start.
const (
	portStartTLS = 587
	portTLS      = 465
)

// parseServer reads the URL of a mail server. Its errors do not repeat it.
func parseServer(text secret.Text) (smtpServer, error) {
	u, err := url.Parse(text.Reveal())
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" || (u.Path != "" && u.Path != "/") {
		return smtpServer{}, errors.New("the URL of the mail server must be like smtp://name:key@host:587 or smtps://name:key@host:465")
	}
	server := smtpServer{host: u.Hostname(), port: portStartTLS, implicit: u.Scheme == "smtps", name: u.User.Username()}
	if key, ok := u.User.Password(); ok {
		server.key = new(secret.Text(key))
	}
	if (server.name == "") != (server.key == nil) {
		return smtpServer{}, errors.New("the URL of the mail server must hold both a name and a key, or neither")
	}
	if server.implicit {
		server.port = portTLS
	}
	if u.Port() != "" {
		if server.port, err = strconv.Atoi(u.Port()); err != nil || server.port < 1 || server.port > 65535 {
			return smtpServer{}, errors.New("the port of the mail server must be between 1 and 65535")
		}
	}
	server.policy, err = server.parsePolicy(u.Query())
	return server, err
}

// parsePolicy decides about STARTTLS: what is not asked for otherwise is required.
func (s smtpServer) parsePolicy(query url.Values) (gomail.TLSPolicy, error) {
	wish := query.Get("tls")
	query.Del("tls")
	if len(query) > 0 {
		return 0, errors.New("the URL of the mail server may carry ?tls=off or ?tls=required and nothing else")
	}
	switch {
	case wish == "" && loopback(s.host):
		return gomail.TLSOpportunistic, nil
	case wish == "", wish == "required":
		return gomail.TLSMandatory, nil
	case wish != "off":
		return 0, errors.New("the URL of the mail server may carry ?tls=off or ?tls=required and nothing else")
	case s.implicit:
		return 0, errors.New("the URL of the mail server begins with smtps:// and says ?tls=off: drop one of them")
	case s.key != nil && !loopback(s.host):
		return 0, errors.New("the URL of the mail server says ?tls=off: its key would travel readable, drop one of them")
	}
	return gomail.NoTLS, nil
}

package mail_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// smtpStandIn is a mail server that speaks just enough of RFC 5321, 3207 and 4954.
type smtpStandIn struct {
	address  string
	roots    *x509.CertPool
	tls      *tls.Config
	script   smtpScript
	received chan string // one entry a mail: envelope and content

	mu   sync.Mutex
	said []string // what clients said, line by line
}

// smtpScript is how a stand-in differs from a server that takes everything.
type smtpScript struct {
	implicit bool              // TLS from the first byte
	startTLS bool              // offered
	auth     string            // mechanisms offered
	answers  map[string]string // instead of the usual answer, by command; "" hangs up, "..." is silence
}

func newSMTPStandIn(t *testing.T, script smtpScript) *smtpStandIn {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // has a certificate for 127.0.0.1
	defer lender.Close()
	s := &smtpStandIn{script: script, tls: &tls.Config{Certificates: lender.TLS.Certificates}, roots: x509.NewCertPool(), received: make(chan string, 8)}
	s.roots.AddCert(lender.Certificate())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if script.implicit {
		listener = tls.NewListener(listener, s.tls)
	}
	s.address = listener.Addr().String()
	var conversations sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		conversations.Wait()
	})
	conversations.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conversations.Go(func() { s.talk(conn) })
		}
	})
	return s
}

func (s *smtpStandIn) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	fmt.Fprint(conn, "220 stand-in\r\n")
	var mail strings.Builder
	for in := bufio.NewScanner(conn); in.Scan(); {
		line := in.Text()
		s.note(line)
		command, _, _ := strings.Cut(strings.ToUpper(line), " ")
		answer, scripted := s.script.answers[command]
		switch {
		case scripted && answer == "":
			return
		case scripted && answer == "...":
			_, _ = io.Copy(io.Discard, conn) // until the client hangs up
			return
		case scripted:
			fmt.Fprint(conn, answer+"\r\n")
		case command == "EHLO":
			s.greet(conn)
		case command == "STARTTLS":
			fmt.Fprint(conn, "220 go\r\n")
			conn = tls.Server(conn, s.tls)
			in = bufio.NewScanner(conn)
		case command == "AUTH":
			fmt.Fprint(conn, "235 welcome\r\n")
		case command == "MAIL" || command == "RCPT":
			mail.WriteString(line + "\n")
			fmt.Fprint(conn, "250 2.1.0 fine\r\n")
		case command == "DATA":
			fmt.Fprint(conn, "354 go on\r\n")
			for in.Scan() && in.Text() != "." {
				mail.WriteString(in.Text() + "\n")
			}
			if end, scripted := s.script.answers["."]; scripted {
				fmt.Fprint(conn, end+"\r\n")
				continue
			}
			s.received <- mail.String()
			mail.Reset()
			fmt.Fprint(conn, "250 2.0.0 taken\r\n")
		case command == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(conn, "250 fine\r\n")
		}
	}
}

func (s *smtpStandIn) greet(conn net.Conn) {
	lines := []string{"stand-in", "ENHANCEDSTATUSCODES"}
	if _, secure := conn.(*tls.Conn); s.script.startTLS && !secure {
		lines = append(lines, "STARTTLS")
	}
	if s.script.auth != "" {
		lines = append(lines, "AUTH "+s.script.auth)
	}
	fmt.Fprint(conn, "250-"+strings.Join(lines, "\r\n250-")+"\r\n250 HELP\r\n")
}

func (s *smtpStandIn) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, line)
}

// heard reports whether a client said a line that begins so.
func (s *smtpStandIn) heard(begin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.said {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	return false
}

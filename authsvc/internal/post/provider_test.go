package post_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/account"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/authtest"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// standIn is a provider that the real clients talk to: it keeps what it took over, by id.
type standIn struct {
	mu    sync.Mutex
	down  int               // attempts that fail before it works
	lost  int               // attempts after those that it takes and does not confirm
	keys  []string          // of all attempts
	taken map[string]string // subjects by id
	heard chan struct{}     // receives a value for each attempt
}

func newStandIn(down, lost int) *standIn {
	return &standIn{down: down, lost: lost, taken: map[string]string{}, heard: make(chan struct{}, 100)}
}

// take notes an attempt and reports whether it failed, and whether its answer is lost.
func (s *standIn) take(id, subject string) (failed, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, id)
	if s.down > 0 {
		s.down--
		return true, false
	}
	s.taken[id] = subject
	if s.lost > 0 {
		s.lost--
		return false, true
	}
	return false, false
}

// ServeHTTP implements http.Handler as Resend does.
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() { s.heard <- struct{}{} }()
	var m struct{ Subject string }
	_ = json.NewDecoder(r.Body).Decode(&m)
	switch failed, lost := s.take(r.Header.Get("Idempotency-Key"), m.Subject); {
	case failed:
		w.WriteHeader(http.StatusServiceUnavailable)
	case lost:
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	default:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}`)
	}
}

func (s *standIn) resend(t *testing.T) mail.Sender {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	sender, err := mail.NewResend(mail.ResendConfig{Key: "re_key", URL: server.URL, From: "no-reply@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// smtp returns the real client to a mail server that speaks just enough of RFC 5321.
func (s *standIn) smtp(t *testing.T) mail.Sender {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		group.Wait()
	})
	group.Go(func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			group.Go(func() { s.talk(conn) })
		}
	})
	sender, err := mail.NewSMTP(mail.SMTPConfig{URL: secret.Text("smtp://" + listener.Addr().String()), From: "no-reply@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func (s *standIn) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	fmt.Fprint(conn, "220 stand-in\r\n")
	for in := bufio.NewScanner(conn); in.Scan(); {
		switch command, _, _ := strings.Cut(in.Text(), " "); command {
		case "DATA":
			fmt.Fprint(conn, "354 go on\r\n")
			header := map[string]string{}
			for in.Scan() && in.Text() != "." {
				if name, value, ok := strings.Cut(in.Text(), ": "); ok && header[name] == "" {
					header[name] = value
				}
			}
			id, _, _ := strings.Cut(strings.TrimPrefix(header["Message-ID"], "<"), "@")
			if failed, _ := s.take(id, header["Subject"]); failed {
				fmt.Fprint(conn, "451 4.3.0 later\r\n")
			} else {
				fmt.Fprint(conn, "250 2.0.0 taken\r\n")
			}
			s.heard <- struct{}{}
		case "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(conn, "250 fine\r\n")
		}
	}
}

// waiting returns how many mails have not been sent.
func waiting(t *testing.T, db *pgxpool.Pool) int {
	t.Helper()
	var n int
	if err := db.QueryRow(t.Context(), `select count(*) from river_job where state <> 'completed'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPost_AProviderThatIsDown: while the provider fails, sign-up and reset answer as ever; when
// it works again each mail arrives, and the provider saw each under one id, however often it
// was asked and whatever answer was lost. The clients are the real ones.
func TestPost_AProviderThatIsDown(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		down, lost int
		sender     func(*standIn, *testing.T) mail.Sender
	}{
		"Resend": {3, 2, (*standIn).resend},
		"SMTP":   {3, 0, (*standIn).smtp},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.Options{})
			provider := newStandIn(tc.down, tc.lost)
			stop := run(t, newPost(t, w.Pool, tc.sender(provider, t)))
			w.SignUp(t, "ada@example.com")
			if err := w.Accounts.RequestReset(t.Context(), "ada@example.com", "/", account.Origin{}); err != nil {
				t.Errorf("with the provider down a reset ends with %v", err)
			}
			want := map[string]string{}
			for _, m := range w.Mails(t, "ada@example.com") {
				want[m.ID] = m.Subject
			}
			hears(t, w.Pool, provider.heard, tc.down+tc.lost+len(want))
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, provider.taken); diff != "" || len(want) != 2 {
				t.Errorf("mails (-want +got):\n%s", diff)
			}
			if len(provider.keys) != tc.down+tc.lost+len(want) {
				t.Errorf("the provider was asked %d times: %v", len(provider.keys), provider.keys)
			}
			if n := waiting(t, w.Pool); n != 0 {
				t.Errorf("%d mails wait", n)
			}
		})
	}
}

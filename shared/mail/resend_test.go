package mail_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const resendKey = secret.Text("re_c4n4ry")

// newResend returns the real client against a stand-in that answers with handler.
func newResend(t *testing.T, timeout time.Duration, handler http.HandlerFunc) *mail.Resend {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	sender, err := mail.NewResend(mail.ResendConfig{Key: resendKey, URL: server.URL, From: "Example <no-reply@example.com>", Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func TestResend_Send(t *testing.T) {
	t.Parallel()
	requests := make(chan *http.Request, 1)
	bodies := make(chan []byte, 1)
	sender := newResend(t, 0, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests <- r
		bodies <- body
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}`)
	})
	if err := sender.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	r := <-requests
	got := []string{r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Type")}
	want := []string{"POST", "/emails", "Bearer re_c4n4ry", letter().ID, "application/json"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	var body map[string]any
	if err := json.Unmarshal(<-bodies, &body); err != nil {
		t.Fatal(err)
	}
	wantBody := map[string]any{
		"from": `"Example" <no-reply@example.com>`, "to": []any{"ada@example.com"}, "subject": letter().Subject,
		"text": letter().Text, "html": letter().HTML,
	}
	if diff := cmp.Diff(wantBody, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestResend_SendFails(t *testing.T) {
	t.Parallel()
	// The shape of Resend's errors, with words that must not come through.
	const leak = "ada@example.com re_c4n4ry Follow the link."
	tests := []struct {
		name   string
		status int
		error  string
		header string // Retry-After
		want   *fault.Error
		after  time.Duration
	}{
		{"a message it will never take", 422, "validation_error", "", mail.ErrRefused, 0},
		{"a request it does not understand", 400, "validation_error", "", mail.ErrRefused, 0},
		{"the same key with another message", 409, "invalid_idempotent_request", "", mail.ErrRefused, 0},
		{"the same key while it works on it", 409, "concurrent_idempotent_requests", "", mail.ErrUnavailable, 0},
		{"a wrong key, which an operator can mend", 401, "restricted_api_key", "", mail.ErrUnavailable, 0},
		{"a key without the right", 403, "invalid_api_key", "", mail.ErrUnavailable, 0},
		{"too many requests", 429, "rate_limit_exceeded", "7", mail.ErrUnavailable, 7 * time.Second},
		{"a used-up quota", 429, "daily_quota_exceeded", "99999999999", mail.ErrUnavailable, 24 * time.Hour},
		{"too many requests, with a date", 429, "rate_limit_exceeded", "Wed, 21 Oct 2026 07:28:00 GMT", mail.ErrUnavailable, 0},
		{"an outage", 500, "application_error", "", mail.ErrUnavailable, 0},
		{"an outage of a proxy", 503, "<html>", "-3", mail.ErrUnavailable, 0},
		{"a redirect, which the key must not follow", 307, "", "", mail.ErrUnavailable, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sender := newResend(t, 0, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/emails" {
					t.Errorf("followed to %s", r.URL)
				}
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(tt.status)
				fmt.Fprintf(w, `{"statusCode":%d,"name":%q,"message":%q}`, tt.status, tt.error, leak)
			})
			err := sender.Send(t.Context(), letter())
			checkFault(t, err, tt.want)
			if got := fault.From(err).RetryAfter; got != tt.after {
				t.Errorf("retry after %s, want %s", got, tt.after)
			}
			if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("resend answered %d", tt.status)) {
				t.Errorf("the status is missing: %v", err)
			}
		})
	}
}

// What is no name of an error is nothing that a log should repeat.
func TestResend_RepeatsNamesOnly(t *testing.T) {
	t.Parallel()
	for name, repeated := range map[string]bool{
		strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "<html>": false, "two words": false,
	} {
		sender := newResend(t, 0, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintf(w, `{"name":%q}`, name)
		})
		if err := sender.Send(t.Context(), letter()); err == nil || strings.Contains(err.Error(), name) != repeated {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestResend_SendFailsWithoutAnswer(t *testing.T) {
	t.Parallel()
	t.Run("at the time limit", func(t *testing.T) {
		t.Parallel()
		sender := newResend(t, 20*time.Millisecond, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the server notices a lost client only after the body
			<-r.Context().Done()
		})
		checkFault(t, sender.Send(t.Context(), letter()), mail.ErrUnavailable)
	})
	t.Run("when nobody listens", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		sender, err := mail.NewResend(mail.ResendConfig{Key: resendKey, URL: server.URL, From: "no-reply@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		checkFault(t, sender.Send(t.Context(), letter()), mail.ErrUnavailable)
	})
	for name, body := range map[string]string{"an answer that is not Resend's": "<html>Sign in to the airport's network</html>", "an answer without an id": "{}"} {
		t.Run("on "+name, func(t *testing.T) {
			t.Parallel()
			sender := newResend(t, 0, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
			checkFault(t, sender.Send(t.Context(), letter()), mail.ErrUnavailable)
		})
	}
	t.Run("before asking, on a recipient that is no address", func(t *testing.T) {
		t.Parallel()
		sender := newResend(t, 0, func(http.ResponseWriter, *http.Request) { t.Error("it asked") })
		m := letter()
		m.To = "+15550100"
		checkFault(t, sender.Send(t.Context(), m), mail.ErrMessage)
	})
}

func TestNewResend_Refuses(t *testing.T) {
	t.Parallel()
	good := mail.ResendConfig{Key: resendKey, From: "no-reply@example.com"}
	if _, err := mail.NewResend(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mail.ResendConfig){
		"no key":                        func(c *mail.ResendConfig) { c.Key = "" },
		"a key that breaks its header":  func(c *mail.ResendConfig) { c.Key += "\r\nX-Evil: 1" },
		"no sender":                     func(c *mail.ResendConfig) { c.From = "" },
		"a sender without address":      func(c *mail.ResendConfig) { c.From = "Example" },
		"two senders":                   func(c *mail.ResendConfig) { c.From = "a@example.com, b@example.com" },
		"a URL that shows the key":      func(c *mail.ResendConfig) { c.URL = "http://api.example.com" },
		"a URL that holds a key":        func(c *mail.ResendConfig) { c.URL = "https://c4n4ry@api.example.com" },
		"a URL without a host":          func(c *mail.ResendConfig) { c.URL = "https:///emails" },
		"a URL that is not one":         func(c *mail.ResendConfig) { c.URL = "https://%zz" },
		"a name like that of this host": func(c *mail.ResendConfig) { c.URL = "http://localhost.evil.test" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := good
			change(&config)
			_, err := mail.NewResend(config)
			if err == nil || strings.Contains(err.Error(), "c4n4ry") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// checkFault wants this fault, and in its text nothing of the message or the key.
func checkFault(t *testing.T, err error, want *fault.Error) {
	t.Helper()
	if !errors.Is(err, want) || fault.KindOf(err) != want.Kind {
		t.Fatalf("got %v, want %s", err, want.Code)
	}
	for _, private := range []string{"c4n4ry", "ada@", "Follow"} {
		if strings.Contains(err.Error(), private) {
			t.Errorf("%q shows in the error: %v", private, err)
		}
	}
}

// ASVS V16.2.5: a sender that is printed shows no key.
func TestSenders_PrintNoKey(t *testing.T) {
	t.Parallel()
	resend, err := mail.NewResend(mail.ResendConfig{Key: resendKey, From: "no-reply@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	smtp, err := mail.NewSMTP(mail.SMTPConfig{URL: "smtp://name:c4n4ry@mail.example.com", From: "no-reply@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format+format, resend, smtp); strings.Contains(text, "c4n4ry") {
			t.Errorf("%s: %s", format, text)
		}
	}
}

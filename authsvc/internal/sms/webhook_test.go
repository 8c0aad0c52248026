package sms_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/sms"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

const key = "a secret of the webhook, long enough"

var message = mail.Message{ID: "0192-id", To: "+4915550100", Subject: "SMS", Text: "Your one-time code: 271828", Code: "271828"}

func now() time.Time { return time.Unix(1_700_000_000, 0) }

func webhook(t *testing.T, url string, key secret.Text) *sms.Webhook {
	t.Helper()
	w, err := sms.New(sms.Config{URL: url, Secret: key, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWebhook_Signs checks the signature as a receiver does (Standard Webhooks).
func TestWebhook_Signs(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]secret.Text{
		"text": key, "encoded": secret.Text("whsec_" + base64.StdEncoding.EncodeToString([]byte(key))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var header http.Header
			var sent []byte
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				header = r.Header
				sent, _ = io.ReadAll(r.Body)
			}))
			defer server.Close()
			if err := webhook(t, server.URL, given).Send(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`{"to":"+4915550100","text":"Your one-time code: 271828","code":"271828"}`, string(sent)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			mac := hmac.New(sha256.New, []byte(key))
			mac.Write([]byte("0192-id.1700000000." + string(sent)))
			want := map[string]string{
				"Webhook-Id": "0192-id", "Webhook-Timestamp": "1700000000", "Content-Type": "application/json",
				"Webhook-Signature": "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
			}
			for name, value := range want {
				if header.Get(name) != value {
					t.Errorf("%s is %q, want %q", name, header.Get(name), value)
				}
			}
		})
	}
}

func TestWebhook_SaysWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{
		200: nil, 202: nil, 204: nil, 400: mail.ErrRefused, 413: mail.ErrRefused, 422: mail.ErrRefused,
		302: mail.ErrUnavailable, 401: mail.ErrUnavailable, 404: mail.ErrUnavailable, 429: mail.ErrUnavailable, 500: mail.ErrUnavailable,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}))
		err := webhook(t, server.URL, key).Send(t.Context(), message)
		server.Close()
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%d: %v, want %v", status, err, want)
		}
		if err != nil && strings.Contains(err.Error(), message.Code) {
			t.Errorf("%d: the error tells the code", status)
		}
	}
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if err := webhook(t, server.URL, key).Send(t.Context(), message); !errors.Is(err, mail.ErrUnavailable) {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestNew_RefusesWhatIsNotSafe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]sms.Config{
		"no URL":                   {Secret: key},
		"another scheme":           {URL: "ftp://sms.example.com", Secret: key},
		"clear text to elsewhere":  {URL: "http://sms.example.com", Secret: key},
		"a password in the URL":    {URL: "https://user:password@sms.example.com", Secret: key},
		"no secret":                {URL: "https://sms.example.com"},
		"a short secret":           {URL: "https://sms.example.com", Secret: "short"},
		"a secret that is no code": {URL: "https://sms.example.com", Secret: "whsec_?"},
	} {
		if _, err := sms.New(c); err == nil || strings.Contains(err.Error(), "password") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// recorder remembers whom it was to send to.
type recorder struct{ to []string }

func (r *recorder) Send(_ context.Context, m mail.Message) error {
	r.to = append(r.to, m.To)
	return nil
}

func TestSwitch(t *testing.T) {
	t.Parallel()
	var mails, texts recorder
	s := sms.Switch{Mails: &mails, Texts: &texts}
	for _, to := range []string{"+4915550100", "ada@example.com", "+4915550100@example.com"} {
		if err := s.Send(t.Context(), mail.Message{To: to}); err != nil {
			t.Fatal(err)
		}
	}
	if err := (sms.Switch{Mails: &mails}).Send(t.Context(), message); !errors.Is(err, mail.ErrRefused) {
		t.Errorf("without a sender of texts: %v", err)
	}
	if diff := cmp.Diff([]string{"+4915550100"}, texts.to); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ada@example.com", "+4915550100@example.com"}, mails.to); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

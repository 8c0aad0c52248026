package captcha_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/captcha"
)

func TestHCaptcha_Verify(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response string
		answer   func(http.ResponseWriter)
		want     error
	}{
		"accepts a solved challenge":     {"solved", say(200, `{"success":true}`), nil},
		"refuses one that is not":        {"wrong", say(200, `{"success":false,"error-codes":["invalid-input-response"]}`), captcha.ErrRefused},
		"asks for a missing response":    {"", nil, captcha.ErrMissing},
		"fails closed on an error":       {"solved", say(500, `{"success":true}`), captcha.ErrUnavailable},
		"fails closed on a redirect":     {"solved", say(302, ``), captcha.ErrUnavailable},
		"fails closed on no JSON":        {"solved", say(200, `yes`), captcha.ErrUnavailable},
		"fails closed without a verdict": {"solved", say(200, `{}`), captcha.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got url.Values
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				got = r.PostForm
				test.answer(w)
			}))
			defer server.Close()
			h, err := captcha.New(captcha.Config{Secret: "s3cret", SiteKey: "site", URL: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			err = h.Verify(t.Context(), test.response, netip.MustParseAddr("192.0.2.1"))
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if test.answer == nil {
				return
			}
			want := url.Values{"secret": {"s3cret"}, "response": {test.response}, "sitekey": {"site"}, "remoteip": {"192.0.2.1"}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("asked with (-want +got):\n%s", diff)
			}
		})
	}

	t.Run("fails closed when nobody answers", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		h, err := captcha.New(captcha.Config{Secret: "s3cret", URL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Verify(t.Context(), "solved", netip.Addr{}); !errors.Is(err, captcha.ErrUnavailable) {
			t.Fatalf("got %v, want %v", err, captcha.ErrUnavailable)
		}
	})
}

func say(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestNew_RefusesWhatIsNoURL(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"hcaptcha", "ftp://x/y", "http://", "://"} {
		if _, err := captcha.New(captcha.Config{URL: bad}); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

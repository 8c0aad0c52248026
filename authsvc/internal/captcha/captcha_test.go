package captcha_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/captcha"
)

func TestClient_Verify(t *testing.T) {
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

// TestClient_VerifyByProvider: the providers differ in what they are told and in reCAPTCHA's score.
func TestClient_VerifyByProvider(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		provider captcha.Provider
		answer   string
		siteKey  bool
		want     error
	}{
		"hCaptcha":                  {captcha.HCaptcha, `{"success":true,"score":0.1}`, true, nil}, // its score counts the other way
		"hCaptcha by default":       {"", `{"success":true}`, true, nil},
		"Turnstile":                 {captcha.Turnstile, `{"success":true,"hostname":"app.example.com"}`, false, nil},
		"Turnstile refuses":         {captcha.Turnstile, `{"success":false,"error-codes":["timeout-or-duplicate"]}`, false, captcha.ErrRefused},
		"reCAPTCHA v2":              {captcha.ReCaptcha, `{"success":true}`, false, nil},
		"reCAPTCHA v3, a person":    {captcha.ReCaptcha, `{"success":true,"score":0.5}`, false, nil},
		"reCAPTCHA v3, a program":   {captcha.ReCaptcha, `{"success":true,"score":0.4}`, false, captcha.ErrRefused},
		"reCAPTCHA without success": {captcha.ReCaptcha, `{"success":false,"score":0.9}`, false, captcha.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.PostFormValue("secret") != "s3cret" || r.PostFormValue("response") != "solved" || (r.PostFormValue("sitekey") != "") != tc.siteKey {
					t.Errorf("asked with %v", r.PostForm)
				}
				say(200, tc.answer)(w)
			}))
			defer server.Close()
			client, err := captcha.New(captcha.Config{Provider: tc.provider, Secret: "s3cret", SiteKey: "site", URL: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			if err := client.Verify(t.Context(), "solved", netip.Addr{}); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestClient_Guards(t *testing.T) {
	t.Parallel()
	routes := []string{"/sign-up/email", "/sign-in/email", "/sign-in/username", "/request-password-reset", "/get-session"}
	for name, tc := range map[string]struct {
		paths     []string
		guarded   []string
		unmatched string
	}{
		"the protocol's by default": {nil, []string{"/sign-up/email", "/sign-in/email", "/request-password-reset"}, ""},
		"one":                       {[]string{"/get-session"}, []string{"/get-session"}, ""},
		"a family":                  {[]string{"/sign-in/*"}, []string{"/sign-in/email", "/sign-in/username"}, ""},
		"a misspelt one":            {[]string{"/sign-in/email", "/sing-up/email"}, []string{"/sign-in/email"}, "/sing-up/email"},
		"one with a slash too many": {[]string{"/sign-in/email/"}, nil, "/sign-in/email/"},
		"no prefix without a star":  {[]string{"/sign-in"}, nil, "/sign-in"},
	} {
		client, err := captcha.New(captcha.Config{Secret: "s3cret", Paths: tc.paths})
		if err != nil {
			t.Fatal(err)
		}
		var guarded []string
		for _, route := range routes {
			if client.Guards(route) {
				guarded = append(guarded, route)
			}
		}
		if !slices.Equal(slices.Sorted(slices.Values(guarded)), slices.Sorted(slices.Values(tc.guarded))) || client.Unmatched(routes) != tc.unmatched {
			t.Errorf("%s: guarded are %v, unmatched is %q", name, guarded, client.Unmatched(routes))
		}
	}
}

func TestProvider_Decode(t *testing.T) {
	t.Parallel()
	var p captcha.Provider
	if err := p.Decode("turnstile"); err != nil || p != captcha.Turnstile {
		t.Errorf("turnstile is %q, %v", p, err)
	}
	if err := p.Decode("captchafox"); err == nil {
		t.Error("a provider is taken that is not built")
	}
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

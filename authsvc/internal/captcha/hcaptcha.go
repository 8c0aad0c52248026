package captcha

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Faults, with the protocol's codes. The provider's outage is ours: 503, not 500.
var (
	ErrMissing     = fault.New(fault.Invalid, "MISSING_RESPONSE", "Missing CAPTCHA response")
	ErrRefused     = fault.New(fault.Denied, "VERIFICATION_FAILED", "Captcha verification failed")
	ErrUnavailable = fault.New(fault.Unavailable, "UNKNOWN_ERROR", "Something went wrong").WithRetryAfter(5 * time.Second)
)

const (
	publicURL   = "https://api.hcaptcha.com/siteverify"
	askTimeout  = 10 * time.Second
	maxAnswer   = 16 << 10
	maxResponse = 8 << 10
)

// Config is what hCaptcha's console gives. URL is where to ask, empty for the public one.
type Config struct {
	Secret  secret.Text
	SiteKey string
	URL     string
}

// HCaptcha asks hCaptcha. It is safe for concurrent use.
type HCaptcha struct {
	config Config
	http   *http.Client
}

// New returns an HCaptcha. It checks the URL and asks nothing yet.
func New(c Config) (*HCaptcha, error) {
	if c.URL == "" {
		c.URL = publicURL
	}
	if u, err := url.Parse(c.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("must be an http or https URL")
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &HCaptcha{c, &http.Client{Timeout: askTimeout, CheckRedirect: noRedirect}}, nil
}

// Verify reports whether response, what the browser got for a solved challenge, is good.
// ErrMissing without one, ErrRefused if it is not, ErrUnavailable if nobody could say.
func (h *HCaptcha) Verify(ctx context.Context, response string, address netip.Addr) error {
	if response == "" {
		return ErrMissing
	}
	if len(response) > maxResponse {
		return ErrRefused
	}
	solved, err := h.ask(ctx, response, address)
	if err != nil {
		return ErrUnavailable.With(fmt.Errorf("ask hCaptcha: %w", err))
	}
	if !solved {
		return ErrRefused
	}
	return nil
}

func (h *HCaptcha) ask(ctx context.Context, response string, address netip.Addr) (bool, error) {
	form := url.Values{"secret": {h.config.Secret.Reveal()}, "response": {response}}
	if h.config.SiteKey != "" {
		form.Set("sitekey", h.config.SiteKey)
	}
	if address.IsValid() {
		form.Set("remoteip", address.String())
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.config.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := h.http.Do(request)
	if err != nil {
		return false, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d", answer.StatusCode)
	}
	var verdict struct {
		Success *bool `json:"success"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&verdict); err != nil {
		return false, err
	}
	if verdict.Success == nil {
		return false, errors.New("the answer says neither yes nor no")
	}
	return *verdict.Success, nil
}

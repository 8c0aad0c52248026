package captcha

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
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
	askTimeout  = 10 * time.Second
	maxAnswer   = 16 << 10
	maxResponse = 8 << 10
	minScore    = 0.5 // below it reCAPTCHA v3 takes the caller for a program
)

// Provider names who judges. All of them are asked the same way.
type Provider string

// The providers.
const (
	HCaptcha  Provider = "hcaptcha"
	Turnstile Provider = "turnstile" // Cloudflare's
	ReCaptcha Provider = "recaptcha" // Google's, v2 and v3
)

// url returns where a provider is asked, "" for one that is not known.
func (p Provider) url() string {
	return map[Provider]string{
		HCaptcha:  "https://api.hcaptcha.com/siteverify",
		Turnstile: "https://challenges.cloudflare.com/turnstile/v0/siteverify",
		ReCaptcha: "https://www.google.com/recaptcha/api/siteverify",
	}[p]
}

// Decode implements envconfig.Decoder.
func (p *Provider) Decode(value string) error {
	if Provider(value).url() == "" {
		return errors.New("must be hcaptcha, turnstile or recaptcha")
	}
	*p = Provider(value)
	return nil
}

// Config is what the provider's console gives, and what is guarded.
type Config struct {
	Provider Provider // empty: HCaptcha
	Secret   secret.Text
	SiteKey  string   // of hCaptcha; may be empty
	URL      string   // where to ask; empty: the public one
	Paths    []string // guarded paths below the base path, whole or up to a star; none: Paths
}

// Paths returns the paths that are guarded where nothing else is said.
func Paths() []string {
	return []string{"/sign-up/email", "/sign-in/email", "/request-password-reset"}
}

// Client asks the provider. It is safe for concurrent use.
type Client struct {
	config Config
	http   *http.Client
}

// New returns a Client. It checks the URL and asks nothing yet.
func New(c Config) (*Client, error) {
	c.Provider = cmp.Or(c.Provider, HCaptcha)
	c.URL = cmp.Or(c.URL, c.Provider.url())
	if len(c.Paths) == 0 {
		c.Paths = Paths()
	}
	if u, err := url.Parse(c.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("must be an http or https URL")
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{c, &http.Client{Timeout: askTimeout, CheckRedirect: noRedirect}}, nil
}

// Guards reports whether the route with this path takes a solved challenge. It is asked with
// the path in the route's table, so no spelling of a URL gets by.
func (c *Client) Guards(route string) bool {
	return slices.ContainsFunc(c.config.Paths, func(path string) bool { return matches(path, route) })
}

// Unmatched returns the first guarded path that none of the routes has, "" if there is none:
// a path that is misspelt guards nothing.
func (c *Client) Unmatched(routes []string) string {
	for _, path := range c.config.Paths {
		if !slices.ContainsFunc(routes, func(route string) bool { return matches(path, route) }) {
			return path
		}
	}
	return ""
}

func matches(path, route string) bool {
	start, open := strings.CutSuffix(path, "*")
	return route == path || open && strings.HasPrefix(route, start)
}

// Verify reports whether response, what the browser got for a solved challenge, is good.
// ErrMissing without one, ErrRefused if it is not, ErrUnavailable if nobody could say.
func (c *Client) Verify(ctx context.Context, response string, address netip.Addr) error {
	if response == "" {
		return ErrMissing
	}
	if len(response) > maxResponse {
		return ErrRefused
	}
	solved, err := c.ask(ctx, response, address)
	if err != nil {
		return ErrUnavailable.With(fmt.Errorf("ask %s: %w", c.config.Provider, err))
	}
	if !solved {
		return ErrRefused
	}
	return nil
}

func (c *Client) ask(ctx context.Context, response string, address netip.Addr) (bool, error) {
	form := url.Values{"secret": {c.config.Secret.Reveal()}, "response": {response}}
	if c.config.SiteKey != "" && c.config.Provider == HCaptcha {
		form.Set("sitekey", c.config.SiteKey)
	}
	if address.IsValid() {
		form.Set("remoteip", address.String())
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.http.Do(request)
	if err != nil {
		return false, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return false, fmt.Errorf("status %d", answer.StatusCode)
	}
	var verdict struct {
		Success *bool    `json:"success"`
		Score   *float64 `json:"score"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&verdict); err != nil {
		return false, err
	}
	if verdict.Success == nil {
		return false, errors.New("the answer says neither yes nor no")
	}
	program := c.config.Provider == ReCaptcha && verdict.Score != nil && *verdict.Score < minScore
	return *verdict.Success && !program, nil
}

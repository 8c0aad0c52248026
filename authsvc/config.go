package authsvc

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"github.com/gatehouse-auth/gatehouse/authsvc/internal/captcha"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/notice"
	"github.com/gatehouse-auth/gatehouse/authsvc/internal/throttle"
	"github.com/gatehouse-auth/gatehouse/shared/mail"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
	"github.com/gatehouse-auth/gatehouse/shared/weborigin"
)

// Config is authsvc's part of the settings.
type Config struct {
	TrustedOrigins      []string         `envconfig:"TRUSTED_ORIGINS" desc:"front ends, comma-separated: origins, https://*.example.com, or the scheme of an app (myapp://); development trusts http://localhost:3001"`
	RequireVerification bool             `envconfig:"REQUIRE_EMAIL_VERIFICATION" default:"false" desc:"no sign-in before the address is confirmed"`
	RateLimit           toggle           `envconfig:"RATE_LIMIT" desc:"the protocol's limits per address: on or off; empty: on in production, off in development"`
	DeleteVerification  bool             `envconfig:"DELETE_USER_VERIFICATION" default:"false" desc:"users delete themselves by a mailed link only"`
	ChangeConfirmation  bool             `envconfig:"CHANGE_EMAIL_CONFIRMATION" default:"false" desc:"a change of a confirmed address is approved from the old one first"`
	SessionCache        toggle           `envconfig:"SESSION_CACHE" default:"on" desc:"on keeps copies of sessions in memory, never out of date; off looks each one up"`
	BreachedPasswords   string           `envconfig:"BREACHED_PASSWORDS" desc:"where passwords from breaches are known: a range service such as https://api.pwnedpasswords.com/range, or a file of sorted SHA-1 hashes; empty: nowhere"`
	CaptchaProvider     captcha.Provider `envconfig:"CAPTCHA_PROVIDER" default:"hcaptcha" desc:"who judges captchas: hcaptcha, turnstile or recaptcha"`
	CaptchaEndpoints    []string         `envconfig:"CAPTCHA_ENDPOINTS" desc:"paths below /api/auth that take a solved captcha, comma-separated, such as /sign-in/*; empty: /sign-up/email, /sign-in/email and /request-password-reset"`
	CaptchaSecret       secret.Text      `envconfig:"CAPTCHA_SECRET" desc:"secret of turnstile or recaptcha"`
	CaptchaURL          string           `envconfig:"CAPTCHA_VERIFY_URL" desc:"where turnstile or recaptcha is asked, where it is not the public one"`
	HCaptchaSecret      secret.Text      `envconfig:"HCAPTCHA_SECRET" desc:"secret of hCaptcha; empty: captcha is off, unless another provider judges"`
	HCaptchaSiteKey     string           `envconfig:"HCAPTCHA_SITE_KEY" desc:"site key of hCaptcha"`
	HCaptchaURL         string           `envconfig:"HCAPTCHA_VERIFY_URL" desc:"where hCaptcha is asked, where it is not the public one"`
	Mail                mailKind         `envconfig:"MAIL" default:"dev" desc:"how mail leaves: dev (kept for /dev/mailbox, never sent), resend or smtp"`
	MailFrom            string           `envconfig:"MAIL_FROM" default:"Gatehouse <no-reply@localhost>" desc:"sender of all mail"`
	MailTemplates       string           `envconfig:"MAIL_TEMPLATES" desc:"folder whose templates replace those of the mails, such as en/reset.txt and en/reset.html"`
	ResendKey           secret.Text      `envconfig:"RESEND_API_KEY" desc:"API key of Resend"`
	ResendURL           string           `envconfig:"RESEND_URL" desc:"API of Resend, where it is not the public one"`
	SMTPURL             secret.Text      `envconfig:"SMTP_URL" desc:"mail server, such as smtp://user:password@mail.example.com:587"`

	Texts
	Providers
}

// toggle is on, off or, empty, what the mode says.
type toggle string

// Decode implements envconfig.Decoder.
func (t *toggle) Decode(value string) error {
	switch value {
	case "on", "off":
		*t = toggle(value)
		return nil
	}
	return errors.New("must be on or off")
}

// limited reports whether calls are limited by the address they come from.
func (c Config) limited(development bool) bool {
	return c.RateLimit == "on" || c.RateLimit == "" && !development
}

// limits returns the limits per address, nil for none.
func (c Config) limits(development bool, now func() time.Time) *throttle.Limiter {
	if !c.limited(development) {
		return nil
	}
	return throttle.New(now)
}

// captcha returns the client of the provider that judges captchas, nil for none.
func (c Config) captcha() (*captcha.Client, error) {
	settings := captcha.Config{Provider: c.CaptchaProvider, Secret: c.CaptchaSecret, URL: c.CaptchaURL, Paths: c.CaptchaEndpoints}
	urlName := "GATEHOUSE_CAPTCHA_VERIFY_URL"
	switch {
	case c.CaptchaProvider == captcha.HCaptcha && c.CaptchaSecret != "":
		return nil, errors.New("GATEHOUSE_CAPTCHA_PROVIDER is hcaptcha, whose secret is GATEHOUSE_HCAPTCHA_SECRET and not GATEHOUSE_CAPTCHA_SECRET")
	case c.CaptchaProvider == captcha.HCaptcha && c.HCaptchaSecret == "":
		return nil, nil
	case c.CaptchaProvider == captcha.HCaptcha:
		settings.Secret, settings.SiteKey, settings.URL = c.HCaptchaSecret, c.HCaptchaSiteKey, c.HCaptchaURL
		urlName = "GATEHOUSE_HCAPTCHA_VERIFY_URL"
	case c.CaptchaSecret == "":
		return nil, fmt.Errorf("GATEHOUSE_CAPTCHA_SECRET is missing, and GATEHOUSE_CAPTCHA_PROVIDER is %s", c.CaptchaProvider)
	}
	client, err := captcha.New(settings)
	return client, prefixed(urlName, err)
}

// mailKind is how mail leaves the installation.
type mailKind string

// Decode implements envconfig.Decoder.
func (k *mailKind) Decode(value string) error {
	switch value {
	case "dev", "resend", "smtp":
		*k = mailKind(value)
		return nil
	}
	return errors.New("must be dev, resend or smtp")
}

// developmentOrigin is where a front end runs that was just created.
const developmentOrigin = "http://localhost:3001"

func (c Config) origins(development bool) ([]string, error) {
	if len(c.TrustedOrigins) == 0 && development {
		return []string{developmentOrigin}, nil
	}
	for _, trusted := range c.TrustedOrigins {
		if err := weborigin.CheckPattern(trusted); err != nil {
			return nil, fmt.Errorf("GATEHOUSE_TRUSTED_ORIGINS: %q %w", trusted, err)
		}
	}
	return c.TrustedOrigins, nil
}

// sender returns what mail leaves through; the mailbox too, if that is what it is.
func (c Config) sender(now func() time.Time) (mail.Sender, *mail.Mailbox, error) {
	switch c.Mail {
	case "resend":
		if c.ResendKey == "" {
			return nil, nil, errors.New("GATEHOUSE_RESEND_API_KEY is missing, and GATEHOUSE_MAIL is resend")
		}
		sender, err := mail.NewResend(mail.ResendConfig{Key: c.ResendKey, From: c.MailFrom, URL: c.ResendURL})
		return sender, nil, prefixed("GATEHOUSE_RESEND_URL or GATEHOUSE_MAIL_FROM", err)
	case "smtp":
		if c.SMTPURL == "" {
			return nil, nil, errors.New("GATEHOUSE_SMTP_URL is missing, and GATEHOUSE_MAIL is smtp")
		}
		sender, err := mail.NewSMTP(mail.SMTPConfig{URL: c.SMTPURL, From: c.MailFrom})
		return sender, nil, prefixed("GATEHOUSE_SMTP_URL or GATEHOUSE_MAIL_FROM", err)
	}
	box := mail.NewMailbox(now)
	return box, box, nil
}

// notices returns the writer of mails, with the templates of the team that runs this.
func (c Config) notices(base *url.URL) (*notice.Writer, error) {
	var overrides fs.FS
	if c.MailTemplates != "" {
		if folder, err := os.Stat(c.MailTemplates); err != nil || !folder.IsDir() {
			return nil, fmt.Errorf("GATEHOUSE_MAIL_TEMPLATES: %q is no folder", c.MailTemplates)
		}
		overrides = os.DirFS(c.MailTemplates)
	}
	writer, err := notice.New(base, overrides)
	return writer, prefixed("GATEHOUSE_MAIL_TEMPLATES", err)
}

func prefixed(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

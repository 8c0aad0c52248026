package authsvc

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConfig_Origins(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		given       []string
		development bool
		want        []string
		fault       string // part of the error
	}{
		"none, in development": {nil, true, []string{"http://localhost:3001"}, ""},
		"none, in production":  {nil, false, nil, ""},
		"given":                {[]string{"https://a.example", "https://b.example:8443"}, true, []string{"https://a.example", "https://b.example:8443"}, ""},
		"with a slash":         {[]string{"https://a.example/"}, false, nil, `"https://a.example/"`},
		"with a path":          {[]string{"https://a.example/app"}, false, nil, `"https://a.example/app"`},
		"a family of them":     {[]string{"https://*.a.example"}, false, []string{"https://*.a.example"}, ""},
		"in upper case":        {[]string{"https://A.example"}, false, nil, `"https://A.example"`},
		"with a default port":  {[]string{"https://a.example:443"}, false, nil, `"https://a.example:443"`},
		"every site":           {[]string{"https://*"}, false, nil, `"https://*"`},
		"a scheme that runs":   {[]string{"javascript://a.example"}, false, nil, `"javascript://a.example"`},
		"without a scheme":     {[]string{"https://a.example", "b.example"}, false, nil, `"b.example"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Config{TrustedOrigins: tc.given}.origins(tc.development)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			switch {
			case tc.fault == "" && err != nil:
				t.Errorf("origins = %v", err)
			case tc.fault != "" && (err == nil || !strings.Contains(err.Error(), "GATEHOUSE_TRUSTED_ORIGINS") || !strings.Contains(err.Error(), tc.fault)):
				t.Errorf("the error %v does not name the setting and %s", err, tc.fault)
			}
		})
	}
}

func TestConfig_RefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	var kind mailKind
	if err := kind.Decode("sendmail"); err == nil {
		t.Error("mail leaves by sendmail")
	}
	var limits toggle
	if err := limits.Decode("yes"); err == nil {
		t.Error("a toggle is yes")
	}
}

// TestConfig_SenderNamesTheSetting: a sender that cannot work says which setting to change.
func TestConfig_SenderNamesTheSetting(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config  Config
		setting string
	}{
		"Resend without a key": {Config{Mail: "resend", MailFrom: "a@example.com"}, "GATEHOUSE_RESEND_API_KEY"},
		"SMTP without a URL":   {Config{Mail: "smtp", MailFrom: "a@example.com"}, "GATEHOUSE_SMTP_URL"},
	} {
		if _, _, err := tc.config.sender(time.Now); err == nil || !strings.Contains(err.Error(), tc.setting) {
			t.Errorf("%s: the error %v does not name %s", name, err, tc.setting)
		}
	}
}

// TestConfig_Captcha: hCaptcha's settings have names of their own, the other providers share theirs.
func TestConfig_Captcha(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config Config
		on     bool
		fault  string
	}{
		"nothing":                        {Config{CaptchaProvider: "hcaptcha"}, false, ""},
		"hCaptcha":                       {Config{CaptchaProvider: "hcaptcha", HCaptchaSecret: "s"}, true, ""},
		"hCaptcha at a URL that is none": {Config{CaptchaProvider: "hcaptcha", HCaptchaSecret: "s", HCaptchaURL: "x"}, false, "GATEHOUSE_HCAPTCHA_VERIFY_URL"},
		"hCaptcha by the other name":     {Config{CaptchaProvider: "hcaptcha", CaptchaSecret: "s"}, false, "GATEHOUSE_HCAPTCHA_SECRET"},
		"Turnstile":                      {Config{CaptchaProvider: "turnstile", CaptchaSecret: "s"}, true, ""},
		"Turnstile without a secret":     {Config{CaptchaProvider: "turnstile", HCaptchaSecret: "s"}, false, "GATEHOUSE_CAPTCHA_SECRET"},
		"reCAPTCHA":                      {Config{CaptchaProvider: "recaptcha", CaptchaSecret: "s"}, true, ""},
		"reCAPTCHA at a URL that is none": {
			Config{CaptchaProvider: "recaptcha", CaptchaSecret: "s", CaptchaURL: "ftp://x/"}, false, "GATEHOUSE_CAPTCHA_VERIFY_URL",
		},
	} {
		client, err := tc.config.captcha()
		if tc.fault == "" && (err != nil || (client != nil) != tc.on) {
			t.Errorf("%s: on is %t, %v", name, client != nil, err)
		}
		if tc.fault != "" && (err == nil || !strings.Contains(err.Error(), tc.fault)) {
			t.Errorf("%s: the error %v does not name %s", name, err, tc.fault)
		}
	}
}

package test

import (
	"context"
	"maps"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/deploy/system"
	"github.com/gatehouse-auth/gatehouse/deploy/test/shape"
	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

// goodSecret is none of those that production refuses.
const goodSecret = "7Yl0ZKfX2sQpWmD4vTnRbE9aHcJgUi5oLx8k"

// run runs a command line in this process and returns what it says.
func run(ctx context.Context, environ map[string]string, args ...string) (string, error) {
	var out, log strings.Builder
	err := system.Program().Run(ctx, kit.Env{Environ: environ, Stdout: &out, Stderr: &log}, args)
	return out.String(), err
}

// TestSettings_StopTheStart gives serve one wrong setting at a time. Each stops the start
// with one sentence that names it (ASVS V13.1).
func TestSettings_StopTheStart(t *testing.T) {
	t.Parallel()
	database := shape.NewDatabase(t)
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	production := map[string]string{
		"GATEHOUSE_DATABASE_URL": database.URL(), "GATEHOUSE_SECRET": goodSecret,
		"GATEHOUSE_HTTP_ADDR": "127.0.0.1:0", "GATEHOUSE_OPS_ADDR": "127.0.0.1:0",
	}
	rows := map[string]struct {
		set   map[string]string // beside those of production; "-": unset
		names string            // what the sentence must name
	}{
		"unknown mode":                 {map[string]string{"MODE": "prod"}, "GATEHOUSE_MODE"},
		"base URL without a scheme":    {map[string]string{"BASE_URL": "localhost:3000"}, "GATEHOUSE_BASE_URL"},
		"base URL with a path":         {map[string]string{"BASE_URL": "https://id.example.com/auth"}, "GATEHOUSE_BASE_URL"},
		"unknown module":               {map[string]string{"MODULES": "identity,billing"}, "GATEHOUSE_MODULES"},
		"a part without a bus":         {map[string]string{"MODULES": "identity"}, "GATEHOUSE_NATS_LISTEN"},
		"a bus joined and opened":      {map[string]string{"NATS_URL": "nats://127.0.0.1:1", "NATS_LISTEN": "127.0.0.1:0"}, "GATEHOUSE_NATS_URL"},
		"no secret in production":      {map[string]string{"SECRET": "-"}, "GATEHOUSE_SECRET"},
		"a short secret":               {map[string]string{"SECRET": "short"}, "GATEHOUSE_SECRET"},
		"an example secret":            {map[string]string{"SECRET": "please-changeme-please-changeme-please"}, "GATEHOUSE_SECRET"},
		"a secret file that is gone":   {map[string]string{"SECRET": "-", "SECRET_FILE": "/nowhere/secret"}, "GATEHOUSE_SECRET_FILE"},
		"no database in production":    {map[string]string{"DATABASE_URL": "-", "MODE": "production"}, "GATEHOUSE_DATABASE_URL"},
		"a database URL that is none":  {map[string]string{"DATABASE_URL": "db.example.com"}, "GATEHOUSE_DATABASE_URL"},
		"a database that is not there": {map[string]string{"DATABASE_URL": "postgres://a:b@127.0.0.1:1/c"}, "GATEHOUSE_DATABASE_URL"},
		"one database of three":        {map[string]string{"DATABASE_URL": "-", "IDENTITY_DATABASE_URL": database.URL()}, "_DATABASE_URL is missing"},
		"an unknown way to send mail":  {map[string]string{"MAIL": "pigeon"}, "GATEHOUSE_MAIL"},
		"Resend without its key":       {map[string]string{"MAIL": "resend"}, "GATEHOUSE_RESEND_API_KEY"},
		"an unknown captcha":           {map[string]string{"CAPTCHA_PROVIDER": "abacus"}, "GATEHOUSE_CAPTCHA_PROVIDER"},
		"a captcha without its secret": {map[string]string{"CAPTCHA_PROVIDER": "turnstile"}, "GATEHOUSE_CAPTCHA_SECRET"},
		"a captcha at no endpoint":     {map[string]string{"HCAPTCHA_SECRET": "s3cret", "CAPTCHA_ENDPOINTS": "/sing-in"}, "GATEHOUSE_CAPTCHA_ENDPOINTS"},
		"breached passwords nowhere":   {map[string]string{"BREACHED_PASSWORDS": "/nowhere/list"}, "GATEHOUSE_BREACHED_PASSWORDS"},
		"mail templates nowhere":       {map[string]string{"MAIL_TEMPLATES": "/nowhere/mails"}, "GATEHOUSE_MAIL_TEMPLATES"},
		"SMTP without its server":      {map[string]string{"MAIL": "smtp"}, "GATEHOUSE_SMTP_URL"},
		"an origin with a path":        {map[string]string{"TRUSTED_ORIGINS": "https://app.example.com/"}, "GATEHOUSE_TRUSTED_ORIGINS"},
		"a proxy that is no network":   {map[string]string{"TRUSTED_PROXIES": "everybody"}, "GATEHOUSE_TRUSTED_PROXIES"},
		"a certificate without a key":  {map[string]string{"TLS_CERT": "/nowhere/cert.pem"}, "GATEHOUSE_TLS_KEY"},
		"a yes or no that is neither":  {map[string]string{"REQUIRE_EMAIL_VERIFICATION": "maybe"}, "GATEHOUSE_REQUIRE_EMAIL_VERIFICATION"},
		"a log level that is none":     {map[string]string{"LOG_LEVEL": "loud"}, "GATEHOUSE_LOG_LEVEL"},
		"a misspelt name":              {map[string]string{"BASE_ULR": "https://id.example.com"}, "GATEHOUSE_BASE_ULR"},
		"a public port that is taken":  {map[string]string{"HTTP_ADDR": taken.Addr().String()}, "GATEHOUSE_HTTP_ADDR"},
		"a private port that is taken": {map[string]string{"OPS_ADDR": taken.Addr().String()}, "GATEHOUSE_OPS_ADDR"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := maps.Clone(production)
			environ["GATEHOUSE_DATA"] = filepath.Join(t.TempDir(), "data")
			for setting, value := range row.set {
				environ["GATEHOUSE_"+setting] = value
				if value == "-" {
					delete(environ, "GATEHOUSE_"+setting)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			_, err := run(ctx, environ, "serve")
			switch {
			case err == nil:
				t.Fatal("it started")
			case !strings.Contains(err.Error(), row.names):
				t.Errorf("%v does not name %s", err, row.names)
			case strings.Contains(firstTry(err), "\n") || len(err.Error()) > 500:
				t.Errorf("%q is not one sentence", err)
			case strings.Contains(err.Error(), goodSecret):
				t.Errorf("%v shows the secret", err)
			}
		})
	}
}

// firstTry leaves out where else the driver tried to connect: it gives each try a line.
func firstTry(err error) string {
	text, _, _ := strings.Cut(err.Error(), ":\n\t")
	return text
}

func TestCommandLine_ExplainsItself(t *testing.T) {
	t.Parallel()
	t.Run("prints help without arguments", func(t *testing.T) {
		t.Parallel()
		said, err := run(t.Context(), nil)
		for _, want := range []string{"serve", "split", "admin grant EMAIL", "audit verify", "config", "health", "version", "http://localhost:3000"} {
			if err != nil || !strings.Contains(said, want) {
				t.Errorf("the help lacks %q: %v\n%s", want, err, said)
			}
		}
	})
	t.Run("refuses what it does not know, and says where to look", func(t *testing.T) {
		t.Parallel()
		for _, args := range [][]string{{"sreve"}, {"admin"}, {"serve", "--port=1"}, {"split", "now"}, {"admin", "grant"}, {"audit", "verify"}} {
			if _, err := run(t.Context(), nil, args...); err == nil || !strings.Contains(err.Error(), "usage") {
				t.Errorf("%v: %v, want a word on usage", args, err)
			}
		}
	})
	t.Run("lists every setting of the documents", func(t *testing.T) {
		t.Parallel()
		said, err := run(t.Context(), nil, "config")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range strings.Fields(`HTTP_ADDR OPS_ADDR BASE_URL DATA DATABASE_URL MODULES NATS_URL NATS_LISTEN SECRET
			TRUSTED_ORIGINS TRUSTED_PROXIES ADMIN_EMAILS RATE_LIMIT REQUIRE_EMAIL_VERIFICATION HCAPTCHA_SECRET HCAPTCHA_SITE_KEY
			HCAPTCHA_VERIFY_URL MAIL RESEND_API_KEY RESEND_URL SMTP_URL IDENTITY_DATABASE_URL AUTHSVC_DATABASE_URL AUDIT_DATABASE_URL`) {
			if !strings.Contains(said, "GATEHOUSE_"+name) {
				t.Errorf("GATEHOUSE_%s is not explained", name)
			}
		}
	})
}

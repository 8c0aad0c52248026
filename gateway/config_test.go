package gateway

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

func TestConfig_Origins(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"https://app.example.com", "http://localhost:3001", "https://app.example.com:8443", "http://[::1]:3001", "http://127.0.0.1", "https://*.example.com", "myapp://"} {
		if got, err := (Config{TrustedOrigins: []string{good}}).origins(false); err != nil || !slices.Equal(got, []string{good}) {
			t.Errorf("%s: %v, %v", good, got, err)
		}
	}
	for _, bad := range []string{
		"", "*", "null", "app.example.com", "https://", "https://app.example.com/", "https://app.example.com/path", "https://app.example.com#x",
		"https://user@app.example.com", "https://*", "https://app.example.com:443", "http://localhost:80", "https://App.example.com", "HTTPS://app.example.com",
		"javascript://x", " https://app.example.com", "https://app.example.com:", "https://a b", "https://a,https://b", "https://a\x00", "//app.example.com",
	} {
		_, err := (Config{TrustedOrigins: []string{"https://good.example", bad}}).origins(false)
		if err == nil || !strings.HasPrefix(err.Error(), "GATEHOUSE_TRUSTED_ORIGINS: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if got, err := (Config{}).origins(true); err != nil || !slices.Equal(got, []string{"http://localhost:3001"}) {
		t.Errorf("development: %v, %v", got, err)
	}
	if got, err := (Config{}).origins(false); err != nil || len(got) != 0 {
		t.Errorf("production trusts %v by itself, %v", got, err)
	}
}

func TestConfig_Proxies(t *testing.T) {
	t.Parallel()
	got, err := (Config{TrustedProxies: []string{"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"}}).proxies()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, network := range got {
		texts = append(texts, network.String())
	}
	if want := []string{"10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::1/128"}; !slices.Equal(texts, want) {
		t.Errorf("got %q", texts)
	}
	for _, bad := range []string{"", "x", "10.0.0.0/33", "10.0.0", "*", "all", "proxy.example.com", "10.0.0.0-10.0.0.9", "::ffff:10.0.0.0/104", "fe80::1%eth0/64", "10.0.0.0/8 "} {
		_, err := (Config{TrustedProxies: []string{bad}}).proxies()
		if err == nil || !strings.HasPrefix(err.Error(), "GATEHOUSE_TRUSTED_PROXIES: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestNew_RefusesSettings(t *testing.T) {
	t.Parallel()
	for setting, c := range map[string]Config{
		"GATEHOUSE_TRUSTED_ORIGINS": {TrustedOrigins: []string{"x"}},
		"GATEHOUSE_TRUSTED_PROXIES": {TrustedProxies: []string{"x"}},
		"GATEHOUSE_TLS_KEY":         {TLSCert: "cert.pem"},
		"GATEHOUSE_TLS_CERT":        {TLSKey: "key.pem"},
	} {
		if _, err := New(c, kit.Deps{}); err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

package mail

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gomail "github.com/wneessen/go-mail"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

func TestParseServer(t *testing.T) {
	t.Parallel()
	for text, want := range map[secret.Text]smtpServer{
		"smtp://mail.example.com":                        {host: "mail.example.com", port: 587, policy: gomail.TLSMandatory},
		"smtp://mail.example.com/":                       {host: "mail.example.com", port: 587, policy: gomail.TLSMandatory},
		"smtp://mail.example.com:25?tls=off":             {host: "mail.example.com", port: 25, policy: gomail.NoTLS},
		"smtp://mail.example.com?tls=required":           {host: "mail.example.com", port: 587, policy: gomail.TLSMandatory},
		"smtps://mail.example.com":                       {host: "mail.example.com", port: 465, policy: gomail.TLSMandatory, implicit: true},
		"smtp://a%40b.com:c%2Fn4ry@mail.example.com:587": {host: "mail.example.com", port: 587, policy: gomail.TLSMandatory, name: "a@b.com", key: new(secret.Text("c/n4ry"))},
		"smtp://localhost:1025":                          {host: "localhost", port: 1025, policy: gomail.TLSOpportunistic},
		"smtp://[::1]:1025":                              {host: "::1", port: 1025, policy: gomail.TLSOpportunistic},
		"smtp://127.0.0.1?tls=required":                  {host: "127.0.0.1", port: 587, policy: gomail.TLSMandatory},
		"smtp://n:k@127.0.0.1?tls=off":                   {host: "127.0.0.1", port: 587, policy: gomail.NoTLS, name: "n", key: new(secret.Text("k"))},
		"smtp://localhost.example.com":                   {host: "localhost.example.com", port: 587, policy: gomail.TLSMandatory},
	} {
		t.Run(text.Reveal(), func(t *testing.T) {
			t.Parallel()
			got, err := parseServer(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(smtpServer{})); diff != "" {
				t.Errorf("server (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseServer_Refuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[secret.Text]string{
		"":                                   "must be like",
		"c4n4ry":                             "must be like",
		"smtp:c4n4ry":                        "must be like",
		"https://mail.example.com":           "must be like",
		"smtp://n:c4n4ry@":                   "must be like",
		"smtp://n:c4n4ry%zz@example.com":     "must be like",
		"smtp://mail.example.com/c4n4ry":     "must be like",
		"smtp://n@mail.example.com":          "both a name and a key",
		"smtp://:c4n4ry@mail.example.com":    "both a name and a key",
		"smtp://mail.example.com:0":          "between 1 and 65535",
		"smtp://mail.example.com:65536":      "between 1 and 65535",
		"smtp://mail.example.com?tls=no":     "?tls=off or ?tls=required",
		"smtp://mail.example.com?insecure=1": "?tls=off or ?tls=required",
		"smtps://mail.example.com?tls=off":   "drop one of them",
		"smtp://n:c4n4ry@mail.test?tls=off":  "would travel readable",
	} {
		t.Run(text.Reveal(), func(t *testing.T) {
			t.Parallel()
			_, err := parseServer(text)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "c4n4ry") {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

func FuzzParseServer(f *testing.F) {
	for _, seed := range []string{"smtp://n:k@h:587", "smtps://h", "smtp://h?tls=off", "smtp://[::1]", "smtp://%zz", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		server, err := parseServer(secret.Text(text))
		if err != nil {
			return
		}
		if server.host == "" || server.port < 1 || server.port > 65535 {
			t.Errorf("%q gave %+v", text, server)
		}
		if server.key != nil && server.policy != gomail.TLSMandatory && !loopback(server.host) {
			t.Errorf("%q would show its key", text)
		}
	})
}

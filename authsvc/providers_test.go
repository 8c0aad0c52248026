package authsvc

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/shared/config"
)

// TestProviders_StopTheStart: a wrong setting of a provider is one sentence that names it.
func TestProviders_StopTheStart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		environ map[string]string
		fault   string // what the sentence names; "": none
	}{
		"none":                                {nil, ""},
		"Google":                              {map[string]string{"GOOGLE_CLIENT_ID": "a", "GOOGLE_CLIENT_SECRET": "b"}, ""},
		"Google without its secret":           {map[string]string{"GOOGLE_CLIENT_ID": "a"}, "GATEHOUSE_GOOGLE_CLIENT_SECRET"},
		"GitHub without its secret":           {map[string]string{"GITHUB_CLIENT_ID": "a"}, "GATEHOUSE_GITHUB_CLIENT_SECRET"},
		"GitHub in the clear":                 {map[string]string{"GITHUB_CLIENT_ID": "a", "GITHUB_CLIENT_SECRET": "b", "GITHUB_URL": "http://github.example"}, "GATEHOUSE_GITHUB_URL"},
		"GitHub's API in the clear":           {map[string]string{"GITHUB_CLIENT_ID": "a", "GITHUB_CLIENT_SECRET": "b", "GITHUB_API_URL": "http://api.example"}, "GATEHOUSE_GITHUB_API_URL"},
		"a provider":                          {map[string]string{"OIDC_PROVIDERS": "acme", "OIDC_ACME_ISSUER": "https://a.example", "OIDC_ACME_CLIENT_ID": "a", "OIDC_ACME_CLIENT_SECRET": "b"}, ""},
		"a provider without its issuer":       {map[string]string{"OIDC_PROVIDERS": "acme", "OIDC_ACME_CLIENT_ID": "a", "OIDC_ACME_CLIENT_SECRET": "b"}, "GATEHOUSE_OIDC_ACME_ISSUER"},
		"a provider without its secret":       {map[string]string{"OIDC_PROVIDERS": "acme", "OIDC_ACME_ISSUER": "https://a.example", "OIDC_ACME_CLIENT_ID": "a"}, "GATEHOUSE_OIDC_ACME_CLIENT_SECRET"},
		"an issuer in the clear":              {map[string]string{"OIDC_PROVIDERS": "acme", "OIDC_ACME_ISSUER": "http://a.example", "OIDC_ACME_CLIENT_ID": "a", "OIDC_ACME_CLIENT_SECRET": "b"}, "GATEHOUSE_OIDC_ACME_ISSUER"},
		"an issuer that is none":              {map[string]string{"OIDC_PROVIDERS": "acme", "OIDC_ACME_ISSUER": "https://", "OIDC_ACME_CLIENT_ID": "a", "OIDC_ACME_CLIENT_SECRET": "b"}, "GATEHOUSE_OIDC_ACME_ISSUER"},
		"a provider called like the password": {map[string]string{"OIDC_PROVIDERS": "credential", "OIDC_CREDENTIAL_ISSUER": "https://a.example", "OIDC_CREDENTIAL_CLIENT_ID": "a", "OIDC_CREDENTIAL_CLIENT_SECRET": "b"}, "GATEHOUSE_OIDC_PROVIDERS"},
		"a provider with a name of 32":        {openIDSettings(strings.Repeat("A", 32)), ""},
		"a provider with a name of 33":        {openIDSettings(strings.Repeat("A", 33)), "GATEHOUSE_OIDC_PROVIDERS"},
		"a provider called like Google": {map[string]string{"GOOGLE_CLIENT_ID": "a", "GOOGLE_CLIENT_SECRET": "b", "OIDC_PROVIDERS": "google", "OIDC_GOOGLE_ISSUER": "https://a.example",
			"OIDC_GOOGLE_CLIENT_ID": "a", "OIDC_GOOGLE_CLIENT_SECRET": "b"}, "GATEHOUSE_OIDC_PROVIDERS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := map[string]string{}
			for setting, value := range tc.environ {
				environ["GATEHOUSE_"+setting] = value
			}
			var p Providers
			err := config.Load(environ, "GATEHOUSE", &p)
			if err == nil {
				_, err = p.build(time.Now, false)
			}
			switch {
			case tc.fault == "" && err != nil:
				t.Errorf("it stops: %v", err)
			case tc.fault != "" && (err == nil || !strings.Contains(err.Error(), tc.fault) || strings.Contains(err.Error(), "\n")):
				t.Errorf("the error %v does not name %s in one sentence", err, tc.fault)
			}
		})
	}
}

// TestProviders_AreCalledByName: clients ask for providers by the names of the settings, and none
// of them has to be there at the start.
func TestProviders_AreCalledByName(t *testing.T) {
	t.Parallel()
	p := Providers{
		GoogleID: "a", GoogleSecret: "b", GoogleURL: "https://accounts.invalid", GitHubID: "a", GitHubSecret: "b", GitHubURL: "https://a.invalid",
		GitHubAPI: "https://b.invalid", OpenID: map[string]*OpenID{"my-corp": {Issuer: "https://corp.invalid", ID: "a", Secret: "b"}},
	}
	all, err := p.build(time.Now, false)
	if diff := cmp.Diff([]string{"github", "google", "my-corp"}, slices.Sorted(maps.Keys(all))); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func openIDSettings(name string) map[string]string {
	prefix := "OIDC_" + name
	return map[string]string{
		"OIDC_PROVIDERS": strings.ToLower(name), prefix + "_ISSUER": "https://a.example", prefix + "_CLIENT_ID": "a", prefix + "_CLIENT_SECRET": "b",
	}
}

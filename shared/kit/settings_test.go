package kit_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/shared/kit"
)

func idle(kit.Deps) *kit.Module { return &kit.Module{} }

// canary is a password in URLs, which no message may show.
const canary = "c4nary"

func TestStart_RefusesAWrongSettingInOneSentenceThatNamesIt(t *testing.T) {
	t.Parallel()
	production := "MODE=production"
	cases := map[string]struct {
		changes []string
		want    string // the setting, then what is wrong with it
	}{
		"an unknown mode":                {[]string{"MODE=staging"}, "GATEHOUSE_MODE must be development, production or empty"},
		"a mode in capitals":             {[]string{"MODE=Production"}, "GATEHOUSE_MODE must be"},
		"a base URL without scheme":      {[]string{"BASE_URL=id.example.com"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a base URL of another scheme":   {[]string{"BASE_URL=ftp://id.example.com"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a base URL with a path":         {[]string{"BASE_URL=https://id.example.com/auth"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a base URL with a query":        {[]string{"BASE_URL=https://id.example.com?a=b"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a base URL with a bare ?":       {[]string{"BASE_URL=https://id.example.com?"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a base URL with a bare #":       {[]string{"BASE_URL=https://id.example.com/#"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a base URL with a fragment":     {[]string{"BASE_URL=https://id.example.com#a"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a base URL with a name in it":   {[]string{"BASE_URL=https://me:" + canary + "@id.example.com"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a base URL without host":        {[]string{"BASE_URL=https://"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a base URL that is none":        {[]string{"BASE_URL=https://[::1"}, "GATEHOUSE_BASE_URL must be an origin"},
		"a module that does not exist":   {[]string{"MODULES=catalog,payments"}, `GATEHOUSE_MODULES names "payments"; this program has catalog, orders`},
		"all and one":                    {[]string{"MODULES=all,catalog"}, `GATEHOUSE_MODULES names "all"`},
		"a part without a bus":           {[]string{"MODULES=catalog"}, "this process runs without orders: set GATEHOUSE_NATS_LISTEN"},
		"a bus joined and opened":        {[]string{"NATS_URL=nats://127.0.0.1:1", "NATS_LISTEN=127.0.0.1:0"}, "GATEHOUSE_NATS_URL and GATEHOUSE_NATS_LISTEN exclude each other"},
		"a malformed bus":                {[]string{"NATS_URL=me:" + canary + "@localhost", "SECRET=" + goodSecret}, "GATEHOUSE_NATS_URL: bus: the NATS URL is malformed"},
		"a bus address that is none":     {[]string{"NATS_LISTEN=nowhere", "SECRET=" + goodSecret}, "GATEHOUSE_NATS_LISTEN: "},
		"no secret in production":        {[]string{production}, "GATEHOUSE_SECRET is missing"},
		"no secret on a bus":             {[]string{"NATS_LISTEN=127.0.0.1:0"}, "GATEHOUSE_SECRET is missing"},
		"no secret beside a database":    {[]string{"DATABASE_URL=postgres://me:" + canary + "@127.0.0.1:1/shop"}, "GATEHOUSE_SECRET is missing"},
		"a short secret":                 {[]string{production, "SECRET=" + goodSecret[:31]}, "GATEHOUSE_SECRET is too short: 31 characters, at least 32"},
		"a short secret in development":  {[]string{"SECRET=" + goodSecret[:31]}, "GATEHOUSE_SECRET is too short"},
		"the secret of an example":       {[]string{production, "SECRET=example-" + goodSecret}, "GATEHOUSE_SECRET looks like an example"},
		"a secret to be changed":         {[]string{production, "SECRET=" + goodSecret + "CHANGE-ME"}, "GATEHOUSE_SECRET looks like an example"},
		"a secret named like the thing":  {[]string{production, "SECRET=" + goodSecret + "-Gatehouse"}, "GATEHOUSE_SECRET looks like an example"},
		"one character, many times":      {[]string{production, "SECRET=" + strings.Repeat("a", 64)}, "GATEHOUSE_SECRET looks like an example"},
		"a few characters, many times":   {[]string{production, "SECRET=" + strings.Repeat("a1b2c3", 10)}, "GATEHOUSE_SECRET looks like an example"},
		"a row of digits":                {[]string{production, "SECRET=" + goodSecret + "0123456789"}, "GATEHOUSE_SECRET looks like an example"},
		"a secret given twice":           {[]string{"SECRET=" + goodSecret, "SECRET_FILE=/dev/null"}, "GATEHOUSE_SECRET and GATEHOUSE_SECRET_FILE are both set"},
		"a secret's file that is absent": {[]string{"SECRET_FILE=/nowhere/secret"}, "GATEHOUSE_SECRET_FILE"},
		"a data folder that cannot be":   {[]string{"DATA=/dev/null/data"}, "/dev/null/data"},
		"an address that is none":        {[]string{"OPS_ADDR=nowhere"}, "GATEHOUSE_OPS_ADDR: "},
		"a port that is none":            {[]string{"OPS_ADDR=127.0.0.1:70000"}, "GATEHOUSE_OPS_ADDR: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := startFails(t, program(spec("catalog", idle), spec("orders", idle)), kit.Options{Environ: settings(t, c.changes...)})
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one sentence with %q", err, c.want)
			}
			if strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), goodSecret[:31]) {
				t.Errorf("the sentence shows a secret: %s", err)
			}
		})
	}
}

func TestStart_RefusesAnAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	taken := listener.Addr().String()
	p := program(spec("catalog", idle))
	if err := startFails(t, p, kit.Options{Environ: settings(t, "OPS_ADDR="+taken)}); !strings.Contains(err.Error(), "GATEHOUSE_OPS_ADDR: ") {
		t.Errorf("ops: %v", err)
	}
	changes := []string{"NATS_LISTEN=" + taken, "SECRET=" + goodSecret}
	if err := startFails(t, p, kit.Options{Environ: settings(t, changes...)}); !strings.Contains(err.Error(), "GATEHOUSE_NATS_LISTEN: ") {
		t.Errorf("bus: %v", err)
	}
}

func TestStart_SaysWhichDatabaseIsMissingOrAway(t *testing.T) {
	t.Parallel()
	p := program(stored("catalog"), stored("orders"))
	url := "postgres://me:" + canary + "@127.0.0.1:1/shop"
	for name, c := range map[string]struct {
		changes []string
		want    string
	}{
		"none in production":   {[]string{"MODE=production"}, "GATEHOUSE_DATABASE_URL is missing"},
		"one that is away":     {[]string{"DATABASE_URL=" + url}, "GATEHOUSE_DATABASE_URL: "},
		"one of two modules'":  {[]string{"ORDERS_DATABASE_URL=" + url}, "GATEHOUSE_CATALOG_DATABASE_URL is missing"},
		"one that is no URL":   {[]string{"DATABASE_URL=" + canary + "://"}, "catalog: "},
		"a module's, not away": {[]string{"CATALOG_DATABASE_URL=" + url, "ORDERS_DATABASE_URL=" + url}, `schema "catalog": `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := startFails(t, p, kit.Options{Environ: settings(t, append(c.changes, "SECRET="+goodSecret)...)})
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("it shows the password: %v", err)
			}
		})
	}
}

func TestStart_IsDevelopmentWhileNothingIsConfigured(t *testing.T) {
	t.Parallel()
	secret := "SECRET=" + goodSecret
	for name, c := range map[string]struct {
		changes []string
		want    bool
	}{
		"nothing":                           {nil, true},
		"a secret":                          {[]string{secret}, true},
		"a bus":                             {[]string{secret, "NATS_LISTEN=127.0.0.1:0"}, false},
		"a database":                        {[]string{secret, "DATABASE_URL=postgres://127.0.0.1:1/shop"}, false},
		"production by name":                {[]string{secret, "MODE=production"}, false},
		"development by name, with a bus":   {[]string{"NATS_LISTEN=127.0.0.1:0", "MODE=development"}, true},
		"development by name, weak secret":  {[]string{"MODE=development", "SECRET=" + strings.Repeat("a", 32)}, true},
		"an empty setting is not a setting": {[]string{"DATABASE_URL=", "NATS_URL=", "MODE="}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bool
			start(t, program(spec("catalog", func(deps kit.Deps) *kit.Module {
				got = deps.Development
				return &kit.Module{}
			})), kit.Options{Environ: settings(t, c.changes...)})
			if got != c.want {
				t.Errorf("development is %t", got)
			}
		})
	}
}

func TestStart_GivesModulesTheirSettings(t *testing.T) {
	t.Parallel()
	type config struct {
		Greeting string `envconfig:"GREETING" default:"hello" desc:"what the module says"`
		Count    int    `envconfig:"COUNT" required:"true" desc:"how often"`
	}
	var got config
	var origin string
	p := program(kit.Configured(kit.Spec{Name: "catalog"}, func(c config, deps kit.Deps) (*kit.Module, error) {
		got, origin = c, deps.BaseURL.String()
		return &kit.Module{}, nil
	}))
	start(t, p, kit.Options{Environ: settings(t, "COUNT=3", "BASE_URL=https://id.example.com/")})
	if got != (config{"hello", 3}) || origin != "https://id.example.com" {
		t.Errorf("got %+v and %s", got, origin)
	}
	if err := startFails(t, p, kit.Options{Environ: settings(t)}); !strings.Contains(err.Error(), "GATEHOUSE_COUNT is missing: how often") {
		t.Errorf("without a required setting: %v", err)
	}
}

func TestConfigured_RefusesASettingsTypeOfSomebodyElse(t *testing.T) {
	t.Parallel()
	s := spec("catalog", idle)
	if _, err := s.Build(new(int), kit.Deps{}); err == nil || !strings.Contains(err.Error(), "catalog: configured with a *int") {
		t.Errorf("got %v", err)
	}
}

func TestStart_ReadsTheSecretFromAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(goodSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got string
	start(t, program(rooted("catalog", &got)), kit.Options{Environ: settings(t, "MODE=production", "SECRET_FILE="+file)})
	if got != goodSecret {
		t.Errorf("the module got another root secret")
	}
}

// rooted is a module that shows the root secret it was given.
func rooted(name string, to *string) kit.Spec {
	return spec(name, func(deps kit.Deps) *kit.Module {
		*to = deps.Root.Text().Reveal()
		return &kit.Module{}
	})
}

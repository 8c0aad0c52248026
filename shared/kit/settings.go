package kit

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Settings are what every process reads, whichever modules it runs.
type Settings struct {
	Modules     []string    `envconfig:"MODULES" default:"all" desc:"which modules run in this process: all, or a comma-separated list"`
	Mode        string      `envconfig:"MODE" desc:"development or production; empty: development while neither a database nor a bus is configured"`
	BaseURL     string      `envconfig:"BASE_URL" default:"http://localhost:3000" desc:"the public origin, in links, cookies and tokens"`
	OpsAddr     string      `envconfig:"OPS_ADDR" default:"127.0.0.1:3002" desc:"listener of /livez, /readyz and /metrics; keep it private"`
	Data        string      `envconfig:"DATA" default:".gatehouse" desc:"data folder of the embedded database and of generated secrets"`
	DatabaseURL secret.Text `envconfig:"DATABASE_URL" desc:"an administrator's PostgreSQL URL, which also makes this production; empty: an embedded database"`
	NATSURL     string      `envconfig:"NATS_URL" desc:"bus that other processes listen on; empty: none"`
	NATSListen  string      `envconfig:"NATS_LISTEN" desc:"address on which this process opens the bus to others; empty: none"`
	Secret      secret.Text `envconfig:"SECRET" desc:"root of all keys, at least 32 characters; development generates one"`
	LogLevel    string      `envconfig:"LOG_LEVEL" default:"info" desc:"debug, info, warn or error"`
	LogFormat   string      `envconfig:"LOG_FORMAT" desc:"json or console; empty: console in development, json in production"`
}

// moduleSettings are read once for each module with a database, under its own prefix.
type moduleSettings struct {
	DatabaseURL secret.Text `envconfig:"DATABASE_URL" desc:"the module's own PostgreSQL URL, for roles prepared by an administrator"`
	MigrateURL  secret.Text `envconfig:"MIGRATE_URL" desc:"a URL that may migrate the module's schema, where its own may not"`
	MaxConns    int32       `envconfig:"DATABASE_CONNS" default:"8" desc:"most connections of the module's pool"`
}

const minSecret = 32

// development reports whether the process may use the conveniences of development.
func (s Settings) development(ownDatabases bool) (bool, error) {
	switch s.Mode {
	case "development":
		return true, nil
	case "production":
		return false, nil
	case "":
		return s.DatabaseURL == "" && !ownDatabases && s.NATSURL == "" && s.NATSListen == "", nil
	}
	return false, errors.New("GATEHOUSE_MODE must be development, production or empty")
}

// origin returns the parsed base URL: scheme and host, nothing more.
func (s Settings) origin() (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s.BaseURL, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Path != "" || strings.ContainsAny(s.BaseURL, "?#") || u.User != nil {
		return nil, errors.New("GATEHOUSE_BASE_URL must be an origin such as https://id.example.com, without a path")
	}
	return u, nil
}

// selected returns the specs that run here, in the given order.
func (s Settings) selected(specs []Spec) ([]Spec, error) {
	if len(s.Modules) == 0 || slices.Equal(s.Modules, []string{"all"}) {
		return specs, nil
	}
	var names []string
	for _, spec := range specs {
		names = append(names, spec.Name)
	}
	for _, name := range s.Modules {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("GATEHOUSE_MODULES names %q; this program has %s", name, strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(specs), func(spec Spec) bool { return !slices.Contains(s.Modules, spec.Name) }), nil
}

// checkBus refuses a placement whose parts could not reach each other.
func (s Settings) checkBus(missing []string) error {
	if s.NATSURL != "" && s.NATSListen != "" {
		return errors.New("GATEHOUSE_NATS_URL and GATEHOUSE_NATS_LISTEN exclude each other: use the first to join a bus, the second to open one")
	}
	if len(missing) > 0 && s.NATSURL == "" && s.NATSListen == "" {
		return fmt.Errorf("this process runs without %s: set GATEHOUSE_NATS_LISTEN in one process and GATEHOUSE_NATS_URL in the others, or GATEHOUSE_MODULES=all",
			strings.Join(missing, ", "))
	}
	return nil
}

// root returns the root secret. In development it is generated once and kept in the
// data folder; in production a missing, short or example secret stops the start.
func (s Settings) root(development bool) (secret.Root, error) {
	value := s.Secret.Reveal()
	switch {
	case value == "" && development:
		kept, err := generatedSecret(s.Data)
		return secret.NewRoot(kept), err
	case value == "":
		return secret.Root{}, errors.New("GATEHOUSE_SECRET is missing: give at least 32 random characters, for example from: openssl rand -base64 48")
	case len(value) < minSecret:
		return secret.Root{}, fmt.Errorf("GATEHOUSE_SECRET is too short: %d characters, at least %d are needed", len(value), minSecret)
	case !development && weak(value):
		return secret.Root{}, errors.New("GATEHOUSE_SECRET looks like an example or a pattern: give random characters, for example from: openssl rand -base64 48")
	}
	return secret.NewRoot(s.Secret), nil
}

// weak recognises secrets that somebody copied or typed: known words, few different characters.
func weak(value string) bool {
	lower := strings.ToLower(value)
	for _, word := range []string{"example", "changeme", "change-me", "change_me", "secret", "password", "gatehouse", "0123456789", "abcdefghij"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	different := map[rune]bool{}
	for _, c := range value {
		different[c] = true
	}
	return len(different) < 10
}

func generatedSecret(folder string) (secret.Text, error) {
	path := filepath.Join(folder, "secret")
	if kept, err := os.ReadFile(path); err == nil {
		if len(strings.TrimSpace(string(kept))) < minSecret {
			return "", fmt.Errorf("%s is damaged: put back the secret it held, or remove it together with the data folder to start anew", path)
		}
		return secret.Text(strings.TrimSpace(string(kept))), nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the generated secret: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("GATEHOUSE_DATA: %w", err)
	}
	return keepNewSecret(path)
}

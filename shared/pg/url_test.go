package pg

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Passwords in errors end in logs; see also pgconn.ParseConfigError, which masks
// them on a best-effort basis only.
func TestConnConfig_NeverRepeatsTheURL(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"empty":             "",
		"other scheme":      "mysql://u:hunter2secret@host/db",
		"key-value form":    "host=h password=hunter2secret",
		"space in host":     "postgres://u:hunter2secret@ho st/db",
		"bad escape":        "postgres://u:hunter2secret%zz@host/db",
		"slash in password": "postgres://u:hunter2secret/x@host/db",
		"bad port":          "postgres://u:hunter2secret@host:port/db",
		"bad sslmode":       "postgres://u:hunter2secret@host/db?sslmode=hunter2secret",
		"bad certificate":   "postgres://u:hunter2secret@host/db?sslmode=verify-full&sslrootcert=/hunter2secret",
		"bad pool setting":  "postgres://u:hunter2secret@host/db?pool_max_conns=hunter2secret",
		"simple protocol":   "postgres://u:hunter2secret@host/db?default_query_exec_mode=simple_protocol",
	} {
		_, poolErr := poolConfig(Config{URL: raw, Schema: "s"})
		if poolErr == nil {
			t.Errorf("%s: a pool accepts it", name)
		}
		_, connErr := connConfig(raw, "test")
		for _, err := range []error{poolErr, connErr} {
			if err != nil && strings.Contains(err.Error(), "hunter2secret") {
				t.Errorf("%s: the error repeats a secret: %v", name, err)
			}
		}
	}
}

// CVE-2024-27289, CVE-2026-41889, GHSA-j38q-h3ph-jjpq.
func TestConfig_RefusesSimpleProtocol(t *testing.T) {
	t.Parallel()
	const raw = "postgres://u:p@host/db"
	if _, err := connConfig(raw+"?default_query_exec_mode=simple_protocol", "test"); !errors.Is(err, errSimpleProtocol) {
		t.Errorf("connection: got %v, want %v", err, errSimpleProtocol)
	}
	conn, err := connConfig(raw, "test")
	if err != nil {
		t.Fatal(err)
	}
	pool, err := poolConfig(Config{URL: raw, Schema: "s"})
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]pgx.QueryExecMode{
		"connection": conn.DefaultQueryExecMode, "pool": pool.ConnConfig.DefaultQueryExecMode,
	} {
		if mode == pgx.QueryExecModeSimpleProtocol {
			t.Errorf("%s uses the simple protocol", name)
		}
	}
}

func FuzzConnConfig(f *testing.F) {
	for _, seed := range []string{"host", "u@h:5432/db?sslmode=disable", "/db?host=/run", "h/db?application_name=%27", "[::1]:1/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		const password = "hunter2secret"
		cfg, err := connConfig("postgres://u:"+password+"@"+rest, "fuzz")
		if err == nil && cfg.DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol {
			t.Error("accepted the simple protocol")
		}
		if err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("the error repeats the password: %v", err)
		}
	})
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	if got, err := literal("it's"); err != nil || got != "'it''s'" {
		t.Errorf("got %s, %v", got, err)
	}
	for _, text := range []string{`\`, "a\x00b"} {
		if _, err := literal(text); err == nil {
			t.Errorf("accepted %q", text)
		}
	}
}

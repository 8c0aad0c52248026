package pg

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// connectTimeout bounds one attempt to reach a server, so that a lost database
// is noticed within two seconds.
const connectTimeout = 1500 * time.Millisecond

var errSimpleProtocol = errors.New(
	"database URL asks for the simple protocol, which quotes arguments into the statement: remove default_query_exec_mode")

// checkURL says what is wrong with a database URL without repeating any of it.
// The parsers' own errors echo their input, and with it the password.
func checkURL(raw string) error {
	if raw == "" {
		return errors.New("database URL is empty: give one like postgres://name:password@host:5432/database")
	}
	if !strings.HasPrefix(raw, "postgres://") && !strings.HasPrefix(raw, "postgresql://") {
		return errors.New("database URL must begin with postgres:// or postgresql://")
	}
	if _, err := url.Parse(raw); err != nil {
		return errors.New("database URL does not parse: percent-encode special characters in the password (@ is %40, / is %2F, # is %23)")
	}
	return nil
}

// refused replaces the driver's parse error, which may hold the password.
func refused() error {
	return errors.New("database URL has a setting that is not accepted: check the port, sslmode, pool_* and certificate settings")
}

// connConfig parses the URL of a single connection, as migrations and bootstrap
// use it. Its session has no statement timeout, waits at most five seconds for
// a lock, and needs one round trip per statement.
func connConfig(raw, application string) (*pgx.ConnConfig, error) {
	if err := checkURL(raw); err != nil {
		return nil, err
	}
	cfg, err := pgx.ParseConfig(raw)
	if err != nil {
		return nil, refused()
	}
	if err := harden(cfg); err != nil {
		return nil, err
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.StatementCacheCapacity, cfg.DescriptionCacheCapacity = 0, 0 // other modes', 67 KB
	// A migration must not queue for ever on a table lock: everybody else queues
	// behind it. Startup parameters outrank the settings of role and database.
	setParams(&cfg.Config, map[string]string{
		"application_name":                    application,
		"statement_timeout":                   "0",
		"lock_timeout":                        "5s",
		"idle_in_transaction_session_timeout": "60s",
	})
	return cfg, nil
}

// harden applies what every connection has: the extended protocol, a bounded
// connect, and the discovery of dead peers.
func harden(cfg *pgx.ConnConfig) error {
	if cfg.DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol {
		return errSimpleProtocol
	}
	cfg.ConnectTimeout = connectTimeout
	dialer := &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 3 * time.Second, Interval: time.Second, Count: 3},
		Control:         controlSocket,
	}
	cfg.DialFunc = dialer.DialContext
	return nil
}

func setParams(cfg *pgconn.Config, params map[string]string) {
	for name, value := range params {
		cfg.RuntimeParams[name] = value
	}
}

// quote makes an identifier safe to stand in a statement.
func quote(identifier string) string { return pgx.Identifier{identifier}.Sanitize() }

// qualified is a table in a schema, both quoted.
func qualified(schema, table string) string { return pgx.Identifier{schema, table}.Sanitize() }

// literal is a text as an SQL literal, safe whatever
// standard_conforming_strings says: a text with a backslash is refused.
func literal(text string) (string, error) {
	if strings.ContainsAny(text, "\\\x00") {
		return "", fmt.Errorf("text of %d bytes has a character that a literal must not have", len(text))
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'", nil
}

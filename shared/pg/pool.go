package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says how a pool reaches its schema.
type Config struct {
	URL         string // postgres://role:password@host/database; holds a secret, never print it
	Role        string // who every connection must be; "" does not check
	Schema      string // the whole search_path
	MaxConns    int32  // 0: 10
	Application string // application_name, as pg_stat_activity shows it
	// Settle waits until nobody goes by copies from before a number, which a commit has
	// raised; nil: nobody keeps copies. It bounds itself.
	Settle func(ctx context.Context, number int64)
}

const (
	defaultMaxConns = 10

	// maxStatements is how many prepared statements a connection keeps, more than any module
	// has. For pgx's own number it sets 42 KB aside on each connection.
	maxStatements = 192
	pgxStatements = 512
)

// Open returns a pool. It connects on first use; Ping on the pool tells whether
// the database can be reached. A lost database makes statements fail within two
// seconds, and the pool recovers by itself when the database is back.
//
// Every connection uses the extended protocol, sees Schema only, and gives up a
// statement after 5 s, a lock after 3 s and an idle transaction after 10 s,
// whatever the URL says. A connection that is not Role, or is a superuser although
// Role was named, is closed before its first statement.
//
// Errors never hold the URL or the password.
func Open(ctx context.Context, cfg Config) (*pgxpool.Pool, error) {
	pool, err := poolConfig(cfg)
	if err != nil {
		return nil, err
	}
	opened, err := pgxpool.NewWithConfig(ctx, pool)
	if err != nil {
		return nil, fmt.Errorf("open pool of schema %q: %w", cfg.Schema, err)
	}
	return opened, nil
}

func poolConfig(cfg Config) (*pgxpool.Config, error) {
	if cfg.Schema == "" {
		return nil, errors.New("pool has no schema: name the one schema that it may see")
	}
	if cfg.MaxConns < 0 {
		return nil, fmt.Errorf("pool of schema %q cannot have %d connections: give 1 or more", cfg.Schema, cfg.MaxConns)
	}
	if err := checkURL(cfg.URL); err != nil {
		return nil, err
	}
	pool, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, refused()
	}
	if err := harden(pool.ConnConfig); err != nil {
		return nil, err
	}
	setParams(&pool.ConnConfig.Config, map[string]string{
		"search_path":                         quote(cfg.Schema),
		"application_name":                    cfg.Application,
		"statement_timeout":                   "5s",
		"lock_timeout":                        "3s",
		"idle_in_transaction_session_timeout": "10s",
	})
	if pool.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		pool.ConnConfig.DescriptionCacheCapacity = 0 // another mode's, 25 KB on each connection
	}
	if pool.ConnConfig.StatementCacheCapacity == pgxStatements {
		pool.ConnConfig.StatementCacheCapacity = maxStatements
	}
	pool.MaxConns = cfg.MaxConns
	if cfg.MaxConns == 0 {
		pool.MaxConns = defaultMaxConns
	}
	pool.MinConns, pool.MinIdleConns = 0, 0
	pool.MaxConnLifetime = 30 * time.Minute
	pool.MaxConnLifetimeJitter = 5 * time.Minute
	pool.MaxConnIdleTime = 5 * time.Minute
	pool.PingTimeout = time.Second
	if cfg.Settle != nil {
		pool.ConnConfig.OnNotice = hearRaised(cfg.Settle)
	}
	if cfg.Role != "" {
		pool.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return checkRole(ctx, conn, cfg.Role) }
	}
	return pool, nil
}

// WrongRoleError means that a database URL connects as somebody else.
type WrongRoleError struct {
	Want      string // the role that was asked for
	Got       string // who the connection is
	Superuser bool   // Got may do anything, so grants do not bind it
}

// Error names both roles and what to change.
func (e *WrongRoleError) Error() string {
	if e.Superuser {
		return fmt.Sprintf("database URL connects as superuser %q, which no grant binds: use a URL of role %q", e.Got, e.Want)
	}
	return fmt.Sprintf("database URL connects as %q: use a URL of role %q", e.Got, e.Want)
}

// checkRole asks for the session's user too: a login whose settings switch to
// the expected role could switch back.
func checkRole(ctx context.Context, conn *pgx.Conn, want string) error {
	const query = `
		select current_user, session_user, current_setting('is_superuser') = 'on'`
	var current, session string
	var superuser bool
	if err := conn.QueryRow(ctx, query, pgx.QueryExecModeExec).Scan(&current, &session, &superuser); err != nil {
		return fmt.Errorf("check role of connection: %w", err)
	}
	switch {
	case superuser:
		return &WrongRoleError{Want: want, Got: session, Superuser: true}
	case session != want:
		return &WrongRoleError{Want: want, Got: session}
	case current != want:
		return &WrongRoleError{Want: want, Got: current}
	}
	return nil
}

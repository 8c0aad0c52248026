package target

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/gatehouse-auth/gatehouse/deploy/bench/internal/usage"
	"github.com/gatehouse-auth/gatehouse/shared/pg/embedded"
	"github.com/gatehouse-auth/gatehouse/shared/secret"
)

// Database is the PostgreSQL cluster that all systems use. Its settings are those of the
// embedded database that Gatehouse brings; durability stays on.
type Database struct {
	Version string

	server *embedded.Server
	pid    int
}

// StartDatabase starts a private cluster below the scratch folder, as an ordinary user.
func StartDatabase(ctx context.Context, scratch string) (_ *Database, err error) {
	folder, err := makeFolder(scratch, "database")
	if err != nil {
		return nil, err
	}
	server, err := embedded.Start(ctx, embedded.Config{Dir: folder, Log: zerolog.Nop()})
	if err != nil {
		return nil, err
	}
	d := &Database{server: server}
	if err := d.identify(ctx); err != nil {
		_ = d.Stop(ctx) // the first error says what is wrong
		return nil, err
	}
	return d, nil
}

// identify learns the id of the process that all others of the cluster descend from.
func (d *Database) identify(ctx context.Context) error {
	return d.asAdministrator(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `
			select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int,
			       current_setting('server_version')`).Scan(&d.pid, &d.Version)
	})
}

// Create makes an empty database and returns the administrator's URL to it.
func (d *Database) Create(ctx context.Context, name string) (secret.Text, error) {
	err := d.asAdministrator(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	u, err := url.Parse(d.server.URL())
	if err != nil {
		return "", fmt.Errorf("create database %s: its URL does not parse", name)
	}
	u.Path = "/" + name
	return secret.Text(u.String()), nil
}

// fillSessions makes sessions of one user whose tokens everybody knows: those of
// scenario.HeldToken.
const fillSessions = `
	insert into authsvc.session (id, token_hash, user_id, ip, user_agent, amr, remember, created_at, updated_at, expires_at)
	select gen_random_uuid(), sha256(convert_to('bench-session-' || i, 'UTF8')), $1::uuid, '192.0.2.1', 'gatehouse-bench', array['pwd'], true,
	       at as created_at, at as updated_at, at + interval '7 days' as expires_at
	from generate_series($2::int, $3::int) i, now() at`

// FillSessions gives a user of a database the sessions from first to last.
func FillSessions(ctx context.Context, database secret.Text, user string, first, last int) error {
	conn, err := pgx.Connect(ctx, database.Reveal())
	if err != nil {
		return fmt.Errorf("fill sessions: reach the database: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is under way
	if _, err := conn.Exec(ctx, fillSessions, user, first, last); err != nil {
		return fmt.Errorf("fill sessions: %w", err)
	}
	if _, err := conn.Exec(ctx, "vacuum analyze authsvc.session"); err != nil {
		return fmt.Errorf("fill sessions: %w", err)
	}
	return nil
}

// Usage reads what the processes of the cluster have spent.
func (d *Database) Usage() (usage.Tree, error) { return usage.Read(d.pid) }

// Stop shuts the cluster down and waits for it.
func (d *Database) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return d.server.Stop(ctx)
}

func (d *Database) asAdministrator(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, d.server.URL())
	if err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is under way
	return do(conn)
}

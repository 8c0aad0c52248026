package pg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/tern/v2/migrate"
	"github.com/rs/zerolog"
)

// MigrateConfig says how a schema comes to the version of the code.
type MigrateConfig struct {
	URL    string // of an administrator or of the module's own role; a direct connection
	Schema string
	Files  fs.FS  // 001_name.sql, 002_name.sql, ... in its root, in tern's format
	Role   string // who gets to use what the migrations create; "" or the migrating role itself: nobody else
	Log    zerolog.Logger

	// After runs under the same lock, on the same connection, as the owner of the
	// schema, after the files. It runs at every start unless the schema is newer
	// than the code, so it must be quick when there is nothing to do.
	After func(ctx context.Context, conn *pgx.Conn) error
}

// Migrate brings each Schema to the version of its Files, creating the schema if it is
// missing and may be created. It acts as the role Schema_owner when it may, else
// as the role of the URL. Processes that migrate at once take turns. With nothing
// to do it takes one connection and one statement for each, all at once; what is
// to be done is done in the order that is given.
//
// A schema that is newer than Files is left alone: Migrate succeeds when the one
// row of Schema.schema_floor, the lowest version of the code that the schema still
// serves, allows it, and returns a *TooNewError otherwise. Migrations raise the
// floor with `update schema_floor set version = N`.
func Migrate(ctx context.Context, configs ...MigrateConfig) error {
	all := make([]migration, len(configs))
	faults := make([]error, len(configs))
	var looks sync.WaitGroup
	for i, cfg := range configs {
		looks.Go(func() { all[i], faults[i] = look(ctx, cfg) })
	}
	looks.Wait()
	defer func() {
		for _, m := range all {
			if m.conn != nil {
				closeConn(ctx, m.conn)
			}
		}
	}()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for _, m := range all {
		if err := m.migrate(ctx); err != nil {
			return Fault(fmt.Errorf("migrate schema %q: %w", m.Schema, err))
		}
	}
	return nil
}

// migration is one schema's run of Migrate.
type migration struct {
	MigrateConfig
	newest int32 // the version of the code
	conn   *pgx.Conn
	done   bool
}

// look connects and finds out whether there is anything to do.
func look(ctx context.Context, cfg MigrateConfig) (migration, error) {
	m, err := newMigration(cfg)
	if err == nil {
		m.conn, err = m.connect(ctx)
	}
	if err != nil {
		return m, fmt.Errorf("migrate schema %q: %w", cfg.Schema, err)
	}
	if _, m.done, err = m.settled(ctx); err != nil {
		err = Fault(fmt.Errorf("migrate schema %q: %w", cfg.Schema, err))
	}
	return m, err
}

func newMigration(cfg MigrateConfig) (migration, error) {
	if err := checkName(cfg.Schema); err != nil {
		return migration{}, err
	}
	if cfg.Files == nil {
		return migration{}, errors.New("there are no migration files: give the embedded folder")
	}
	names, err := migrate.FindMigrations(cfg.Files)
	if err != nil {
		return migration{}, fmt.Errorf("list migration files: %w", err)
	}
	if len(names) == 0 {
		return migration{}, errors.New("there are no migration files named like 001_name.sql")
	}
	return migration{MigrateConfig: cfg, newest: int32(len(names))}, nil //nolint:gosec // a count of files
}

func (m *migration) connect(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := connConfig(m.URL, "migrate "+m.Schema)
	if err != nil {
		return nil, err
	}
	// As a startup parameter it survives the `reset all` that follows each migration.
	setParams(&cfg.Config, map[string]string{"search_path": quote(m.Schema)})
	return connectOnce(ctx, cfg)
}

func (m *migration) migrate(ctx context.Context) error {
	if m.done {
		return nil
	}
	return locked(ctx, m.conn, m.Log, func() error {
		now, done, err := m.settled(ctx) // somebody else may have migrated while we waited
		if done || err != nil {
			return err
		}
		return m.run(ctx, now)
	})
}

// settled reports whether nothing is to be done, or nothing may be done.
func (m *migration) settled(ctx context.Context) (now version, done bool, err error) {
	now, err = m.read(ctx)
	if err != nil {
		return now, false, err
	}
	if now.version > m.newest {
		return now, true, m.admit(now)
	}
	return now, now.version == m.newest && m.After == nil, nil
}

func (m *migration) run(ctx context.Context, now version) error {
	pending := now.version < m.newest
	// With only After left, it runs even without the right to act as the owner: it
	// may find that it has nothing to do.
	if err := m.becomeOwner(ctx); err != nil && (pending || !isRefused(err)) {
		return err
	}
	if pending {
		if err := m.runFiles(ctx, now.version); err != nil {
			return err
		}
	}
	return m.runAfter(ctx)
}

func (m *migration) runFiles(ctx context.Context, from int32) error {
	if err := m.share(ctx); err != nil {
		return err
	}
	if err := m.ensureFloor(ctx); err != nil {
		return err
	}
	tern, err := migrate.NewMigrator(ctx, m.conn, qualified(m.Schema, versionTable))
	if err != nil {
		return fmt.Errorf("prepare version table: %w", err)
	}
	if err := tern.LoadMigrations(m.Files); err != nil {
		return fmt.Errorf("load migration files: %w", err)
	}
	if err := m.protect(ctx); err != nil {
		return err
	}
	if err := tern.Migrate(ctx); err != nil {
		return err
	}
	m.Log.Info().Str("schema", m.Schema).Int32("from", from).Int32("to", m.newest).Msg("schema migrated")
	return nil
}

func (m *migration) runAfter(ctx context.Context) error {
	if m.After == nil {
		return nil
	}
	err := m.After(ctx, m.conn)
	if sqlState(err) == "42501" {
		return fmt.Errorf("%w: %w", m.refusal(), err)
	}
	return err
}

package pg

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
)

const prepareTries = 5

// Prepare creates and mends, for every module, its two roles, its schema and the
// grants between them, and takes away what PostgreSQL grants to everybody, on the
// database of adminURL. It may run again at every start, and in several processes
// at once. With everything in order a superuser changes nothing; a lesser
// administrator, who cannot see that, sets the same again.
//
// The administrator is a superuser, or has CREATEROLE and owns the database. Role
// names belong to the whole server, so two installations that use the same names
// need a server each. Passwords reach the server as SCRAM verifiers only.
func Prepare(ctx context.Context, adminURL string, modules []Module) error {
	if err := checkModules(modules); err != nil {
		return fmt.Errorf("prepare database: %w", err)
	}
	cfg, err := connConfig(adminURL, "prepare")
	if err != nil {
		return err
	}
	conn, err := connectOnce(ctx, cfg)
	if err != nil {
		return err
	}
	defer closeConn(ctx, conn)
	if inOrder(ctx, conn, modules) {
		return nil
	}
	script, err := preparation(modules)
	if err != nil {
		return fmt.Errorf("prepare database: %w", err)
	}
	err = locked(ctx, conn, zerolog.Nop(), func() error { return apply(ctx, conn, script) })
	switch {
	case err == nil:
		return nil
	case sqlState(err) == "42501":
		return fmt.Errorf("prepare database: role %q may not do this: use a role with CREATEROLE that owns the database, or have an administrator run the bootstrap SQL: %w",
			cfg.User, err)
	}
	return Fault(fmt.Errorf("prepare database: %w", err))
}

func checkModules(modules []Module) error {
	for _, m := range modules {
		if err := checkName(m.Name); err != nil {
			return err
		}
		if err := checkPassword(m.Password); err != nil {
			return fmt.Errorf("role %q: %w", m.Name, err)
		}
	}
	return nil
}

// preparation writes what apply runs.
func preparation(modules []Module) (string, error) {
	var script strings.Builder
	script.WriteString(databaseSQL)
	for _, m := range modules {
		statements, err := m.sql("")
		if err != nil {
			return "", err
		}
		script.WriteString(statements)
	}
	return script.String(), nil
}

// apply runs the script as one message, so as one transaction. The advisory lock
// holds in one database only, while roles belong to the server: a process that
// prepares another database can still get in between.
func apply(ctx context.Context, conn *pgx.Conn, script string) error {
	for try := 1; ; try++ {
		_, err := conn.Exec(ctx, script)
		if err == nil || try == prepareTries || !collided(err) {
			return err
		}
		if pauseErr := pause(ctx, 20*time.Millisecond+rand.N(80*time.Millisecond)); pauseErr != nil {
			return errors.Join(err, pauseErr)
		}
	}
}

// collided recognises two sessions that create or alter the same role or entry.
func collided(err error) bool {
	switch sqlState(err) {
	case "42710", "23505", "40P01", "40001", "XX000": // XX000 is "tuple concurrently updated"
		return true
	}
	return false
}

package pg_test

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// hasState reports whether PostgreSQL answered with the given SQLSTATE.
func hasState(err error, state string) bool {
	found, ok := errors.AsType[*pgconn.PgError](err)
	return ok && found.Code == state
}

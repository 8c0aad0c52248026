package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"github.com/gatehouse-auth/gatehouse/shared/fault"
)

// Unavailable is the code of the fault that Fault gives to an outage.
const Unavailable = "storage_unavailable"

// Fault translates an outage of the database into a fault of kind Unavailable
// that says to try again in a second. Its message names no host, role or database
// (CVE-2024-32967); the cause stays in the chain for the log. Any other error,
// among them nil and one that holds a fault already, passes through.
func Fault(err error) error {
	if err == nil || !outage(err) {
		return err
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fault.New(fault.Unavailable, Unavailable, "Storage is not available at the moment. Try again.").
		WithRetryAfter(time.Second).
		With(err)
}

// IsUnique reports whether err is a violation (23505) of the named unique
// constraint or index.
func IsUnique(err error, constraint string) bool {
	found, ok := errors.AsType[*pgconn.PgError](err)
	return ok && found.Code == "23505" && found.ConstraintName == constraint
}

func outage(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if state := sqlState(err); state != "" {
		return outageState(state)
	}
	return lostConnection(err) || starved(err)
}

// outageState judges by PostgreSQL's error codes, appendix A of its manual.
func outageState(state string) bool {
	switch state {
	case "57014", // a statement ran into statement_timeout
		"57P01", "57P02", "57P03", "57P04", "57P05", // shutdown, crash, starting up, dropped, idle too long
		"55P03",          // lock_timeout
		"25P03",          // idle_in_transaction_session_timeout
		"25006",          // read only: connected to a standby during a failover
		"40001", "40P01": // still in conflict after every try
		return true
	}
	return strings.HasPrefix(state, "08") || // connection exceptions
		strings.HasPrefix(state, "53") // out of connections, memory or disk
}

func lostConnection(err error) bool {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	for _, target := range []error{
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, pgconn.ErrConnClosed, puddle.ErrClosedPool,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// starved reports a timeout of the network or of the wait for a free connection.
// A caller's deadline that passed while a statement ran is the caller's own.
func starved(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	return pgconn.Timeout(err) != errors.Is(err, context.DeadlineExceeded)
}

func sqlState(err error) string {
	if found, ok := errors.AsType[*pgconn.PgError](err); ok {
		return found.Code
	}
	return ""
}

package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
)

const (
	// lockKey is the one key under which every module's bootstrap and migrations
	// run. It is not the key of tern's own lock, which waits inside the server.
	lockKey = int64(0x67617465_6d696772)

	lockPoll      = 200 * time.Millisecond
	firstLockPoll = 10 * time.Millisecond // doubles up to lockPoll
)

// locked runs fn while conn holds the lock. It asks again and again instead of
// waiting in the server: a session that waits inside pg_advisory_lock holds a
// snapshot, and `create index concurrently` waits for every snapshot, so the two
// would wait for each other for ever (golang-migrate#960).
func locked(ctx context.Context, conn *pgx.Conn, log zerolog.Logger, fn func() error) error {
	wait := firstLockPoll
	for said := false; ; wait = min(2*wait, lockPoll) {
		var held bool
		err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", pgx.QueryExecModeExec, lockKey).Scan(&held)
		if err != nil {
			return fmt.Errorf("take migration lock: %w", err)
		}
		if held {
			break
		}
		if wait == lockPoll && !said {
			said = true
			log.Info().Msg("waiting for another process that migrates this database")
		}
		if err := pause(ctx, wait); err != nil {
			return fmt.Errorf("wait for another process that migrates this database: %w", err)
		}
	}
	defer unlock(ctx, conn)
	return fn()
}

// unlock has no error to report: when it cannot reach the server the session is
// over, and the lock with it.
func unlock(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endOfTxLimit)
	defer cancel()
	_, _ = conn.Exec(ctx, "select pg_advisory_unlock($1)", pgx.QueryExecModeExec, lockKey)
}

// connectOnce opens a single connection. The caller closes it with closeConn.
func connectOnce(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, Fault(fmt.Errorf("connect to database: %w", err))
	}
	return conn, nil
}

func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endOfTxLimit)
	defer cancel()
	_ = conn.Close(ctx) // closing twice or after a loss changes nothing
}

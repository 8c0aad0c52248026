package embedded

import (
	"errors"
	"fmt"
	"os"
)

const (
	logName = "postgres.log"
	maxLog  = 4 << 20 // bytes; beyond that the next start begins a new log and keeps one old
	oldLog  = ".old"

	majorWithIOMethod = 18
)

// settings are for one small machine. They are given at each start, so that a
// newer program brings its own. Durability stays as PostgreSQL has it by default.
func settings(major int) []string {
	list := []string{
		"max_connections=60",
		"shared_buffers=64MB",
		"max_wal_size=256MB",
		"max_worker_processes=2",
		"max_parallel_workers_per_gather=0",
		"autovacuum_max_workers=2",
		"max_wal_senders=0",
		"max_replication_slots=0",
		"jit=off",
		"unix_socket_permissions=0700",
		"timezone=UTC",
		"log_timezone=UTC",
		"lc_messages=C",
		// The log tells about the server, not about statements: the program reports
		// those itself, and their text may hold secrets.
		"logging_collector=off",
		"log_destination=stderr",
		"log_min_messages=log",
		"log_min_error_statement=panic",
		"log_checkpoints=off",
	}
	if major >= majorWithIOMethod {
		list = append(list, "io_method=sync") // no worker processes for reads
	}
	return list
}

// rotateLog keeps the log from growing for ever.
func rotateLog(file string) error {
	info, err := os.Stat(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("rotate log of the database: %w", err)
	}
	if info.Size() <= maxLog {
		return nil
	}
	if err := os.Rename(file, file+oldLog); err != nil {
		return fmt.Errorf("rotate log of the database: %w", err)
	}
	return nil
}

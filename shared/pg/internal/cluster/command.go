package cluster

import (
	"context"
	"os/exec"
	"syscall"
	"time"
)

// command prepares a program of PostgreSQL to run as the account. It gets an
// environment of its own: this process's may hold secrets and PG variables.
func command(ctx context.Context, account Account, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // a PostgreSQL that was found on this machine
	cmd.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C", "TZ=UTC", "HOME=/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account.credential(), Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Superuser is the role that a new cluster begins with.
const Superuser = "postgres"

// InitConfig says how to make a data folder.
type InitConfig struct {
	Install Install
	Account Account
	Data    string   // the folder to make; its parent exists and belongs to the account
	Args    []string // of initdb, beyond the encoding, the locale and the superuser
}

// Init makes a data folder with UTF-8 text that sorts by code point.
func Init(ctx context.Context, cfg InitConfig) error {
	args := append([]string{
		"--pgdata=" + cfg.Data, "--username=" + Superuser, "--encoding=UTF8", "--locale=C", "--no-instructions",
	}, cfg.Args...)
	cmd := command(ctx, cfg.Account, filepath.Join(cfg.Install.Bin, "initdb"), args...)
	cmd.Dir = filepath.Dir(cfg.Data)
	// initdb must not go on writing after this process was killed: the next start
	// clears the folder away. The signal is bound to the thread.
	orphan(cmd.SysProcAttr, syscall.SIGKILL)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("run initdb of PostgreSQL %s: %w: %s", cfg.Install.Version, err, lastLines(string(out), 5))
	}
	return nil
}

// NewPassword writes a random password to a new file that only the account can read.
func NewPassword(file string, account Account) error {
	if err := os.WriteFile(file, []byte(rand.Text()+rand.Text()+"\n"), 0o600); err != nil {
		return err
	}
	return account.Own(file)
}

// lastLines keeps the end of a program's output, on one line.
func lastLines(text string, most int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], " | ")
}

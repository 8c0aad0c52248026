package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

const (
	dataName = "data"

	// memory is where a cluster lies if the folder is there and has the room.
	memory     = "/dev/shm"
	memoryRoom = 1 << 30 // bytes
)

// cached returns a data folder that initdb has made, for this and later test
// processes of the same PostgreSQL and account. Processes that make it at once
// each make their own, and the first to rename wins.
func cached(ctx context.Context, install cluster.Install, account cluster.Account) (string, error) {
	name := fmt.Sprintf("pgtest-%s-%d-%d", install.Version, os.Geteuid(), account.UID)
	home := filepath.Join(os.TempDir(), name)
	if err := os.Mkdir(home, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make folder of test databases: %w", err)
	}
	if err := own(home, account); err != nil {
		return "", err
	}
	final := filepath.Join(home, dataName)
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	staging, err := os.MkdirTemp(home, "new-")
	if err != nil {
		return "", fmt.Errorf("make folder of test databases: %w", err)
	}
	defer os.RemoveAll(staging)
	if err := account.Own(staging); err != nil {
		return "", err
	}
	made := filepath.Join(staging, dataName)
	err = cluster.Init(ctx, cluster.InitConfig{
		Install: install,
		Account: account,
		Data:    made,
		Args:    []string{"--auth=trust", "--no-sync", "--wal-segsize=1"},
	})
	if err != nil {
		return "", err
	}
	if err := os.Rename(made, final); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep initialised data folder: %w", err)
	}
	return final, nil
}

// own gives a folder that this user has made to the account, and refuses one with
// its name that somebody else has put into the shared temporary folder.
func own(folder string, account cluster.Account) error {
	info, err := os.Lstat(folder)
	if err != nil {
		return fmt.Errorf("find folder of test databases: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	ours := ok && (int(owner.Uid) == account.UID || int(owner.Uid) == os.Geteuid())
	if !ours || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("folder %s is not ours: remove it, or set TMPDIR to a folder of your own", folder)
	}
	return account.Own(folder)
}

// newFolder makes the folder of one test process.
func newFolder(account cluster.Account) (string, error) {
	folder, err := os.MkdirTemp(roomy(), "pgtest-run-")
	if err != nil {
		return "", fmt.Errorf("make folder of the test database: %w", err)
	}
	return folder, account.Own(folder)
}

// copyData puts a copy of the initialised data folder, with its owner, into folder.
func copyData(ctx context.Context, data, folder string) error {
	cmd := exec.CommandContext(ctx, "cp", "-Rp", data, filepath.Join(folder, dataName)) //nolint:gosec // both are ours
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("copy initialised data folder: %w: %s", err, out)
	}
	return nil
}

// roomy returns where to put a cluster: "" is the temporary folder.
func roomy() string {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(memory, &stat); err != nil || stat.Bavail*uint64(stat.Bsize) < memoryRoom { //nolint:gosec // a block size is small
		return ""
	}
	return memory
}

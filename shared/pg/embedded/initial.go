package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

// A cluster is the folder clusterName, which holds the data and the password and
// appears by one rename.
const (
	clusterName   = "cluster"
	stagingPrefix = "staging-"
	clearTries    = 50
)

func dataOf(home string) string     { return filepath.Join(home, clusterName, "data") }
func passwordOf(home string) string { return filepath.Join(home, clusterName, "password") }

// ensureCluster makes the cluster if there is none, and clears away what an
// interrupted attempt left. The caller holds the folder's lock.
func ensureCluster(ctx context.Context, home string, install cluster.Install, account cluster.Account) error {
	if err := clearStaging(ctx, home); err != nil {
		return err
	}
	final := filepath.Join(home, clusterName)
	if _, err := os.Stat(final); err == nil {
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("find cluster: %w", err)
	}
	staging := filepath.Join(home, stagingPrefix+strconv.Itoa(os.Getpid()))
	if err := account.Mkdir(staging); err != nil {
		return fmt.Errorf("make cluster: %w", err)
	}
	password := filepath.Join(staging, filepath.Base(passwordOf(home)))
	if err := cluster.NewPassword(password, account); err != nil {
		return fmt.Errorf("make password of the database: %w", err)
	}
	err := cluster.Init(ctx, cluster.InitConfig{
		Install: install,
		Account: account,
		Data:    filepath.Join(staging, filepath.Base(dataOf(home))),
		Args:    []string{"--pwfile=" + password, "--auth-local=scram-sha-256", "--auth-host=reject", "--data-checksums"},
	})
	if err != nil {
		return errors.Join(err, clearStaging(ctx, home))
	}
	return rename(staging, final)
}

// rename makes the cluster appear, and the appearance durable.
func rename(staging, final string) error {
	if err := os.Rename(staging, final); err != nil {
		return fmt.Errorf("move cluster to its place: %w", err)
	}
	parent, err := os.Open(filepath.Dir(final))
	if err != nil {
		return fmt.Errorf("move cluster to its place: %w", err)
	}
	defer parent.Close()
	if err := parent.Sync(); err != nil {
		return fmt.Errorf("move cluster to its place: %w", err)
	}
	return nil
}

// clearStaging removes what an interrupted attempt left. The programs of that
// attempt may still be writing for a moment, so it tries more than once.
func clearStaging(ctx context.Context, home string) error {
	left, err := filepath.Glob(filepath.Join(home, stagingPrefix+"*"))
	if err != nil {
		return fmt.Errorf("clear interrupted start: %w", err)
	}
	for _, folder := range left {
		err := os.RemoveAll(folder)
		for tries := 0; err != nil && tries < clearTries && pause(ctx, busyPoll); tries++ {
			err = os.RemoveAll(folder)
		}
		if err != nil {
			return fmt.Errorf("clear interrupted start: %w", err)
		}
	}
	return nil
}

// majorOf returns the major version that made the cluster, or 0 if there is none.
func majorOf(home string) (int, error) {
	content, err := os.ReadFile(filepath.Join(dataOf(home), "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read version of the cluster: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("read version of the cluster in %s: %w", dataOf(home), err)
	}
	return major, nil
}

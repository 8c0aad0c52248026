package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

// fetchLimit bounds the fetch of the programs, about 20 MB.
const fetchLimit = 5 * time.Minute

// versions are those that can be fetched; a new cluster gets defaultMajor.
func versions() map[int]embeddedpostgres.PostgresVersion {
	return map[int]embeddedpostgres.PostgresVersion{
		14: embeddedpostgres.V14,
		15: embeddedpostgres.V15,
		16: embeddedpostgres.V16,
		17: embeddedpostgres.V17,
		18: embeddedpostgres.V18,
	}
}

const defaultMajor = 17

// programs finds the PostgreSQL for the cluster in home: the machine's own, one
// that was fetched before, or one that is fetched now.
func programs(ctx context.Context, cfg Config, home string, account cluster.Account) (cluster.Install, error) {
	major, err := majorOf(home)
	if err != nil {
		return cluster.Install{}, err
	}
	found, missing := cluster.Find(ctx, account, major)
	if missing == nil {
		return found, nil
	}
	if _, ok := errors.AsType[*cluster.NotFoundError](missing); !ok {
		return cluster.Install{}, missing
	}
	wanted := major
	if wanted == 0 {
		wanted = defaultMajor
	}
	bin, err := fetched(ctx, cfg, home, wanted)
	if err == nil {
		err = ownAll(filepath.Dir(bin), account)
	}
	if err == nil {
		found, err = cluster.Inspect(ctx, account, bin)
	}
	if err != nil {
		return cluster.Install{}, missingError(cfg.Hint, home, major, missing, err)
	}
	return found, nil
}

// missingError is one sentence that says what to do; the fetch is why it came to that.
func missingError(hint, home string, major int, missing, fetch error) error {
	if hint != "" {
		hint = ", or " + hint
	}
	made := ""
	if major != 0 {
		made = fmt.Sprintf(", which made the data in %s", home)
	}
	return fmt.Errorf("%w%s%s (fetching it did not work either: %w)", missing, made, hint, fetch)
}

// ownAll lets the account run what root has unpacked under its own umask.
func ownAll(folder string, account cluster.Account) error {
	return filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return account.Own(path)
	})
}

// fetched returns the folder of programs that the library brought, now or earlier.
func fetched(ctx context.Context, cfg Config, home string, major int) (string, error) {
	version, ok := versions()[major]
	if !ok {
		return "", fmt.Errorf("version %d cannot be fetched", major)
	}
	place := filepath.Join(home, "postgresql-"+strconv.Itoa(major))
	bin := filepath.Join(place, "bin")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	cfg.Log.Info().Str("version", string(version)).Msg("fetching PostgreSQL, once")
	staging := filepath.Join(home, stagingPrefix+"programs")
	if err := fetch(ctx, staging, version, cfg.repository); err != nil {
		return "", err
	}
	if err := os.Rename(filepath.Join(staging, "programs"), place); err != nil {
		return "", fmt.Errorf("move programs to their place: %w", err)
	}
	return bin, os.RemoveAll(staging)
}

// fetch brings the programs into staging/programs. The library cannot fetch
// alone: its Start goes on to initdb, which an encoding that does not exist ends
// before it touches anything. So Start always fails, and what counts is whether the
// programs are there. The library takes no context; a fetch that is given up ends
// with the process.
func fetch(ctx context.Context, staging string, version embeddedpostgres.PostgresVersion, repository string) error {
	if err := os.RemoveAll(staging); err != nil {
		return fmt.Errorf("clear interrupted fetch: %w", err)
	}
	config := embeddedpostgres.DefaultConfig().
		Version(version).
		BinariesPath(filepath.Join(staging, "programs")).
		CachePath(filepath.Join(staging, "archive")).
		RuntimePath(filepath.Join(staging, "runtime")).
		DataPath(filepath.Join(staging, "runtime", "data")).
		Port(0).
		Encoding("none: fetch only").
		Logger(nil)
	if repository != "" {
		config = config.BinaryRepositoryURL(repository)
	}
	library := embeddedpostgres.NewDatabase(config)
	ended := make(chan error, 1)
	go func() { ended <- library.Start() }()
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, program := range []string{"postgres", "initdb"} {
		if _, statErr := os.Stat(filepath.Join(staging, "programs", "bin", program)); statErr != nil {
			return errors.Join(err, errors.New("it did not bring "+program))
		}
	}
	return nil
}

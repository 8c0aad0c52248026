package embedded

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

const (
	homeName = "postgres" // in the data folder
	stateDir = "/var/lib" // where a cluster goes that cannot lie in the data folder
)

// place returns the folder in which everything of the database lies, as an
// absolute path without links, and the account that owns it. It makes what is
// missing. Two processes that do so at once agree on one folder.
func place(dir string) (string, cluster.Account, error) {
	if dir == "" {
		return "", cluster.Account{}, errors.New("no data folder is named: name one")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", cluster.Account{}, fmt.Errorf("find data folder %s: %w", dir, err)
	}
	if err := makeDataFolder(dir); err != nil {
		return "", cluster.Account{}, err
	}
	link := filepath.Join(dir, homeName)
	if _, err := os.Lstat(link); errors.Is(err, os.ErrNotExist) {
		if err := makeHome(dir, link); err != nil && !errors.Is(err, os.ErrExist) {
			return "", cluster.Account{}, fmt.Errorf("make folder of the database: %w", err)
		}
	}
	home, err := filepath.EvalSymlinks(link)
	if errors.Is(err, os.ErrNotExist) {
		return "", cluster.Account{}, fmt.Errorf("%s is a link to a folder that is gone: bring that folder back, or remove the link to begin with an empty database", link)
	}
	if err != nil {
		return "", cluster.Account{}, fmt.Errorf("find folder of the database: %w", err)
	}
	account, err := ownerOf(home)
	if err != nil {
		return "", cluster.Account{}, err
	}
	reached, err := account.Reaches(home)
	if err != nil {
		return "", cluster.Account{}, fmt.Errorf("find folder of the database: %w", err)
	}
	if !reached {
		return "", cluster.Account{}, fmt.Errorf("PostgreSQL runs as user %d, who may not pass through the folders above %s: make them passable (chmod o+x), or choose another data folder", account.UID, home)
	}
	return home, account, nil
}

// ownerOf gives an empty folder of root's to the account: a start that was killed
// between making the folder and giving it away leaves one.
func ownerOf(home string) (cluster.Account, error) {
	account, err := cluster.OwnerOf(home)
	if !errors.Is(err, cluster.ErrRoot) {
		return account, err
	}
	if entries, listErr := os.ReadDir(home); listErr != nil || len(entries) != 0 {
		return account, errors.Join(err, listErr)
	}
	account = cluster.Current()
	return account, account.Own(home)
}

// makeDataFolder lets root's children pass: the database runs as somebody else.
func makeDataFolder(dir string) error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	return nil
}

// makeHome makes the folder in the data folder, or elsewhere with a link to it if
// the account cannot get to the data folder.
func makeHome(dir, link string) error {
	account := cluster.Current()
	reached, err := account.Reaches(dir)
	if err != nil {
		return err
	}
	if reached {
		return account.Mkdir(link)
	}
	far := filepath.Join(stateDir, fallbackName(dir))
	if err := account.Mkdir(far); err != nil {
		return err
	}
	if err := os.Symlink(far, link); err != nil {
		return errors.Join(err, os.Remove(far)) // another process was faster: its folder counts
	}
	return nil
}

// fallbackName is random, so that removing the data folder gives up the cluster
// instead of finding it again.
func fallbackName(dir string) string {
	name := strings.Trim(filepath.Base(dir), "./")
	if name == "" {
		name = homeName
	}
	return name + "-" + strings.ToLower(rand.Text()[:8])
}

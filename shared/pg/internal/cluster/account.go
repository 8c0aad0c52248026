package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// nobody is the last resort where no account database names one.
const nobody = 65534

// Account is who runs PostgreSQL, which refuses to run as root.
type Account struct {
	UID, GID int
	Drop     bool // whether this process is root and changes to the account
}

// Current returns the account for a new cluster: this process's own, or, for root,
// the first that exists of postgres, _postgres and nobody.
func Current() Account {
	if os.Geteuid() != 0 {
		return Account{UID: os.Geteuid(), GID: os.Getegid()}
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		if account, ok := lookup(name); ok {
			return account
		}
	}
	return Account{UID: nobody, GID: nobody, Drop: true}
}

func lookup(name string) (Account, bool) {
	found, err := user.Lookup(name)
	if err != nil {
		return Account{}, false
	}
	uid, uidErr := strconv.Atoi(found.Uid)
	gid, gidErr := strconv.Atoi(found.Gid)
	if uidErr != nil || gidErr != nil || uid <= 0 {
		return Account{}, false
	}
	return Account{UID: uid, GID: gid, Drop: true}, true
}

// ErrRoot means that a folder belongs to root, as whom PostgreSQL refuses to run.
var ErrRoot = errors.New("PostgreSQL refuses to run as root")

// OwnerOf returns the account that owns an existing folder. It is an error when
// this process may not act as that account, and ErrRoot when nobody may.
func OwnerOf(folder string) (Account, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return Account{}, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Account{}, fmt.Errorf("owner of %s is unknown on this system", folder)
	}
	account := Account{UID: int(owner.Uid), GID: int(owner.Gid)}
	switch self := os.Geteuid(); {
	case account.UID == 0:
		return Account{}, fmt.Errorf("folder %s belongs to root, and %w: give it to another user with chown -R", folder, ErrRoot)
	case self == 0:
		account.Drop = true
	case self != account.UID:
		return Account{}, fmt.Errorf("folder %s belongs to user %d, this process runs as user %d: run as the same user as before, or choose another folder",
			folder, account.UID, self)
	}
	return account, nil
}

// Mkdir makes the folder for the account alone. Its parent must exist.
func (a Account) Mkdir(folder string) error {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	return a.Own(folder)
}

// Own gives a file or folder to the account.
func (a Account) Own(path string) error {
	if !a.Drop {
		return nil
	}
	return os.Lchown(path, a.UID, a.GID)
}

// Reaches reports whether the account may pass through folder and all above it.
func (a Account) Reaches(folder string) (bool, error) {
	if !a.Drop {
		return true, nil
	}
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return false, err
	}
	for {
		info, err := os.Stat(folder)
		if err != nil {
			return false, err
		}
		if !a.passes(info) {
			return false, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return true, nil
		}
		folder = parent
	}
}

func (a Account) passes(info os.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	search := os.FileMode(0o001)
	switch {
	case int(owner.Uid) == a.UID:
		search = 0o100
	case int(owner.Gid) == a.GID:
		search = 0o010
	}
	return info.Mode().Perm()&search != 0
}

func (a Account) credential() *syscall.Credential {
	if !a.Drop {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.UID), Gid: uint32(a.GID)} //nolint:gosec // ids of the system are not negative
}

package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// socketName is the socket of the default port, which every cluster here uses:
// the folder tells them apart.
const socketName = ".s.PGSQL.5432"

// maxSocketPath is what every system takes; macOS has the least with 103 bytes.
const maxSocketPath = 100

// shortPrefix is where a socket goes whose own folder has too long a path.
const shortPrefix = "/tmp/pg-"

// SocketFolder makes the folder of the socket: preferred, or a new one with a short
// and random name under /tmp if the path would be too long for a socket.
func SocketFolder(preferred string, account Account) (string, error) {
	if len(preferred)+len("/"+socketName) > maxSocketPath {
		short, err := os.MkdirTemp(filepath.Dir(shortPrefix), filepath.Base(shortPrefix)) //nolint:usetesting // not a test
		if err != nil {
			return "", err
		}
		return short, account.Own(short)
	}
	if err := os.Mkdir(preferred, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	if err := account.Own(preferred); err != nil { // again, in case the last start was killed before this
		return "", err
	}
	// What a killed server left here would be taken for a living one's if its number
	// has been given to another process. The data folder has its own guard.
	for _, name := range []string{socketName, socketName + ".lock"} {
		if err := os.Remove(filepath.Join(preferred, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return preferred, nil
}

// RemoveShort removes a folder that SocketFolder made under /tmp, and no other.
func RemoveShort(folder string) {
	if strings.HasPrefix(folder, shortPrefix) && filepath.Dir(folder) == filepath.Dir(shortPrefix) {
		_ = os.RemoveAll(folder) // an empty folder left in /tmp does no harm
	}
}

package embedded

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/gatehouse-auth/gatehouse/shared/pg/internal/cluster"
)

// Running returns the administrator's URL of the database that another process runs in
// the data folder, for a short visit beside it; "" if nobody runs one there.
func Running(dir string) (string, error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	home, _, err := place(dir)
	if err != nil {
		return "", err
	}
	lock, err := lockFolder(home)
	if err == nil {
		return "", lock.Close()
	}
	if _, busy := errors.AsType[*BusyError](err); !busy {
		return "", err
	}
	socket, err := cluster.Serving(dataOf(home))
	if err != nil {
		return "", fmt.Errorf("find the running database of %s: %w", home, err)
	}
	password, err := os.ReadFile(passwordOf(home))
	if err != nil {
		return "", fmt.Errorf("read password of the database: %w", err)
	}
	return administratorURL(socket, strings.TrimSpace(string(password))), nil
}

// administratorURL holds the password.
func administratorURL(socket, password string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(cluster.Superuser, password),
		Path:     "/postgres",
		RawQuery: url.Values{"host": {socket}, "port": {"5432"}}.Encode(),
	}
	return u.String()
}

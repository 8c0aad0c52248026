package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pidFileName is what a running postmaster keeps in its data folder.
const pidFileName = "postmaster.pid"

// pidFile is what postmaster.pid says (PostgreSQL's src/include/utils/pidfile.h).
type pidFile struct {
	pid    int
	socket string // folder of the socket; may be empty
	ready  bool   // connections are accepted
}

// parsePIDFile reads the file's lines, of which the later ones appear while the
// server starts.
func parsePIDFile(content string) (pidFile, error) {
	lines := strings.Split(content, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 1 {
		return pidFile{}, errors.New(pidFileName + " does not begin with the number of a process")
	}
	line := func(number int) string {
		if number > len(lines) {
			return ""
		}
		return strings.TrimSpace(lines[number-1])
	}
	return pidFile{pid: pid, socket: line(5), ready: line(8) == "ready"}, nil
}

func readPIDFile(data string) (pidFile, error) {
	content, err := os.ReadFile(filepath.Join(data, pidFileName)) //nolint:gosec // a folder of ours
	if err != nil {
		return pidFile{}, err
	}
	return parsePIDFile(string(content))
}

// Serving returns the folder of the socket on which the data folder's server accepts
// connections; an error if none does.
func Serving(data string) (string, error) {
	file, err := readPIDFile(data)
	if err != nil {
		return "", err
	}
	if !file.ready || file.socket == "" {
		return "", errors.New("the server is still starting; try again in a moment")
	}
	return file.socket, nil
}

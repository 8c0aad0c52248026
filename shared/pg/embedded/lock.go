package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const lockName = "lock"

// BusyError means that another process runs the database of a data folder.
type BusyError struct {
	Folder string
	PID    int // of that process; 0: unknown
}

// Error names the folder and the process.
func (e *BusyError) Error() string {
	return fmt.Sprintf("data folder %s is in use by process %d: stop that process, or choose another data folder", e.Folder, e.PID)
}

// lockFolder takes the folder for this process. The kernel gives it back when the
// file is closed or the process dies, however it dies; children do not inherit it.
func lockFolder(home string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(home, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock of the data folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a file descriptor is small
	if err != nil {
		defer file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &BusyError{Folder: home, PID: holder(file)}
		}
		return nil, fmt.Errorf("lock data folder %s: %w", home, err)
	}
	if err := sign(file); err != nil {
		defer file.Close()
		return nil, fmt.Errorf("write lock of the data folder: %w", err)
	}
	return file, nil
}

// sign says in the file who holds it, for the error of the next one.
func sign(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func holder(file *os.File) int {
	content := make([]byte, 32)
	n, _ := file.ReadAt(content, 0) // a short file is the usual case
	pid, _ := strconv.Atoi(strings.TrimSpace(string(content[:n])))
	return pid
}

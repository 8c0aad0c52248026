package pgtest

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// watcher is a shell that waits for this process to end and then clears up.
type watcher struct {
	cmd  *exec.Cmd
	pipe io.Closer // its end is how the watcher learns of ours
}

// watchScript reads until the pipe closes, which the kernel does for a process
// that dies of anything. Then it ends the server, which on Linux has had its signal
// already, and removes the folder.
const watchScript = `
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	n=0
	while [ -e "$1/data/postmaster.pid" ] && [ $n -lt 100 ]; do n=$((n+1)); sleep 0.05; done
fi
rm -rf "$1"
`

// watch starts the watcher of a folder.
func watch(folder string) (*watcher, error) {
	// It outlives this process on purpose, so no context may end it.
	cmd := exec.Command("/bin/sh", "-c", watchScript, "pgtest-watcher", folder) //nolint:gosec,noctx // see above
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("watch test database: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("watch test database: %w", err)
	}
	return &watcher{cmd: cmd, pipe: pipe}, nil
}

// end lets the watcher clear up now and waits for it.
func (w *watcher) end() error {
	_ = w.pipe.Close() // the watcher may be gone, and then Wait says so
	if err := w.cmd.Wait(); err != nil {
		return fmt.Errorf("clear up test database: %w", err)
	}
	return nil
}

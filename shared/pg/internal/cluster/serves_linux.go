package cluster

import (
	"fmt"
	"os"
	"path/filepath"
)

// serves reports whether a process is the postmaster of a data folder, which is
// always its working folder. A zombie has none.
func serves(pid int, data string) bool {
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	target, err := filepath.EvalSymlinks(data)
	return err == nil && cwd == target
}

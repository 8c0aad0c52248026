//go:build !linux

package cluster

import (
	"os/exec"
	"strconv"
	"strings"
)

// serves reports whether a process is the postmaster of a data folder, which its
// command line names.
func serves(pid int, data string) bool {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:noctx,gosec // ends at once
	return err == nil && strings.Contains(string(out), "-D "+data+" ")
}

//go:build !linux

package cluster

import "syscall"

// orphan does nothing: only Linux tells a child about its parent's death. Reclaim
// ends the orphan at the next start.
func orphan(*syscall.SysProcAttr, syscall.Signal) {}

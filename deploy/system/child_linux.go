package system

import (
	"os/exec"
	"runtime"
	"syscall"
)

// runChild runs a process that ends with this one, however this one ends: the kernel tells
// it. Ctrl-C is for this process, which ends its children in order.
func runChild(process *exec.Cmd) error {
	// The kernel means the thread that started the child, not the process (prctl(2)).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	return process.Run()
}

package cluster

import "syscall"

// orphan asks the kernel to signal the child when its parent dies.
func orphan(attr *syscall.SysProcAttr, signal syscall.Signal) { attr.Pdeathsig = signal }
